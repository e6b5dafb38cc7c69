const DEFINES = /\bfunction\s+solve\b|\bsolve\s*=(?!=)/;
const NAMES = /\bsolve\b/;
const IS_JAVASCRIPT = /^(?:js|javascript|mjs)?$/i;

/** The program in a model's answer: its last JavaScript block, one that defines `solve` first of all, then one that names it; null without one. */
export function programIn(text: string): string | null {
	const sources = blocksIn(text).flatMap(({ language, source }) =>
		IS_JAVASCRIPT.test(language) && source.trim() !== '' ? [source] : []
	);
	const lastWith = (pattern: RegExp) => sources.findLast((source) => pattern.test(source));
	return lastWith(DEFINES) ?? lastWith(NAMES) ?? sources.at(-1) ?? null;
}

/** A line of backquotes, with the language where it opens a block. */
const FENCE = /^\s*(`{3,})[^\S\n]*([^\s`]*)[^`]*$/;

/** The blocks of code in a text, whatever their language; one that is not closed is none. */
function blocksIn(text: string): { language: string; source: string }[] {
	const blocks: { language: string; source: string }[] = [];
	let open: { fence: string; language: string; lines: string[] } | null = null;
	for (const line of text.split('\n')) {
		const [, fence = '', language = ''] = FENCE.exec(line) ?? [];
		if (open === null) open = fence === '' ? null : { fence, language, lines: [] };
		else if (language === '' && fence.startsWith(open.fence)) {
			blocks.push({ language: open.language, source: open.lines.join('\n') });
			open = null;
		} else open.lines.push(line);
	}
	return blocks;
}

const ITEM = /^\s*(?:[-*•]|\d{1,2}[.)])\s+(.*\S)\s*$/;

/** What an answer says beside its blocks of code: its first sentence is the pattern, the rest the strategy, what it lists the hints. */
export function wordsIn(text: string): { pattern: string | null; strategy: string | null; hints: string[] } {
	const lines = text.replace(/```[^]*?(```|$)/g, '\n').split('\n');
	const hints = lines.flatMap((line) => ITEM.exec(line)?.[1] ?? []);
	const said = lines
		.filter((line) => !ITEM.test(line))
		.join(' ')
		.replace(/\s+/g, ' ')
		.trim();
	const [, first = said, rest = ''] = /^(.+?[.!?])\s+(.+)$/.exec(said) ?? [];
	return { pattern: first || null, strategy: rest || null, hints };
}
