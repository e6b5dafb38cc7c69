import style from './document.css?raw';
import { directionOfBlocks, linkOf, textOf, type Block, type Direction, type DocumentTree, type Run } from './tree.ts';

/** A document as one HTML file that loads and runs nothing: every text is escaped, and its policy allows only its own style. */
export function asHtml(tree: DocumentTree): string {
	const { title, lang, dir, blocks, words } = tree;
	const page = new Page(dir);
	const body = page.blocks(blocks);
	return `<!doctype html>
<html lang="${escaped(lang)}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>
${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${page.contents(words.contents)}
${body}
${referencesOf(tree)}
</main>
</body>
</html>
`;
}

class Page {
	readonly #dir: Direction;
	/** Headings in order; the number is in their ids. */
	readonly #headings: { depth: number; text: string }[] = [];

	constructor(dir: Direction) {
		this.#dir = dir;
	}

	contents(word: string): string {
		const entries = this.#headings.flatMap(({ depth, text }, index) =>
			depth > 2 ? [] : [`<li class="depth-${depth}"><a href="#part-${index + 1}">${escaped(text)}</a></li>`]
		);
		return `<nav aria-labelledby="contents"><h2 id="contents">${escaped(word)}</h2><ul>\n${entries.join('\n')}\n</ul></nav>`;
	}

	blocks(blocks: readonly Block[]): string {
		return blocks.map((block) => this.#block(block)).join('\n');
	}

	#block(block: Block): string {
		switch (block.type) {
			case 'heading':
				return this.#heading(block);
			case 'paragraph':
				return `<p${this.#towards(block.dir)}>${runsOf(block.runs)}</p>`;
			case 'list': {
				const tag = block.ordered ? 'ol' : 'ul';
				const start = block.ordered && block.start !== 1 ? ` start="${block.start}"` : '';
				const dir = directionOfBlocks([block], this.#dir);
				const items = block.items.map((item) => `<li>${this.#item(item, dir)}</li>`);
				return `<${tag}${start}${this.#towards(dir)}>\n${items.join('\n')}\n</${tag}>`;
			}
			case 'table':
				return this.#table(block);
			case 'quote':
				return `<blockquote${this.#towards(directionOfBlocks([block], this.#dir))}>\n${this.blocks(block.blocks)}\n</blockquote>`;
			case 'code':
				return `<pre dir="ltr"><code>${escaped(block.text)}</code></pre>`;
			case 'rule':
				return '<hr>';
		}
	}

	#towards(dir: Direction): string {
		return dir === this.#dir ? '' : ` dir="${dir}"`;
	}

	#heading({ depth, runs, dir }: Extract<Block, { type: 'heading' }>): string {
		this.#headings.push({ depth, text: textOf(runs) });
		const tag = `h${Math.min(6, depth + 1)}`;
		return `<${tag} id="part-${this.#headings.length}"${this.#towards(dir)}>${runsOf(runs)}</${tag}>`;
	}

	/** One paragraph alone stands in its item without a tag of its own. */
	#item(blocks: readonly Block[], dir: Direction): string {
		const [first, ...rest] = blocks;
		if (first?.type !== 'paragraph' || first.dir !== dir) return this.blocks(blocks);
		return [runsOf(first.runs), this.blocks(rest)].filter(Boolean).join('\n');
	}

	#table({ align, header, rows, dir }: Extract<Block, { type: 'table' }>): string {
		const cells = (tag: string, row: readonly Run[][]) =>
			row.map(
				(runs, at) => `<${tag}${align[at] ? ` class="${align[at]}"` : ''}>${runsOf(runs)}</${tag.split(' ')[0]}>`
			);
		const head = `<thead><tr>${cells('th scope="col"', header).join('')}</tr></thead>`;
		const body = rows.map((row) => `<tr>${cells('td', row).join('')}</tr>`).join('\n');
		return `<div class="scroller"${this.#towards(dir)}><table>\n${head}\n<tbody>\n${body}\n</tbody></table></div>`;
	}
}

function referencesOf({ sources, words }: DocumentTree): string {
	if (sources.length === 0) return '';
	const entries = sources.map(({ id, url, title }) => {
		const href = linkOf(url);
		const name = href ? `<a href="${escaped(href)}" rel="noopener noreferrer">${escaped(title)}</a>` : escaped(title);
		return `<li id="source-${id}" value="${id}">${name} <small dir="ltr">${escaped(url)}</small></li>`;
	});
	return `<section><h2>${escaped(words.sources)}</h2>\n<ol>\n${entries.join('\n')}\n</ol></section>`;
}

const runsOf = (runs: readonly Run[]) => runs.map(runOf).join('');

function runOf({ text, bold, italic, strike, code, href, cite }: Run): string {
	if (text === '\n') return '<br>';
	if (cite) return `<sup><a href="#source-${cite}">${escaped(text)}</a></sup>`;
	const tags = [strike && 's', bold && 'strong', italic && 'em', code && 'code'].filter(
		(tag) => typeof tag === 'string'
	);
	const inner = tags.reduceRight((within, tag) => `<${tag}>${within}</${tag}>`, escaped(text));
	return href ? `<a href="${escaped(href)}" rel="noopener noreferrer">${inner}</a>` : inner;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
