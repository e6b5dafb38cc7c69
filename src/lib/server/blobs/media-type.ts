import { beginsAsHtml } from '../../text/html.ts';

/** What a file is by its first bytes, and only where they leave it open by its name; `whole` says that these are all. Never a type that a browser would run but `text/html`. */
export async function mediaTypeOf(head: Uint8Array, name: string, whole: boolean): Promise<string> {
	const text = textOf(head, whole);
	if (text !== null) return textTypeOf(text, extensionOf(name), whole);
	const { fileTypeFromBuffer } = await import('file-type');
	const found = await fileTypeFromBuffer(head);
	return found?.mime ?? 'application/octet-stream';
}

/** The bytes as text, or null: what has control characters or is no UTF-8 is binary. A byte order mark tells UTF-16. */
function textOf(head: Uint8Array, whole: boolean): string | null {
	const encoding =
		head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : 'utf-8';
	try {
		// With `stream` a character that the head cuts in two is no fault.
		const text = new TextDecoder(encoding, { fatal: true }).decode(head, { stream: !whole });
		// PDF and PostScript begin as text does.
		return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) || /^%(PDF|!PS)/.test(text) ? null : text;
	} catch {
		return null;
	}
}

const byExtension: Record<string, string> = {
	csv: 'text/csv',
	tsv: 'text/tab-separated-values',
	md: 'text/markdown',
	markdown: 'text/markdown',
	txt: 'text/plain'
};

/** SVG and other XML count as plain text: they can carry scripts. */
function textTypeOf(text: string, extension: string, whole: boolean): string {
	if (beginsAsHtml(text)) return 'text/html';
	if (/^\s*<(\?xml|svg[\s>]|!doctype )/i.test(text)) return 'text/plain';
	return jsonTypeOf(text, extension, whole) ?? byExtension[extension] ?? tableTypeOf(text, whole) ?? 'text/plain';
}

function jsonTypeOf(text: string, extension: string, whole: boolean): string | null {
	const lines = completeLines(text, whole);
	if (!/^\s*[[{]/.test(text)) return null;
	if (lines.length > 1 && lines.every(isJson)) return 'application/x-ndjson';
	// The beginning of a long one cannot be parsed.
	return (whole ? isJson(text) : /json$/.test(extension)) ? 'application/json' : null;
}

/** A table without a name for it: every line has the same number of separators. */
function tableTypeOf(text: string, whole: boolean): string | null {
	const lines = completeLines(text, whole);
	const regular = (separator: string) => {
		const counts = new Set(lines.map((line) => line.split(separator).length));
		return lines.length > 2 && counts.size === 1 && !counts.has(1);
	};
	if (regular('\t')) return 'text/tab-separated-values';
	return regular(',') ? 'text/csv' : null;
}

function completeLines(text: string, whole: boolean): string[] {
	const lines = text.split(/\r?\n/);
	return (whole ? lines : lines.slice(0, -1)).filter((line) => line.trim() !== '');
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function extensionOf(name: string): string {
	return /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}
