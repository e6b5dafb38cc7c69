import type { Library, RankedPassage } from './library.ts';
import { sentencesOf } from './passages.ts';
import type { Passage } from './passages.ts';
import { stemsOf } from './terms.ts';
import type { Term } from './terms.ts';

/** A sentence of a document, word for word, with how much it says about a question. */
export interface Claim {
	text: string;
	passage: Passage;
	/** Position in its document: passage first, then sentence. */
	order: number;
	score: number;
}

// A sentence that opens like this leans on the one before it and misleads when it stands alone.
const LEANS =
	/^(?:it|its|this|that|these|those|they|their|them|he|she|his|her|such|both|each|one|another|but|and|or|so|also|then|thus|hence|therefore|however|instead|otherwise|here|there|for example|for instance|as a result|in addition|by contrast|similarly|likewise|meanwhile|conversely|moreover|even so|still|yet)\b/i;

/** The share, 0 to 1, of what a question asks for that a text mentions; rare words count more. */
export function coverage(library: Library, terms: Term[], text: string): number {
	const stems = stemsOf(text);
	const total = terms.reduce((sum, term) => sum + library.weight(term), 0);
	const found = terms.filter((term) => stems.has(term.stem)).reduce((sum, term) => sum + library.weight(term), 0);
	return total > 0 ? found / total : 0;
}

/** The usable sentences of the passages, in the order of the documents. */
export function claimsOf(library: Library, passages: RankedPassage[], terms: Term[]): Claim[] {
	return passages.flatMap(({ passage }) => {
		const context = coverage(library, terms, `${passage.title} ${passage.heading ?? ''} ${passage.text}`);
		return sentencesOf(passage.text)
			.map((text, index) => ({ text, order: passage.index * 1000 + index }))
			.filter(({ text }) => isQuotable(text))
			.map((each) => ({ ...each, passage, score: coverage(library, terms, each.text) + context }));
	});
}

/** The best claims, at most `count`, put back into reading order; none that leans on a sentence left out. */
export function chooseClaims(claims: Claim[], count: number): Claim[] {
	const chosen = [...claims].sort((a, b) => b.score - a.score).slice(0, count);
	const reading = chosen.sort((a, b) => a.order - b.order);
	return reading.filter((claim) => !LEANS.test(claim.text) || reading.some((each) => each.order === claim.order - 1));
}

/** Whether a sentence can stand by itself. */
export function standsAlone(claim: Claim): boolean {
	return !LEANS.test(claim.text);
}

function isQuotable(sentence: string): boolean {
	const whole = /^[\p{Lu}\p{N}`*"“]/u.test(sentence) && /[.!?…]["”’)*_]*$/.test(sentence);
	return whole && sentence.length >= 25 && sentence.length <= 420 && !/\]\(|https?:|<\w/.test(sentence);
}
