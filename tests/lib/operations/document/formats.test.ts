import { describe, expect, test } from 'vitest';
import { assemble } from '$lib/operations/document/assemble.server.ts';
import { asDocx } from '$lib/operations/document/docx.server.ts';
import { fileNameOf } from '$lib/operations/document/file.server.ts';
import { asHtml } from '$lib/operations/document/html.server.ts';
import { asMarkdown } from '$lib/operations/document/markdown.server.ts';
import { asPdf } from '$lib/operations/document/pdf.server.ts';
import { documentOf, hostile, parts } from './documents.ts';
import { readDocx, readPdf } from './read-back.ts';

const running = () => new AbortController().signal;
const pdfOf = async (tree: Parameters<typeof asPdf>[0]) => {
	const { bytes, missing } = await asPdf(tree, running());
	return { missing, ...(await readPdf(bytes)) };
};

describe('a document as a Word file', () => {
	test('PG-03 has a whole archive, headings, lists, a table with its header row, links and page numbers', async () => {
		const { html, xml } = await readDocx(await asDocx(assemble(parts)));
		expect(html).toMatch(/<h1>.*What it is 你好世界<\/h1>/);
		expect(html).toContain('<h3>A subheading</h3>');
		expect(html).toMatch(/<ol><li>first<\/li><li>second<ul>.*nested 🚀/);
		expect(html).toMatch(/<thead><tr><th>.*Kind.*<\/tr><\/thead><tbody><tr><td>.*绿茶/);
		expect(html).toContain('<a href="https://tea.example/a?b=1&amp;c=2">a link</a>');
		expect(html).toMatch(/<strong>Bold<\/strong>.*<em>italic<\/em>/);
		expect(xml).toContain('TOC');
	});

	test('PG-03 keeps Chinese, Arabic, Hebrew and emoji, and marks what runs from right to left', async () => {
		const { text, xml } = await readDocx(await asDocx(assemble(parts)));
		for (const words of ['绿茶', 'مرحبا بالعالم', 'שלום עולם', '🚀']) expect(text).toContain(words);
		expect(xml).toMatch(/<w:bidi\/>.*?<w:rtl\/>.*?مرحبا/s);
	});

	test('PG-03 lists the cited sources and nothing that was not cited, each citation leading to its source', async () => {
		const { text, html, xml } = await readDocx(await asDocx(assemble(parts)));
		expect(text).toContain('[1] All about tea');
		expect(text).not.toContain('Not cited');
		expect(xml).toContain('w:anchor="source-1"');
		expect(html).toMatch(/Tea is a drink <a href="#source-1"><sup>\[1\]<\/sup><\/a>/);
	});

	test('PG-03 takes any text as text: markup, control characters, deep nesting', async () => {
		const deep = `${'> '.repeat(60)}bottom\n\n${Array.from({ length: 40 }, (_, at) => `${'  '.repeat(at)}- item ${at}`).join('\n')}`;
		const tree = documentOf(`a\u0000b\u000bc\ufffe ${hostile}\n\n${deep}`);
		const { text } = await readDocx(await asDocx(tree));
		expect(text).toContain('abc #read("/etc/passwd")');
		expect(text).toContain('<script>alert(1)</script>');
		expect(text).toContain('item 39');
	});
});

describe('a document as a PDF', () => {
	test('PG-03 has its title, bookmarks, a table of contents, page numbers, tags, and the text in every script', async () => {
		const { text, pages, info, outline, marked, missing } = await pdfOf(assemble(parts));
		expect(missing).toEqual([]);
		expect(info.Title).toBe('Tea 茶 and coffee');
		expect(outline.map(({ title }) => title)).toContain('What it is 你好世界');
		expect(marked?.Marked).toBe(true);
		expect(text).toMatch(/Contents[^]*What it is 你好世界[ .\u2060]*1/);
		expect(pages[0]).toContain(`1 / ${pages.length}`);
		for (const words of ['绿茶', 'English 123', 'שלום', '🚀', 'A subheading', 'const a = [1];'])
			expect(text.normalize('NFKC')).toContain(words);
		for (const word of ['مرحبا', 'بالعالم', 'نص', 'عربي']) expect(text.normalize('NFKC')).toContain(word);
		expect(text).toContain('[1]');
		expect(text).toContain('All about tea');
		expect(text).not.toContain('Not cited');
	}, 20_000);

	test('PG-03 text from outside is never taken as markup of the typesetter', async () => {
		const { text } = await pdfOf(assemble(parts));
		const flat = text.replace(/\s+/g, '');
		expect(flat).toContain('#read("/etc/passwd")#import"x"$a$');
		expect(flat).not.toContain('root:');
	}, 20_000);

	test('PG-03 a table over several pages repeats its header row', async () => {
		const rows = Array.from({ length: 90 }, (_, at) => `| row ${at} | x |`).join('\n');
		const { pages } = await pdfOf(documentOf(`| HeaderCell | B |\n| --- | --- |\n${rows}`));
		expect(pages.length).toBeGreaterThan(2);
		expect(pages.filter((page) => page.includes('HeaderCell')).length).toBeGreaterThan(2);
	}, 20_000);

	test('PG-03 characters that no font has are named, and the document says where they stood instead of drawing boxes', async () => {
		const tree = documentOf('Before 한국어 문서 after, and \u{1D2E0} alone.');
		const { text, missing } = await pdfOf(tree);
		expect(missing.map((code) => String.fromCodePoint(code)).join('')).toBe('한국어문서\u{1D2E0}');
		expect(text).toContain('Before [5 Hangul characters] after, and [U+1D2E0] alone.');
	}, 20_000);

	test('PG-03 a word longer than its line, and a table of many columns, stay on the page', async () => {
		const word = 'Donaudampfschifffahrt'.repeat(12);
		const columns = Array.from({ length: 14 }, (_, at) => `value${at}000000`);
		const table = [columns, columns.map(() => '---'), columns].map((row) => `| ${row.join(' | ')} |`).join('\n');
		const tree = documentOf(`${word}\n\n| a | b |\n| --- | --- |\n| ${word} | x |\n\n${table}`);
		const { widest, text } = await pdfOf({ ...tree, title: word });
		expect(widest).toBeLessThan(595 - 60);
		expect(text.replace(/[\s\u200b]/g, '')).toContain(word);
	}, 20_000);

	test('PG-03 the marks of a list stand where its text begins, whatever the direction of the document', async () => {
		const { pieces } = await pdfOf(documentOf('English.\n\n- ראשון\n- שני'));
		const bullets = pieces.filter(({ text }) => text.includes('•'));
		expect(bullets.length).toBe(2);
		for (const { x } of bullets) expect(x).toBeGreaterThan(400);
	}, 20_000);

	test('PG-03 open boxes and crosses of a list of tasks are drawn, not named as missing', async () => {
		const { text, missing } = await pdfOf(documentOf('- [ ] open\n- [x] done\n\n✗ no, ✓ yes'));
		expect(missing).toEqual([]);
		expect(text).toMatch(/□ open[^]*× no, ✓ yes/);
	}, 20_000);

	test('CX-08 CX-15 a stop ends the thread that sets it', async () => {
		const stop = new AbortController();
		const setting = asPdf(assemble(parts), stop.signal);
		setImmediate(() => stop.abort('user'));
		await expect(setting).rejects.toBe('user');
		await expect(asPdf(assemble(parts), stop.signal)).rejects.toBe('user');
	}, 20_000);
});

describe('a document as HTML', () => {
	test('PG-03 is one page that loads and runs nothing', () => {
		const html = asHtml(assemble(parts));
		expect(html).not.toMatch(/<script|<img|javascript:|src=|@import|url\(/i);
		expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
		expect(html).toContain("default-src 'none'");
	});

	test('PG-03 has its language, directions, contents, table header and references', () => {
		const html = asHtml(assemble(parts));
		expect(html).toContain('<a href="#part-1">What it is 你好世界</a>');
		expect(html).toContain('<p dir="rtl">مرحبا');
		expect(asHtml(documentOf('English.\n\n- ראשון\n\n> שני'))).toMatch(
			/<ul dir="rtl">\s*<li>ראשון[^]*<blockquote dir="rtl">/
		);
		expect(html).toContain('<th scope="col">Kind</th>');
		expect(html).toContain('Tea is a drink <sup><a href="#source-1">[1]</a></sup>');
		expect(html).toMatch(/<li id="source-1" value="1"><a href="https:\/\/tea\.example\/"/);
		expect(html).toContain('<code>code[1]</code>');
	});

	test.each([
		['العربية', 'مرحبا بالعالم', 'lang="ar" dir="rtl"', 'المصادر'],
		['German', 'Guten Tag [1]', 'lang="de" dir="ltr"', 'Quellen'],
		[undefined, '你好世界，这是一个文件', 'lang="zh" dir="ltr"', '目录'],
		[undefined, 'x', 'lang="" dir="ltr"', 'Contents'],
		['de-de-de', 'x', 'lang="" dir="ltr"', 'Contents']
	])('PG-03 in %s the page says so, and its own words are of that language', (language, text, attributes, word) => {
		const tree = assemble({ ...parts, title: text, language, sections: [{ heading: text, text: `${text} [1]` }] });
		const html = asHtml(tree);
		expect(html).toContain(`<html ${attributes}>`);
		expect(html).toContain(word);
	});
});

describe('a document as Markdown', () => {
	test('PG-03 reads back as the same document', () => {
		const tree = assemble(parts);
		const text = asMarkdown(tree);
		const body = text.slice(text.indexOf('\n## ') + 1, text.indexOf('\n## Sources'));
		const again = documentOf(body.replace(/\[1\]\(#source-1\)/g, '[1]'), { sources: parts.sources });
		const plain = (blocks: typeof tree.blocks) => JSON.stringify(blocks).replace(/"depth":\d/g, '');
		expect(plain(again.blocks.slice(1))).toBe(plain(tree.blocks));
	});

	test('PG-03 holds no HTML but the anchors of its sources', () => {
		expect(asMarkdown(assemble(parts)).match(/(?<!\\)<(?!https?:)[^>]*>/g)).toEqual(['<a id="source-1">', '</a>']);
	});
});

describe('a document’s file name', () => {
	test.each([
		['Tea & coffee: a guide!', 'tea-coffee-a-guide.pdf'],
		['../../etc/passwd', 'etc-passwd.pdf'],
		['茶 與 咖啡', '茶-與-咖啡.pdf'],
		['???', 'document.pdf'],
		['CON', 'document-con.pdf'],
		[
			'A guide to sleeping well for people who work at night and on weekends',
			'a-guide-to-sleeping-well-for-people-who-work-at-night-and.pdf'
		],
		['x'.repeat(300), `${'x'.repeat(60)}.pdf`]
	])('PG-03 of “%s” is safe: %s', (title, name) => {
		expect(fileNameOf(title, 'pdf')).toBe(name);
	});
});
