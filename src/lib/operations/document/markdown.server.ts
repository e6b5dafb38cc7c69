import type { Block, DocumentTree, Run } from './tree.ts';

/** A document as Markdown (GFM), without front matter: title, sections, and the cited sources with their anchors. */
export function asMarkdown({ title, blocks, sources, words }: DocumentTree): string {
	const list = sources.map(({ id, url, title: name }) => `${id}. <a id="source-${id}"></a>${linkTo(name, url)}`);
	const references = list.length > 0 ? [`## ${words.sources}`, list.join('\n')] : [];
	return `${[`# ${escaped(title)}`, ...blocks.map((block) => blockOf(block)), ...references].join('\n\n')}\n`;
}

const linkTo = (name: string, url: string) =>
	/^https?:/i.test(url)
		? `[${escaped(name)}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)`
		: `${escaped(name)} (${escaped(url)})`;

function blockOf(block: Block): string {
	switch (block.type) {
		case 'heading':
			return `${'#'.repeat(Math.min(6, block.depth + 1))} ${runsOf(block.runs)}`;
		case 'paragraph':
			return guarded(runsOf(block.runs));
		case 'list':
			return block.items
				.map((item, index) => itemOf(item, block.ordered ? `${block.start + index}. ` : '- '))
				.join('\n');
		case 'table':
			return tableOf(block);
		case 'quote':
			return block.blocks.map(blockOf).join('\n\n').replace(/^/gm, '> ').replace(/^> $/gm, '>');
		case 'code':
			return fenced(block.text);
		case 'rule':
			return '---';
	}
}

function itemOf(blocks: readonly Block[], mark: string): string {
	const loose = blocks.some(({ type }) => type !== 'paragraph' && type !== 'list');
	const text = blocks.map(blockOf).join(loose ? '\n\n' : '\n');
	return mark + text.replace(/\n(?=.)/g, `\n${' '.repeat(mark.length)}`);
}

function tableOf({ align, header, rows }: Extract<Block, { type: 'table' }>): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	const rules = { left: ':--', center: ':-:', right: '--:' };
	const cell = (runs: readonly Run[]) => runsOf(runs).replaceAll('\n', ' ').replaceAll('|', '\\|');
	return [header.map(cell), align.map((side) => (side ? rules[side] : '---')), ...rows.map((row) => row.map(cell))]
		.map(line)
		.join('\n');
}

/** A fence is longer than any in the text. */
function fenced(text: string): string {
	const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
	const fence = '`'.repeat(longest + 1);
	return `${fence}\n${text}\n${fence}`;
}

const runsOf = (runs: readonly Run[]) => runs.map(runOf).join('');

function runOf({ text, bold, italic, strike, code, href, cite }: Run): string {
	if (text === '\n') return '  \n';
	if (cite) return `[${cite}](#source-${cite})`;
	const [, before = '', words = '', after = ''] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? [];
	if (words === '') return text;
	const mark = `${strike ? '~~' : ''}${bold ? '**' : ''}${italic ? '*' : ''}`;
	const inner = `${mark}${code ? codeOf(words) : escaped(words)}${[...mark].reverse().join('')}`;
	return `${before}${href ? `[${inner}](<${href}>)` : inner}${after}`;
}

function codeOf(text: string): string {
	const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
	const tick = '`'.repeat(longest + 1);
	const pad = longest > 0 ? ' ' : '';
	return `${tick}${pad}${text}${pad}${tick}`;
}

/** Characters that would begin something in Markdown or HTML lose that meaning. */
const escaped = (text: string) => text.replace(/[\\`*_[\]<>~]/g, '\\$&').replace(/&(?=#?\w+;)/g, '&amp;');
/** The same for marks that mean something only at the beginning of a line. */
const guarded = (text: string) =>
	text.replace(/^(\s*)([#+=|-])/gm, '$1\\$2').replace(/^(\s*\d{1,9})([.)])(?=\s)/gm, '$1\\$2');
