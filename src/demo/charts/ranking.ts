import { LEAST, MOST, NUMBERS } from './patterns.ts';
import type { Reading } from './reading.ts';
import type { Entity } from './subject.ts';
import type { Token } from './tokens.ts';

const WORD = NUMBERS.join('|');
const BEST = 'most|least|best|worst|highest|lowest|largest|smallest|biggest|longest|shortest|cheapest|fewest';
const LIMIT = new RegExp(
	`\\b(?:top|bottom|which|what|the|first|list)(?: the| are)? (\\d{1,3}|${WORD})\\b|\\b(\\d{1,3}|${WORD}) (?:${BEST})\\b`
);
/** Of a thing in the plural, where no number is said. */
const SEVERAL = 10;

/** Whether the greatest or the least come first, and how many of them; null for a question that ranks nothing. */
export function topOf(text: string, tokens: readonly Token[], entity: Entity | null): Reading['top'] {
	const most = MOST.test(text);
	if (!most && !LEAST.test(text)) return null;
	const [, first, second] = LIMIT.exec(text) ?? [];
	const said = first ?? second;
	if (said === undefined) return { descending: most, limit: isPlural(tokens, entity) ? SEVERAL : 1 };
	return { descending: most, limit: Math.max(1, /\d/.test(said) ? Number(said) : NUMBERS.indexOf(said) + 1) };
}

function isPlural(tokens: readonly Token[], entity: Entity | null): boolean {
	const said = entity ? (tokens[entity.to]?.word ?? '') : '';
	return /[^s]s$|ies$/.test(said);
}
