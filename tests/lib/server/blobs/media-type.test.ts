import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cleanName } from '$lib/server/blobs/file-name.ts';
import { mediaTypeOf } from '$lib/server/blobs/media-type.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const utf16 = Buffer.concat([hex('ff fe'), Buffer.from('Grüße', 'utf16le')]);
const latin1 = Buffer.from('Gr\xfc\xdfe, a letter', 'latin1');

describe('what a file is', () => {
	test.each([
		['a PNG by whatever name', hex('89504e470d0a1a0a 0000000d 49484452 00000001'), 'page.html', 'image/png'],
		['a JPEG', hex('ffd8ffe0 00104a46 49460001'), '', 'image/jpeg'],
		['a WebP', Buffer.from('RIFF\x24\0\0\0WEBPVP8 ', 'latin1'), '', 'image/webp'],
		['a PDF', Buffer.from('%PDF-1.7\n1 0 obj\n'), 'x.txt', 'application/pdf'],
		['a SQLite database', Buffer.from('SQLite format 3\0\x10\0', 'latin1'), 'data.csv', 'application/x-sqlite3'],
		['a ZIP', hex('504b0304 14000000 0800'), '', 'application/zip'],
		['unknown bytes', hex('00 01 02 03 04 05'), 'notes.txt', 'application/octet-stream'],
		['text that is no UTF-8', latin1, 'notes.txt', 'application/octet-stream'],
		['UTF-16 with a mark', utf16, 'notes.txt', 'text/plain'],
		['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), 'a.svg', 'text/plain'],
		['an SVG with a declaration', Buffer.from('<?xml version="1.0"?>\n<svg/>'), 'a.svg', 'text/plain'],
		['a page', Buffer.from('\n<!DOCTYPE html><title>x</title>'), 'page', 'text/html'],
		['a page after a comment', Buffer.from('<!-- x --><html lang="en">'), 'page.txt', 'text/html'],
		['JSON', Buffer.from('{"a": [1, 2]}\n'), 'x.txt', 'application/json'],
		['JSON over several lines', Buffer.from('[\n1,\n2\n]\n'), '', 'application/json'],
		['JSON lines', Buffer.from('{"a":1}\n{"a":2}\n'), 'x.json', 'application/x-ndjson'],
		['what begins like JSON and is none', Buffer.from('{not json'), 'x.json', 'text/plain'],
		['a table by its name', Buffer.from('a\n"1,2"\n'), 'x.CSV', 'text/csv'],
		['a table by its commas', Buffer.from('a,b\n1,2\n3,4\n'), 'download', 'text/csv'],
		['a table by its tabs', Buffer.from('a\tb\n1\t2\n3\t4\n'), 'download', 'text/tab-separated-values'],
		['prose with commas', Buffer.from('One, two.\nThree\nFour, five, six.\n'), 'download', 'text/plain'],
		['a table that is called a text', Buffer.from('a,b\n1,2\n3,4\n'), 'x.txt', 'text/plain'],
		['Markdown', Buffer.from('# Title\n'), 'README.md', 'text/markdown'],
		['nothing', Buffer.alloc(0), 'x.md', 'text/markdown']
	])('CX-07 %s', async (_, bytes, name, mediaType) => {
		expect(await mediaTypeOf(bytes, name, true)).toBe(mediaType);
	});

	test('CX-07 only the beginning of a long file: a cut character, a cut line and cut JSON tell it all the same', async () => {
		const cut = Buffer.from('Grüße und ü').subarray(0, -1);
		expect(await mediaTypeOf(cut, 'x.txt', false)).toBe('text/plain');
		expect(await mediaTypeOf(cut, 'x.txt', true)).toBe('application/octet-stream');
		expect(await mediaTypeOf(Buffer.from('{"a":1}\n{"a":2}\n{"a'), 'x', false)).toBe('application/x-ndjson');
		expect(await mediaTypeOf(Buffer.from('[{"a":1},{"a'), 'x.geojson', false)).toBe('application/json');
		expect(await mediaTypeOf(Buffer.from('a,b\n1,2\n3,4\n5'), 'x', false)).toBe('text/csv');
	});

	test('OP-03 a thousand remarks at the beginning hold nobody up, whatever comes after them', async () => {
		const remarks = '<!---->\n'.repeat(1_000);
		expect(await mediaTypeOf(Buffer.from(`${remarks}Badgers dig.`), 'x.md', true)).toBe('text/markdown');
		expect(await mediaTypeOf(Buffer.from(`${remarks}<html>`), 'x.md', true)).toBe('text/html');
		expect(await mediaTypeOf(Buffer.from(`${remarks}<!-- <html>`), 'x.md', true)).toBe('text/markdown');
	});

	test('CX-07 a real picture of the project', async () => {
		expect(await mediaTypeOf(readFileSync('docs/screenshot.png'), 'x.md', true)).toBe('image/png');
	});
});

describe('names from outside', () => {
	test.each([
		['report.pdf', 'report.pdf'],
		['../../etc/passwd', 'passwd'],
		['C:\\Users\\me\\a.txt', 'a.txt'],
		['  spaced .txt  ', 'spaced .txt'],
		['line\nbreak\u0000.txt', 'linebreak.txt'],
		['right\u202Etxt.exe', 'righttxt.exe'],
		['e\u0301.txt', '\u00e9.txt'],
		['', 'file'],
		['...', 'file'],
		['a/', 'file'],
		['文書 😀.docx', '文書 😀.docx'],
		['\ud800broken.txt', 'broken.txt'],
		[`${'😀'.repeat(300)}.png`, `${'😀'.repeat(196)}.png`]
	])('DC-07 %j becomes %j', (name, clean) => expect(cleanName(name)).toBe(clean));
});
