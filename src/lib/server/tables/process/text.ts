import { isAscii } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { WrongInput } from './request.ts';

/** So much of a file tells what it is. */
export const HEAD_BYTES = 64 * 1024;
const LONGEST_LINE = 16 * 1024 * 1024;

/** The first 64 KB of a file. */
export async function headOf(path: string): Promise<Buffer> {
	const file = await open(path);
	try {
		const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES), position: 0 });
		return buffer.subarray(0, bytesRead);
	} finally {
		await file.close();
	}
}

/** How a text is written: by its mark, else UTF-8, or Windows' own where it cannot be UTF-8. Null for what is no text. */
export function encodingOf(head: Buffer): string | null {
	if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
	if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';

	if (/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(head.toString('latin1'))) return null;
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
		return 'utf-8';
	} catch {
		return 'windows-1252';
	}
}

/** The text of a file, a piece at a time, without its byte order mark. */
export async function* textOf(path: string, encoding: string): AsyncGenerator<string> {
	let decoder = new TextDecoder(encoding);
	let isSure = encoding !== 'utf-8';
	const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: HEAD_BYTES });
	for await (const chunk of chunks) {
		// Where the beginning holds nothing but ASCII, the first other letters tell.
		if (!isSure && !isAscii(chunk)) [isSure, decoder] = [true, new TextDecoder(encodingOf(chunk) ?? encoding)];
		const text = decoder.decode(chunk, { stream: true });
		if (text !== '') yield text;
	}
	yield decoder.decode();
}

/** The lines of a file with their numbers, from 1, without their ends. */
export async function* linesOf(path: string, encoding: string): AsyncGenerator<{ line: string; number: number }> {
	let [rest, number] = ['', 0];
	for await (const text of textOf(path, encoding)) {
		const lines = (rest + text).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) yield { line: line.replace(/\r$/, ''), number: ++number };
		if (rest.length > LONGEST_LINE) throw new WrongInput(`Line ${number + 1} is longer than 16 MB. Is it JSON Lines?`);
	}
	if (rest !== '') yield { line: rest.replace(/\r$/, ''), number: number + 1 };
}
