import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadwayError } from '../../jobs/error.ts';
import type { ArtifactFile, RunContext } from '../operation.ts';
import { asDocx } from './docx.server.ts';
import { asHtml } from './html.server.ts';
import { asMarkdown } from './markdown.server.ts';
import { missingNotice } from './missing.ts';
import type { document, Format } from './model.ts';
import { asPdf } from './pdf.server.ts';
import type { DocumentTree } from './tree.ts';

type Context = RunContext<typeof document>;

const mediaTypes: Record<Format, string> = {
	docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
	pdf: 'application/pdf',
	md: 'text/markdown',
	html: 'text/html'
};

/** Writes a document into the run's own folder, which goes however the run ends. Rejects with the signal's reason on a stop. */
export async function writeDocument(tree: DocumentTree, format: Format, ctx: Context): Promise<ArtifactFile> {
	const path = join(await ctx.folder(), `document.${format}`);
	const bytes = await bytesOf(tree, format, ctx);
	await writeFile(path, bytes, { signal: ctx.signal });
	return { name: fileNameOf(tree.title, format), mediaType: mediaTypes[format], path };
}

async function bytesOf(tree: DocumentTree, format: Format, ctx: Context): Promise<Uint8Array | string> {
	if (format === 'md') return asMarkdown(tree);
	if (format === 'html') return asHtml(tree);
	try {
		return format === 'pdf' ? await pdfOf(tree, ctx) : await asDocx(tree);
	} catch (error) {
		ctx.signal.throwIfAborted();
		const name = format === 'pdf' ? 'PDF' : 'Word file';
		const message = `The ${name} could not be made. The text of the document is kept; try another format.`;
		throw new HeadwayError('internal', message, { cause: error });
	}
}

async function pdfOf(tree: DocumentTree, ctx: Context): Promise<Uint8Array> {
	const { bytes, missing } = await asPdf(tree, ctx.signal);
	if (missing.length > 0) ctx.notice('warning', 'missing_characters', missingNotice(missing));
	return bytes;
}

// Windows takes these for devices, whatever the extension.
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** A file's name from a title: letters, digits and dashes, at most 60 characters. */
export function fileNameOf(title: string, format: Format): string {
	const dashed = title
		.normalize('NFC')
		.toLowerCase()
		.replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');
	const whole = dashed.replace(/^-+|-+$/g, '');
	const cut = Array.from(whole).slice(0, 60).join('');
	// Between words, where there are any.
	const stem = cut === whole ? whole : cut.replace(/(?<=.{20})-[^-]*$/u, '').replace(/-+$/, '');
	return `${stem === '' || RESERVED.test(stem) ? `document${stem && `-${stem}`}` : stem}.${format}`;
}
