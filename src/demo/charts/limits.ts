import { boundedIn } from './bounds.ts';
import type { Bound } from './bounds.ts';
import type { Mentions } from './mentions.ts';
import { isMeasure } from './schema.ts';
import type { Table } from './schema.ts';
import { likeness, tokensIn, wordsOf } from './tokens.ts';
import type { Token } from './tokens.ts';

/** What the figure of a group has to be, rather than a single row: `stations with more than 100 rides`. */
export interface Limit extends Bound {
	/** The table whose rows are counted; null where the limit is one of what the question asks for: `an average rating above 4`. */
	readonly table: Table | null;
	/** The place of the word that joins the limit to what it is of: `with`, `have`. */
	readonly place: number;
}

const JOINS = /^(?:with|having|have|has|had|whose|where|that|which|who)$/;
const FOLDED =
	/\b(?:with|whose|where|have|has|had|having) (?:(?:an?|the|their|its) )?(?:average|mean|avg|median|total) ((?:[a-z_]+ ){1,4})$/;
const LINKS = /^(?:is|are|was|were|of|the)$/;

/** The limit of a question's groups; null where it has none, or more than one. */
export function limitIn(
	text: string,
	tokens: readonly Token[],
	{ mentions, tables }: { mentions: Mentions; tables: readonly Table[] }
): Limit | null {
	const limits = boundedIn(text).flatMap((bound) => {
		const table = countedAfter(tokensIn(text.slice(0, bound.to)).length, { tokens, mentions, tables });
		const at = tokensIn(text.slice(0, bound.from)).length;
		const place = tokens.findLastIndex(({ word }, index) => index < at && JOINS.test(word));
		if (place < 0) return [];
		// `stations where the average fare is above 3`
		return table || isOfFigure(text.slice(0, bound.from), tables) ? [{ ...bound, table, place }] : [];
	});
	return limits.length === 1 ? (limits[0] ?? null) : null;
}

/** The question without it, letter for letter: what is left bounds single rows. */
export function withoutLimit(text: string, limit: Limit | null): string {
	return limit ? text.slice(0, limit.from) + ' '.repeat(limit.to - limit.from) + text.slice(limit.to) : text;
}

/** The table whose rows a number counts: `100 rides`, `100 casual rides`; null where it counts nothing, or may measure something. */
function countedAfter(
	from: number,
	{ tokens, mentions, tables }: { tokens: readonly Token[]; mentions: Mentions; tables: readonly Table[] }
): Table | null {
	let at = from;
	while (mentions.values.some((value) => value.from <= at && at <= value.to)) at += 1;
	const word = tokens[at]?.word ?? '';
	const isMeasured = tables.some(({ columns }) =>
		columns.some((column) => isMeasure(column) && wordsOf(column.name).some((name) => likeness(word, name) >= 0.9))
	);
	const counted = tables.find(({ name }) => likeness(word, wordsOf(name).at(-1) ?? '', { synonyms: false }) >= 0.9);
	return isMeasured ? null : (counted ?? null);
}

/** Whether the words before a bound are a figure and nothing else: no `of rides`, of which each could have to meet it. */
function isOfFigure(before: string, tables: readonly Table[]): boolean {
	const [, words] = FOLDED.exec(before) ?? [];
	const names = tables.flatMap(({ columns }) => columns.filter(isMeasure)).flatMap(({ name }) => wordsOf(name));
	const said = tokensIn(words ?? '').filter(({ word }) => !LINKS.test(word));
	return said.length > 0 && said.every(({ word }) => names.some((name) => likeness(word, name) > 0));
}
