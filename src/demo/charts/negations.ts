import type { Mentions } from './mentions.ts';
import { NEGATIONS } from './patterns.ts';
import type { Column } from './schema.ts';
import type { Token } from './tokens.ts';

/** What may stand between such a word and what it denies. */
const PASSED =
	/^(?:in|on|at|the|a|an|any|of|by|with|from|to|for|who|that|it|be|been|being|is|are|was|were|has|have|had|made|given|taken|started|either)$/;
const JOINED = /^(?:and|or|nor)$/;
const FAR = 10;

interface Place {
	readonly from: number;
	readonly to: number;
}

/** The places of the words that deny what a question names somewhere: `not`, or `neither` with its `nor`; none where nothing does. */
export function denying(tokens: readonly Token[], mentions: Mentions, { column, from }: { column: Column } & Place) {
	const own = mentions.values.filter((value) => value.column === column);
	const names = [...own, ...mentions.columns.filter((one) => one.column === column), ...mentions.tables];
	const isNamed = (place: number) => names.some((name) => isIn(name, place));
	const places: number[] = [];
	for (let at = from - 1; at >= Math.max(0, from - FAR); at -= 1) {
		const word = tokens[at]?.word ?? '';
		// `neither in the rain nor in the snow`
		const isListed = JOINED.test(word) && own.some((value) => value.to === at - 1);
		if (NEGATIONS.test(word)) places.push(at);
		if (NEGATIONS.test(word) && !isListed) return places;
		if (!isListed && !PASSED.test(word) && !isNamed(at)) return [];
	}
	return [];
}

/** Whether something else is named right after what is denied, that may be denied as well: `not in the rain on electric bikes`. */
export function isOpen(
	tokens: readonly Token[],
	mentions: Mentions,
	{ column, to }: { column: Column } & Place
): boolean {
	const names = [...mentions.columns, ...mentions.tables];
	for (let at = to + 1; at < tokens.length; at += 1) {
		const value = mentions.values.find((one) => isIn(one, at));
		if (value) return value.column !== column;
		const word = tokens[at]?.word ?? '';
		if (/^(?:by|per)$/.test(word) && names.some((name) => isIn(name, at + 1))) return false;
		if (!PASSED.test(word) && !JOINED.test(word) && !names.some((name) => isIn(name, at))) return false;
	}
	return false;
}

function isIn({ from, to }: Place, place: number): boolean {
	return from <= place && place <= to;
}
