import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import type { Passage } from '../operation.ts';
import { sameStem, tellingWords, wordsOf } from './words.ts';

/** How many passages an answer is given, and how much text in all (UTF-16 units). */
export const MOST_PASSAGES = 8;
export const PASSAGES_BUDGET = 24_000;

/** So few are all given as they are: to ask which is better would cost a call and change nothing. */
export const RANKED_FROM = 4;

const shape = z.object({ ranking: z.array(z.object({ number: z.coerce.number(), score: z.coerce.number() })) });

/** The passages as a model ranked them, the best first, those it called useless left out; null when its answer is no ranking of them. */
export function readRanking<P>(answer: string, passages: readonly P[]): P[] | null {
	const read = shape.safeParse(jsonIn(answer));
	if (!read.success) return null;
	const scores = new Map<number, number>();
	for (const { number, score } of read.data.ranking)
		if (Number.isInteger(number) && number >= 1 && number <= passages.length && !scores.has(number))
			scores.set(number, score);
	// One that leaves out most of them ranked something else.
	if (scores.size * 2 < passages.length) return null;
	const useful = [...scores].filter(([, score]) => score > 0).toSorted(([, a], [, b]) => b - a);
	return useful.flatMap(([number]) => passages[number - 1] ?? []);
}

/** The passages by how much of the question's words they have, rare ones counted more (BM25 over these passages alone); of equals the one that was found first. */
export function rankByWords<P extends Pick<Passage, 'title' | 'heading' | 'text'>>(
	passages: readonly P[],
	question: string
): P[] {
	const telling = tellingWords(question);
	const asked = [...new Set(telling.length > 0 ? telling : wordsOf(question))];
	const bags = passages.map(({ title, heading, text }) => wordsOf([title, heading ?? '', text].join(' ')));
	const usual = bags.reduce((sum, { length }) => sum + length, 0) / Math.max(1, bags.length);
	const often = asked.map((word) => bags.map((bag) => bag.filter((other) => sameStem(word, other)).length));
	const scores = bags.map(({ length }, at) =>
		often.reduce((sum, counts) => sum + rarity(counts) * weight(counts[at] ?? 0, length / Math.max(1, usual)), 0)
	);
	return passages
		.map((passage, at) => ({ passage, at, score: scores[at] ?? 0 }))
		.toSorted((a, b) => b.score - a.score || a.at - b.at)
		.map(({ passage }) => passage);
}

/** Of a word that stands so often in each passage. */
function rarity(counts: readonly number[]): number {
	const having = counts.filter((count) => count > 0).length;
	return Math.log(1 + (counts.length - having + 0.5) / (having + 0.5));
}

/** Of a word that stands so often in a passage of that length, relative to the usual one (k1 1.2, b 0.75). */
function weight(count: number, length: number): number {
	return (count * 2.2) / (count + 1.2 * (0.25 + 0.75 * length));
}

/** The first that fit into what an answer is given; at least one. */
export function fitting<P extends Pick<Passage, 'text'>>(passages: readonly P[]): P[] {
	const kept: P[] = [];
	let characters = 0;
	for (const passage of passages.slice(0, MOST_PASSAGES)) {
		characters += passage.text.length;
		if (kept.length > 0 && characters > PASSAGES_BUDGET) break;
		kept.push(passage);
	}
	return kept;
}
