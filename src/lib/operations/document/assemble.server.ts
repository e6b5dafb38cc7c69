import { languageOf } from './language.ts';
import type { CitedSource } from './model.ts';
import { parseMarkdown } from './parse.server.ts';
import { directionOf, type Block, type DocumentTree } from './tree.ts';

/** What a document is put together from. `text` is a section's Markdown. */
export interface Parts {
	title: string;
	sections: readonly { heading: string; text: string }[];
	/** All that could be cited, numbered from 1 without gaps. */
	sources: readonly CitedSource[];
	/** As the person named it. */
	language?: string | undefined;
}

/** Makes one document of its parts: what every format is written from. Sources that nothing cites are left out. */
export function assemble({ title, sections, sources, language }: Parts): DocumentTree {
	const sample = [title, ...sections.flatMap(({ heading, text }) => [heading, text])].join('\n');
	const { lang, dir, words } = languageOf(language, sample);
	const blocks = sections.flatMap(({ heading, text }): Block[] => [
		{ type: 'heading', depth: 1, runs: [{ text: heading }], dir: directionOf(heading, dir) },
		...withoutEcho(parseMarkdown(text, sources.length, dir), heading)
	]);
	const cited = citedIn(blocks);
	return { title, lang, dir, words, blocks, sources: sources.filter(({ id }) => cited.has(id)) };
}

/** Models like to repeat a section's heading before its text. */
function withoutEcho(blocks: Block[], heading: string): Block[] {
	const [first, ...rest] = blocks;
	if (first?.type !== 'heading') return blocks;
	const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
	return plain(first.runs.map(({ text }) => text).join('')) === plain(heading) ? rest : blocks;
}

/** The numbers of the sources that blocks cite. */
export function citedIn(blocks: readonly Block[]): Set<number> {
	return new Set(blocks.flatMap(runsIn).flatMap(({ cite }) => cite ?? []));
}

function runsIn(block: Block): { cite?: number }[] {
	switch (block.type) {
		case 'heading':
		case 'paragraph':
			return block.runs;
		case 'list':
			return block.items.flat().flatMap(runsIn);
		case 'quote':
			return block.blocks.flatMap(runsIn);
		case 'table':
			return [...block.header, ...block.rows.flat()].flat();
		default:
			return [];
	}
}
