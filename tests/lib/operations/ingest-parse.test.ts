import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { parseFile, type ParseLimits } from '$lib/operations/ingest/parse.server.ts';
import { temporaryFolder } from '../../support/app.ts';
import { docxOf, pdfOf, swellingPdf, zipOf } from './ingest/files.ts';

// A file is read in a process of its own, which takes seconds to start on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const running = () => new AbortController().signal;
const usual: ParseLimits = { ms: 60_000, memory: 256, inflated: 5_000_000, entries: 50, ratio: 200 };

async function parsed(bytes: Buffer | string, name: string, mediaType: string, limits: Partial<ParseLimits> = {}) {
	const path = join(temporaryFolder(), 'file');
	writeFileSync(path, bytes);
	const progress: number[] = [];
	const options = { signal: running(), progress: (part: number) => void progress.push(part) };
	const file = await parseFile({ path, name, mediaType }, { ...options, limits: { ...usual, ...limits } });
	return { ...file, progress };
}

async function refusal(...args: Parameters<typeof parsed>): Promise<string> {
	const error = await parsed(...args).then(
		() => null,
		(reason: unknown) => reason
	);
	expect(error).toBeInstanceOf(HeadwayError);
	expect(error).toMatchObject({ code: 'invalid_input' });
	return (error as HeadwayError).message;
}

/** A server whose parser is inside a package that never returns; it tells the parser's process. */
const serverThatReadsForEver = `
import { readFileSync } from 'node:fs';
import { startLocked } from ${JSON.stringify(new URL('../../../src/lib/processes/locked-process.ts', import.meta.url).href)};
const code = readFileSync('src/lib/operations/ingest/parser.server.mjs', 'utf8');
const options = { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' };
const terms = { reads: [process.cwd()], bytes: 2e9, ms: 600000 };
const reader = startLocked(['--input-type=module', '--eval', code], terms, options);
const modules = { parse5: 'data:text/javascript,process.send(1); for (;;);' };
reader.once('message', () => console.log(reader.pid));
reader.send({ path: 'package.json', mediaType: 'text/html', name: 'a', modules, limits: { ms: 600000, memory: 2000 } });
`;

/** Not one that ended and whose end nobody asked for yet. */
function isRunning(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

/** The processes that were started with an argument. */
function processesWith(argument: string): string[] {
	return readdirSync('/proc').filter((pid) => {
		try {
			return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
		} catch {
			return false;
		}
	});
}

describe('what a file holds', () => {
	test('CH-05 HTML keeps its headings, lists and tables, and nothing of its scripts and styles', async () => {
		const page = `<!doctype html><title> A  title </title><style>p{color:red}</style><h1>Top</h1><p>One <b>two</b><br>three</p>
			<script>alert('evil')</script><h2>Sub</h2><ul><li>first<li>second</ul><table><tr><td>a<td>b</table><p hidden>unseen</p>`;
		const { title, blocks, mediaType } = await parsed(page, 'a.html', 'text/html');
		expect({ title, mediaType }).toEqual({ title: 'A title', mediaType: 'text/html' });
		expect(blocks).toEqual([
			{ page: null, heading: 'Top', text: 'Top' },
			{ page: null, heading: 'Top', text: 'One two\nthree' },
			...['Sub', 'first', 'second', 'a | b'].map((text) => ({ page: null, heading: 'Top › Sub', text }))
		]);
	});

	test('CH-05 HTML that is nested a hundred thousand deep is read', async () => {
		const deep = `<!doctype html><body>${'<div>'.repeat(100_000)}bottom`;
		expect((await parsed(deep, 'a.html', 'text/html')).blocks).toEqual([{ page: null, heading: null, text: 'bottom' }]);
	});

	test('CH-05 Markdown keeps its headings one under the other', async () => {
		const { title, blocks } = await parsed('# A\n\ntext\n\n### C\n\n- x\n- y\n\n## B\n\nend', 'a.md', 'text/markdown');
		expect(title).toBe('A');
		expect(blocks.map(({ heading, text }) => [heading, text])).toEqual([
			['A', 'A'],
			['A', 'text'],
			['A › C', 'C'],
			['A › C', '- x'],
			['A › C', '- y'],
			['A › B', 'B'],
			['A › B', 'end']
		]);
	});

	test('CH-05 a PDF keeps its pages, paragraphs and headings, joins a word that a line cut in two, and tells how far it is', async () => {
		const bytes = pdfOf([
			['# First part', '', 'An inter-', 'rupted word.', '', '', 'Another paragraph.'],
			['Page two.']
		]);
		const { pages, blocks, progress, title } = await parsed(bytes, 'a.pdf', 'application/pdf');
		expect({ pages, title, progress }).toEqual({ pages: 2, title: 'First part', progress: [0.5, 1] });
		expect(blocks).toEqual([
			{ page: 1, heading: 'First part', text: 'First part' },
			{ page: 1, heading: 'First part', text: 'An interrupted word.' },
			{ page: 1, heading: 'First part', text: 'Another paragraph.' },
			{ page: 2, heading: 'First part', text: 'Page two.' }
		]);
	});

	test('CH-05 a Word file keeps its headings', async () => {
		const { title, blocks, mediaType } = await parsed(
			docxOf(['# Chapter', 'Some words.']),
			'a.docx',
			'application/zip'
		);
		expect(mediaType).toContain('wordprocessingml');
		expect(title).toBe('Chapter');
		expect(blocks.at(-1)).toEqual({ page: null, heading: 'Chapter', text: 'Some words.' });
	});

	test.each([
		['UTF-16', Buffer.from('\ufeffGrüße', 'utf16le'), 'Grüße'],
		['the old Western encoding', Buffer.from('Grüße', 'latin1'), 'Grüße'],
		['UTF-8 with a mark', Buffer.from('\ufeffGrüße'), 'Grüße']
	])('CH-05 text in %s is read', async (_, bytes, text) => {
		expect((await parsed(bytes, 'a.txt', 'text/plain')).blocks.map((block) => block.text)).toEqual([text]);
	});

	test('CH-05 a file is read as what it is, whatever its name says', async () => {
		expect((await parsed(pdfOf([['Hello.']]), 'a.docx', 'application/pdf')).mediaType).toBe('application/pdf');
		expect((await parsed(docxOf(['Hello.']), 'a.txt', 'application/zip')).mediaType).toContain('wordprocessingml');
		expect((await parsed('<!doctype html><p>Hello.', 'a.pdf', 'text/html')).mediaType).toBe('text/html');
	});
});

describe('a file that cannot be read', () => {
	const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

	test.each([
		['an empty file', '', 'a.txt', 'text/plain', /^The file is empty\.$/],
		['a file of spaces', ' \n\t\n', 'a.txt', 'text/plain', /no text in this file/],
		['HTML of scripts alone', '<!doctype html><script>1</script>', 'a.html', 'text/html', /no text in this file/],
		['an encrypted PDF', pdfOf([['Hello.']], true), 'a.pdf', 'application/pdf', /PDF is encrypted/],
		['a scanned PDF', pdfOf([[], []]), 'a.pdf', 'application/pdf', /no text on its 2 pages.*OCR/],
		['a broken PDF', '%PDF-1.7\nnothing', 'a.pdf', 'application/pdf', /damaged/],
		['a broken Word file', docxOf(['Hello.']).subarray(0, 300), 'a.docx', docx, /damaged/],
		['a ZIP of other things', zipOf({ 'a.txt': 'x' }), 'a.docx', 'application/zip', /ZIP archive and no Word file/],
		['an old or locked Word file', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'a.docx', 'application/x-cfb', /\(\.doc\)/],
		['a picture', Buffer.from('89504e470d0a1a0a0000', 'hex'), 'a.pdf', 'image/png', /of the type image\/png/]
	])('CH-05 %s is refused with a sentence', async (_, bytes, name, mediaType, sentence) => {
		expect(await refusal(bytes, name, mediaType)).toMatch(sentence);
	});

	test.each([
		['swells a thousandfold', docxOf(['x'], { 'word/a.xml': Buffer.alloc(4_000_000) })],
		[
			'unpacks to too much',
			docxOf(['x'], { 'word/a.bin': Buffer.from(Uint8Array.from({ length: 6_000_000 }, (_, n) => (n * n) >> 3)) })
		],
		[
			'has too many entries',
			docxOf(['x'], Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`word/${n}.xml`, 'x'])))
		],
		['lies about its size', zipOf({ 'word/document.xml': Buffer.alloc(3_000_000) }, 100)]
	])('CH-05 a Word file that %s is refused before it is read', async (_, bytes) => {
		expect(await refusal(bytes, 'a.docx', 'application/zip')).toMatch(/unpacks to far more than a document holds/);
	});

	test('CH-05 a file that takes too long, or too much memory, is given up with a sentence, and the server lives', async () => {
		const heavy = `<!doctype html>${'<p>a<i>b'.repeat(3_000_000)}`;
		expect(await refusal(heavy, 'a.html', 'text/html', { ms: 100 })).toMatch(/too large or too intricate/);
		expect(await refusal(heavy, 'a.html', 'text/html', { memory: 40 })).toMatch(/too large or too intricate/);
	}, 60_000);

	test('CH-05 text that begins with a thousand remarks is read at once, as text or as a page', async () => {
		const remarks = '<!---->\n'.repeat(1_000);
		const read = (text: string) => parsed(remarks + text, 'a.txt', 'text/plain', { ms: 20_000 });
		expect((await read('\n\nBadgers dig.')).blocks.at(-1)?.text).toBe('Badgers dig.');
		expect((await read('<html><p>Moles too.')).mediaType).toBe('text/html');
	});

	test('CH-05 a PDF that unpacks to gigabytes is given up before it holds them', async () => {
		const bomb = swellingPdf(400_000_000);
		expect(bomb.length).toBeLessThan(1_000_000);
		expect(await refusal(bomb, 'a.pdf', 'application/pdf', { memory: 300 })).toMatch(/too large or too intricate/);
	}, 60_000);

	test('RS-13 the process that reads ends when the server is killed, though it hears of nothing while it reads', async () => {
		const server = spawn(process.execPath, ['--input-type=module', '--eval', serverThatReadsForEver]);
		const reader = Number(await once(server.stdout, 'data'));
		onTestFinished(() => void (isRunning(reader) && process.kill(reader, 'SIGKILL')));
		expect(isRunning(reader)).toBe(true);
		server.kill('SIGKILL');
		await vi.waitFor(() => expect(isRunning(reader)).toBe(false), { timeout: 10_000 });
	});

	test('CH-08 the process that reads has neither our environment nor the right to a network, to programs or to other files', async () => {
		const path = join(temporaryFolder(), 'file');
		writeFileSync(path, `<!doctype html>${'<p>a<i>b'.repeat(3_000_000)}`);
		const stop = new AbortController();
		const reading = parseFile({ path, name: 'a.html', mediaType: 'text/html' }, { signal: stop.signal, progress() {} });
		const [reader = ''] = await vi.waitFor(() => {
			const found = processesWith(`--allow-fs-read=${dirname(path)}`);
			expect(found).toHaveLength(1);
			return found;
		});
		const rights = readFileSync(`/proc/${reader}/cmdline`, 'utf8')
			.split('\0')
			.filter((part) => /^--(allow|perm)/.test(part));
		expect(rights.map((right) => right.replace(/=.*/, ''))).toEqual([
			...['--permission', '--allow-worker', '--allow-fs-read', '--allow-fs-read']
		]);
		expect(readFileSync(`/proc/${reader}/environ`, 'utf8')).toMatch(/^(NODE_CHANNEL_\w+=\w+\0)*$/);
		stop.abort('user');
		await expect(reading).rejects.toBe('user');
	});

	test('CX-15 a stop ends the process that reads, with the reason of the stop', async () => {
		const path = join(temporaryFolder(), 'file');
		writeFileSync(path, `<!doctype html>${'<p>a<i>b'.repeat(3_000_000)}`);
		const stop = new AbortController();
		const reading = parseFile({ path, name: 'a.html', mediaType: 'text/html' }, { signal: stop.signal, progress() {} });
		stop.abort('user');
		await expect(reading).rejects.toBe('user');
	});
});
