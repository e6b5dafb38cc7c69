import type { Condition } from './conditions.ts';
import type { Mentions } from './mentions.ts';
import { isFlag } from './schema.ts';
import type { Column } from './schema.ts';
import type { Token } from './tokens.ts';

const VERBS =
	/^(?:is|are|was|were|be|been|being|get|gets|got|come|comes|came|go|goes|went|has|have|had|belong|belongs)$/;
const PASSED = /^(?:the|a|an|on|in|at|from|by|of|to|with|made|using|for|paid|among|not|no|non|without|any|been)$/;

/**
 * The column of which a share is said, such as that of `electric` in `what share of the rides was electric` or in `the share of
 * electric rides`; null where it is said of something else. `isSaid`: a verb says of what.
 */
export function shareOf(
	tokens: readonly Token[],
	{ values, columns }: Mentions,
	conditions: readonly Condition[]
): { column: Column | null; isSaid: boolean } {
	const share = tokens.findIndex(({ word }) => /^(?:shares?|percent\w*|proportions?|fraction|part)$/.test(word));
	const verb = tokens.findIndex(({ word, place }) => place > share + 1 && VERBS.test(word));
	let at = (verb < 0 ? share : verb) + 1;
	while (at < tokens.length && PASSED.test(tokens[at]?.word ?? '')) at += 1;
	const named = [...values, ...columns.filter(({ column }) => isPresence(column, conditions))].find(
		({ from, to }) => from <= at && at <= to
	);
	return { column: named?.column ?? null, isSaid: verb >= 0 };
}

function isPresence(column: Column, conditions: readonly Condition[]): boolean {
	return isFlag(column) || conditions.some((condition) => condition.column === column && 'is' in condition);
}

/** Splits conditions into those that the whole has to meet, and those whose share is asked. */
export function parted(
	conditions: readonly Condition[],
	isPart: (condition: Condition) => boolean
): { conditions: Condition[]; part: Condition[] } {
	return { conditions: conditions.filter((one) => !isPart(one)), part: conditions.filter(isPart) };
}
