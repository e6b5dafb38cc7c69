/** The program in a model's answer: its last JavaScript block, one that names `solve` first of all; null without one. */
export function programIn(text: string): string | null {
	const blocks = [
		...text.matchAll(/^[^\S\n]*```[^\S\n]*(?:js|javascript|mjs)?[^\S\n]*\n([^]*?)\n[^\S\n]*```[^\S\n]*$/gim)
	];
	const sources = blocks.flatMap(([, source]) => (source?.trim() ? [source] : []));
	return sources.findLast((source) => /\bsolve\b/.test(source)) ?? sources.at(-1) ?? null;
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
