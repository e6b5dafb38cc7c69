import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, without a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The text of a file of the project. */
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Every document that a reader may open, by its path from the root. */
export function documents(): string[] {
	const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
	return ['README.md', 'CHANGELOG.md', ...guides.map((name) => `docs/${name}`)];
}

/** A fenced block of code: its info string, the heading it stands under, and the file that the line before it names. */
export interface CodeBlock {
	info: string;
	heading: string;
	file: string | null;
	code: string;
}

/** The fenced blocks of a Markdown text, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
	const fence = /(?:`([\w./-]+)`:\n\n)?^```([^\n]+)\n([\s\S]*?)^```$/gm;
	return [...markdown.matchAll(fence)].map(({ 1: file, 2: info = '', 3: code = '', index }) => ({
		...{ info, code, file: file ?? null },
		heading: lastHeading(markdown.slice(0, index))
	}));
}

function lastHeading(text: string): string {
	return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? '';
}

/** The rows of the table under a heading, cell by cell, without the head. Code marks around a whole cell are taken off. */
export function tableUnder(markdown: string, heading: string): string[][] {
	const [, after = ''] = markdown.split(new RegExp(`^#+ ${heading}$`, 'm'));
	const table = /^\|.*\|$(?:\n^\|.*\|$)*/m.exec(after.split(/^#+ /m)[0] ?? '');
	if (!table) throw new Error(`There is no table under "${heading}".`);
	return table[0].split('\n').slice(2).map(cellsOf);
}

function cellsOf(row: string): string[] {
	const cells = row.slice(1, -1).split(/(?<!\\)\|/);
	return cells.map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
