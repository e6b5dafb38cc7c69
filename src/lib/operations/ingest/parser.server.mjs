// The parser's process: one file, then it ends. It is plain JavaScript because its text is started as it stands (see
// parse.server.ts), and it reaches packages only by the addresses that it is given.
import { readFileSync } from 'node:fs';

/** What the person is told; everything else that is thrown is a broken file. */
class Refusal extends Error {}

/** Paragraphs and headings in order, each with the page and the headings that it stands under. */
class Blocks {
	list = [];
	headings = [];
	page = null;
	#path = [];

	add(text, level = 0) {
		const clean = text
			.replace(/\r\n?/g, '\n')
			.replace(/[^\P{Cc}\n\t]/gu, '')
			.trim();
		if (clean === '') return;
		if (level > 0) this.#enter(clean.replace(/\s+/g, ' ').slice(0, 200), level);
		this.list.push({ page: this.page, heading: this.#path.filter(Boolean).join(' › ') || null, text: clean });
	}

	#enter(heading, level) {
		this.#path = [...Array.from({ length: level - 1 }, (_, at) => this.#path[at] ?? ''), heading];
		this.headings.push({ level, heading });
	}
}

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function parse(job) {
	const bytes = readFileSync(job.path);
	if (bytes.length === 0) throw new Refusal('The file is empty.');
	const start = bytes.subarray(0, 1024).toString('latin1');
	if (start.includes('%PDF-')) return pdf(bytes, job);
	if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06')) return docx(job);
	if (start.startsWith('\xd0\xcf\x11\xe0'))
		throw new Refusal(
			'This is a Word file that is protected by a password, or one of the old format (.doc). Save it as .docx without a password.'
		);
	return text(decoded(bytes, job), job);
}

/** UTF-8 and UTF-16 by their marks; text that is neither is taken as the old Western encoding where its name says that it is text. */
function decoded(bytes, { mediaType, name }) {
	const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff;
	if (utf16) return new TextDecoder(utf16 === true ? 'utf-16be' : utf16).decode(bytes);
	const isBinary = /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(bytes.toString('latin1'));
	try {
		if (!isBinary) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		if (/\.(txt|te?xt|md|markdown|html?|csv|log)$/i.test(name)) return new TextDecoder('windows-1252').decode(bytes);
	}
	const what = mediaType === 'application/octet-stream' ? 'no text' : `of the type ${mediaType}`;
	throw new Refusal(`This file is ${what}. Text, Markdown, HTML, PDF and Word files (.docx) can be read.`);
}

async function text(source, job) {
	const { beginsAsHtml } = await import(job.modules.beginning);
	if (job.mediaType === 'text/html' || beginsAsHtml(source)) return html(source, job, 'text/html');
	if (job.mediaType === 'text/markdown') return markdown(source, job);
	const blocks = new Blocks();
	for (const paragraph of source.split(/\n[^\S\n]*(?:\r?\n[^\S\n]*)+|\r\n\s*\r\n/))
		blocks.add(paragraph, isHeading(paragraph) ? 1 : 0);
	return { title: null, mediaType: 'text/plain', pages: null, blocks };
}

/** A short line alone that ends no sentence. */
function isHeading(paragraph) {
	const line = paragraph.trim();
	const endsSentence = /[.!?:;,…。！？：；，、»”"')\]]$/u.test(line);
	return line.length <= 80 && !/[\n\r]/.test(line) && !endsSentence && /\p{L}/u.test(line);
}

async function markdown(source, { modules }) {
	const { Lexer } = await import(modules.marked);
	const blocks = new Blocks();
	for (const token of new Lexer({ gfm: true }).lex(source.replace(/\r\n?/g, '\n'))) {
		if (token.type === 'heading') blocks.add(token.text, token.depth);
		else if (token.type === 'list') for (const item of token.items) blocks.add(item.raw);
		else blocks.add(token.raw.replace(/<!--[^]*?-->/g, ''));
	}
	return { title: titleOf(blocks), mediaType: 'text/markdown', pages: null, blocks };
}

const titleOf = ({ headings }) => headings.find(({ level }) => level === 1)?.heading ?? null;

const dropped = new Set([
	'script',
	'style',
	'noscript',
	'template',
	'svg',
	'math',
	'iframe',
	'object',
	'head',
	'select'
]);
const inline = new Set(
	'a abbr b bdi bdo br cite code data del dfn em font i img ins kbd label mark q rp rt ruby s samp small span strong sub sup time tt u var wbr'.split(
		' '
	)
);

async function html(source, { modules }, mediaType) {
	const { parse: parseHtml } = await import(modules.parse5);
	const tree = parseHtml(source);
	const walk = new Walk();
	walk.all(tree);
	return { title: walk.title ?? titleOf(walk.blocks), mediaType, pages: null, blocks: walk.blocks };
}

/** Goes through a tree without recursion: a hostile one is deeper than the stack. */
class Walk {
	blocks = new Blocks();
	title = null;
	#text = '';
	#level = 0;
	#pre = 0;

	all(root) {
		const stack = [{ node: root, at: 0 }];
		while (stack.length > 0) {
			const top = stack.at(-1);
			const child = top.node.childNodes?.[top.at++];
			if (!child) {
				stack.pop();
				this.#leave(top.node);
			} else if (this.#enter(child)) stack.push({ node: child, at: 0 });
		}
		this.#flush();
	}

	/** Whether to go into it. */
	#enter(node) {
		if (node.nodeName === '#text') this.#text += this.#pre > 0 ? node.value : node.value.replace(/\s+/g, ' ');
		if (node.nodeName === 'title' && this.title === null) this.title = wordsOf(node) || null;
		if (node.nodeName === 'head') return true;
		if (dropped.has(node.nodeName) || node.attrs?.some(({ name }) => name === 'hidden')) return false;
		if (node.nodeName === 'br') this.#text += '\n';
		if (node.nodeName === 'td' || node.nodeName === 'th') this.#text += this.#text.trim() === '' ? '' : ' | ';
		else if (node.tagName && !inline.has(node.tagName)) this.#flush();
		const [, level] = /^h([1-6])$/.exec(node.nodeName) ?? [];
		if (level) this.#level = Number(level);
		if (node.nodeName === 'pre') this.#pre += 1;
		return node.nodeName !== 'title' && node.parentNode?.nodeName !== 'head';
	}

	#leave(node) {
		if (node.tagName && !inline.has(node.tagName) && node.nodeName !== 'td' && node.nodeName !== 'th') this.#flush();
		if (/^h[1-6]$/.test(node.nodeName)) this.#level = 0;
		if (node.nodeName === 'pre') this.#pre -= 1;
	}

	#flush() {
		this.blocks.add(this.#pre > 0 ? this.#text : this.#text.replace(/[^\S\n]*\n[^\S\n]*/g, '\n'), this.#level);
		this.#text = '';
	}
}

const wordsOf = (node) =>
	(node.childNodes ?? [])
		.map(({ value = '' }) => value)
		.join('')
		.replace(/\s+/g, ' ')
		.trim()
		.slice(0, 200);

async function docx({ path, modules, limits }) {
	const names = await checkedZip(path, modules, limits);
	if (!names.includes('word/document.xml'))
		throw new Refusal('This is a ZIP archive and no Word file. Unpack it, and add the documents in it.');
	const { default: mammoth } = await import(modules.mammoth);
	const noImages = mammoth.images.imgElement(async () => ({ src: '' }));
	const { value } = await mammoth.convertToHtml({ path }, { convertImage: noImages });
	return html(value, { modules }, WORD);
}

/** The names in an archive, after all of it was inflated once and counted: what its directory says of sizes may be a lie. */
async function checkedZip(path, modules, { inflated, entries, ratio }) {
	const { default: yauzl } = await import(modules.yauzl);
	const zip = await new Promise((resolve, reject) =>
		yauzl.open(path, { lazyEntries: true, autoClose: true }, (error, file) => (error ? reject(error) : resolve(file)))
	);
	const names = [];
	let total = 0;
	await new Promise((resolve, reject) => {
		zip.on('error', reject);
		zip.on('end', resolve);
		zip.on('entry', (entry) => {
			names.push(entry.fileName);
			if (entry.isEncrypted()) return reject(new Refusal('The file is protected by a password. Save it without one.'));
			if (names.length > entries) return reject(bomb());
			zip.openReadStream(entry, (error, stream) => {
				if (error) return reject(error);
				let size = 0;
				stream.on('error', (fault) => reject(/too many bytes/.test(fault.message) ? bomb() : fault));
				stream.on('data', (chunk) => {
					size += chunk.length;
					total += chunk.length;
					const swells = size > 1024 * 1024 && size > entry.compressedSize * ratio;
					if (total > inflated || swells) stream.destroy(bomb());
				});
				stream.on('end', () => zip.readEntry());
			});
		});
		zip.readEntry();
	});
	return names;
}

const bomb = () =>
	new Refusal(
		'The file unpacks to far more than a document holds, so it was not read. Save it anew in your word processor.'
	);

async function pdf(bytes, { modules }) {
	// What it draws with: it wants them to be there, and takes them from native code otherwise, which may not run here.
	for (const name of ['DOMMatrix', 'ImageData', 'Path2D']) globalThis[name] ??= class {};
	const pdfjs = await import(modules.pdfjs);
	const loading = pdfjs.getDocument({
		...{ data: new Uint8Array(bytes), verbosity: 0, isEvalSupported: false, disableFontFace: true },
		...{ useSystemFonts: false, stopAtErrors: false, cMapUrl: modules.cMaps, cMapPacked: true },
		standardFontDataUrl: modules.standardFonts
	});
	const file = await loading.promise.catch((error) => Promise.reject(explained(error)));
	const blocks = new Blocks();
	for (let number = 1; number <= file.numPages; number += 1) {
		const page = await file.getPage(number);
		blocks.page = number;
		addLines(blocks, linesOf((await page.getTextContent()).items));
		page.cleanup();
		process.send({ type: 'progress', fraction: number / file.numPages });
	}
	const { info = {} } = await file.getMetadata().catch(() => ({}));
	if (blocks.list.length === 0)
		throw new Refusal(
			`The PDF holds no text on its ${file.numPages} page${file.numPages === 1 ? '' : 's'}: it is probably a scan. Run a text recognition (OCR) over it first.`
		);
	const stated = typeof info.Title === 'string' && /\p{L}/u.test(info.Title) ? info.Title.trim().slice(0, 200) : null;
	return { title: stated ?? titleOf(blocks), mediaType: 'application/pdf', pages: file.numPages, blocks };
}

function explained(error) {
	if (error?.name === 'PasswordException')
		return new Refusal('The PDF is encrypted. Remove its password, and add it again.');
	return error;
}

/** The lines of a page, each with its place and the size of its letters. */
function linesOf(items) {
	const lines = [];
	let line = null;
	for (const { str, hasEOL, height, transform } of items) {
		if (str === undefined) continue;
		if (str !== '') {
			line ??= { text: '', size: 0, y: transform[5] };
			line.text += str;
			if (str.trim() !== '') line.size = Math.max(line.size, height);
		}
		if (!hasEOL || line === null) continue;
		lines.push(line);
		line = null;
	}
	return (line ? [...lines, line] : lines).filter(({ text }) => text.trim() !== '');
}

/** Lines as paragraphs: a wider gap or another size of letters begins a new one; much larger letters make a heading. */
function addLines(blocks, lines) {
	const usual = medianSize(lines);
	let paragraph = '';
	let before = null;
	const flush = (level = 0) => {
		blocks.add(paragraph, level);
		paragraph = '';
	};
	const levelOf = ({ size, text }) => (size < usual * 1.15 || text.length > 120 ? 0 : size >= usual * 1.6 ? 1 : 2);
	for (const line of lines) {
		const gap = before ? Math.abs(before.y - line.y) : 0;
		const parts = before && (gap > 1.7 * Math.max(before.size, line.size) || levelOf(before) !== levelOf(line));
		if (parts) flush(levelOf(before));
		const hyphenated = /\p{L}[-\u00ad]$/u.test(paragraph) && /^\p{Ll}/u.test(line.text);
		if (hyphenated) paragraph = paragraph.slice(0, -1) + line.text;
		else paragraph += (paragraph === '' ? '' : '\n') + line.text;
		before = line;
	}
	if (before) flush(levelOf(before));
}

function medianSize(lines) {
	const sizes = lines.flatMap(({ size, text }) => Array.from({ length: Math.ceil(text.length / 20) }, () => size));
	return sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
}

/** So many blocks, or characters, are sent at once: who reads them has others to answer. */
const TURN = { blocks: 1_000, characters: 1_000_000 };

function* inTurns(blocks) {
	let some = [];
	let characters = 0;
	for (const block of blocks) {
		some.push(block);
		characters += block.text.length;
		if (some.length < TURN.blocks && characters < TURN.characters) continue;
		yield some;
		[some, characters] = [[], 0];
	}
	yield some;
}

const sent = (message) =>
	new Promise((resolve, reject) => process.send(message, (error) => (error ? reject(error) : resolve())));

process.once('message', async (job) => {
	let answer;
	try {
		const { title, mediaType, pages, blocks } = await parse(job);
		if (blocks.list.length === 0) throw new Refusal('There is no text in this file.');
		for (const some of inTurns(blocks.list)) await sent({ type: 'blocks', blocks: some });
		answer = { type: 'parsed', title, mediaType, pages };
	} catch (error) {
		answer =
			error instanceof Refusal
				? { type: 'refused', message: error.message }
				: { type: 'broken', reason: String(error?.stack ?? error).slice(0, 2_000) };
	}
	await sent(answer).catch(() => undefined);
	process.exit();
});
