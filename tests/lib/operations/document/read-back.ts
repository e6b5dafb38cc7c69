import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mammoth from 'mammoth';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

const run = promisify(execFile);

/** A Word file as HTML and text, by another program than the one that wrote it; fails when the archive is not whole. */
export async function readDocx(bytes: Uint8Array): Promise<{ html: string; text: string; xml: string }> {
	const folder = await mkdtemp(join(tmpdir(), 'headway-docx-'));
	try {
		const path = join(folder, 'read.docx');
		await writeFile(path, bytes);
		await run('unzip', ['-t', path]);
		const { stdout: xml } = await run('unzip', ['-p', path, 'word/document.xml'], { maxBuffer: 50e6 });
		const html = (await mammoth.convertToHtml({ path })).value;
		return { html, text: (await mammoth.extractRawText({ path })).value, xml };
	} finally {
		await rm(folder, { recursive: true });
	}
}

/** The text of a PDF page by page, and its facts, by another program than the one that wrote it. */
export async function readPdf(bytes: Uint8Array) {
	const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise;
	const pages: string[] = [];
	/** Where each piece of text begins and ends on its page, in points from the left. */
	const pieces: { text: string; x: number; end: number }[] = [];
	for (let number = 1; number <= pdf.numPages; number++) {
		const { items } = await (await pdf.getPage(number)).getTextContent();
		for (const item of items)
			if ('str' in item) pieces.push({ text: item.str, x: item.transform[4], end: item.transform[4] + item.width });
		pages.push(items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join(''));
	}
	const { info } = await pdf.getMetadata();
	const outline = (await pdf.getOutline()) ?? [];
	const marked = await pdf.getMarkInfo();
	const widest = Math.max(...pieces.map(({ end }) => end));
	return { pages, pieces, widest, text: pages.join('\n'), info: info as { Title?: string }, outline, marked };
}
