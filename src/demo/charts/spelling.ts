import { isOfQuestions } from './coverage.ts';
import type { Table } from './schema.ts';
import { likeness, tokensIn, wordsOf } from './tokens.ts';

/** Shorter words are like too many others. */
const LEAST_LETTERS = 4;

/** A question with its slips put right, and which those are: words that are nothing here, one letter away from one that is. */
export function spelled(
	question: string,
	tables: readonly Table[]
): { question: string; slips: [said: string, meant: string][] } {
	const names = new Set(tables.flatMap(wordsIn).filter((word) => word.length >= LEAST_LETTERS));
	const slips: [string, string][] = [];
	const corrected = question.replace(/\p{L}+/gu, (said) => {
		const word = tokensIn(said)[0]?.word ?? '';
		const isKnown = isOfQuestions(word) || [...names].some((name) => likeness(word, name) > 0);
		const meant = isKnown || word.length < LEAST_LETTERS ? undefined : nearest(word, names);
		if (meant === undefined) return said;
		slips.push([said, meant]);
		return meant;
	});
	return { question: corrected, slips };
}

function wordsIn({ name, columns }: Table): string[] {
	const values = columns.flatMap(({ samples }) => samples.filter((sample) => typeof sample === 'string'));
	return [name, ...columns.map((column) => column.name), ...values].flatMap(wordsOf);
}

/** The one name, or word of questions, that is a single slip away; undefined where there is none, or more than one. */
function nearest(word: string, names: ReadonlySet<string>): string | undefined {
	const near = (known: Iterable<string>) => [...known].filter((other) => isSlip(word, other));
	const found = near(new Set([...names, ...SLIPPED]));
	return found.length === 1 ? found[0] : undefined;
}

/** Words that ask, and are written wrong now and then. */
const SLIPPED =
	'average total number share percentage distribution highest lowest number month monthly many most each'.split(' ');

/** One letter too many, too few, another or two changed about; the first is always right, and of short words the last as well. */
function isSlip(said: string, meant: string): boolean {
	const [a, b] = said.length <= meant.length ? [said, meant] : [meant, said];
	if (a[0] !== b[0] || b.length - a.length > 1 || (a.length <= LEAST_LETTERS && a.at(-1) !== b.at(-1))) return false;
	let at = 0;
	while (at < a.length && a[at] === b[at]) at += 1;
	if (a.length < b.length) return a.slice(at) === b.slice(at + 1);
	const isTurned = a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
	return isTurned || a.slice(at + 1) === b.slice(at + 1);
}
