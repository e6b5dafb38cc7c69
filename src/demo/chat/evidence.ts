import { sentencesOf } from '../passages.ts';
import type { NumberedPassage } from './prompt-sections.ts';
import { contentWords, hasWord } from './words.ts';

/** A sentence of a passage, word for word. */
export interface Quote {
	number: number;
	text: string;
	/** Its place among the sentences of its passage. */
	place: number;
	score: number;
}

/** What passages hold on a question. */
export interface Evidence {
	/** How much of the question's telling words the quotes and their passages have, 0 to 1. */
	coverage: number;
	/** In the order of the passages. */
	quotes: Quote[];
	/** Words of the question that no passage has. */
	missing: string[];
}

// More would be a copy, not an answer.
const MOST_QUOTES = 3;
// A question of more words is a text; each is looked for in every sentence.
const MOST_WORDS = 100;
// A sentence this far below the best one only shares a common word with the question.
const NEAR_BEST = 0.6;
// A sentence that opens like this needs the one before it.
const LEANS =
	/^(?:it|its|this|that|these|those|they|he|she|such|both|however|therefore|er|sie|es|dies\w*|il|elle|ils|ello|esto)\b/i;
// What is asked for with these words is a figure, and the words themselves are not looked for.
const ASKS_FIGURE =
	/\b(?:how (?:many|much|long|old|high|far|large|big|tall|deep|often|fast)|when|what year|what date|wann|wie (?:viele?|lange?|alt|hoch|gro(?:ß|ss)|weit|oft|schnell)|combien(?: de temps)?|quand|cu[aá]nt[oa]s?(?: tiempo)?|cu[aá]ndo)(?![\p{L}])|多[少久长大高]|几|何年|何日|いくつ/iu;

/** Finds the sentences of the passages that bear on a question; the words of `settled` are not looked for. */
export function evidence(question: string, passages: readonly NumberedPassage[], settled = ''): Evidence {
	const answered = contentWords(settled);
	const words = telling(question).filter((word) => !hasWord(answered, word));
	const texts = passages.map(({ source, text }) => contentWords(`${source} ${text}`));
	const weigh = weights(words, texts);
	const figures = ASKS_FIGURE.test(question);
	const candidates = passages.flatMap((passage, index) => {
		const whole = weigh(texts[index] ?? []);
		return quotesOf(passage).map((quote) => {
			const own = weigh(contentWords(quote.text));
			const figure = figures && own > 0 && /\d/.test(quote.text) ? 0.2 : 0;
			return { ...quote, score: own > 0 ? own + whole / 2 + figure : 0 };
		});
	});
	const quotes = chosen(candidates);
	const read = passages.flatMap(({ number }, index) =>
		quotes.some((quote) => quote.number === number) ? (texts[index] ?? []) : []
	);
	return { coverage: weigh(read), quotes, missing: words.filter((word) => !texts.some((text) => hasWord(text, word))) };
}

/** The first sentence of each of the first passages, for who asks what a document says. */
export function openings(passages: readonly NumberedPassage[], most = 4): Quote[] {
	const first = passages.slice(0, most).flatMap((passage) => quotesOf(passage).slice(0, 1));
	return first.map((quote) => ({ ...quote, score: 1 }));
}

/** How well each passage matches a question, 0 to 100. */
export function passageScores(
	question: string,
	passages: readonly NumberedPassage[]
): { number: number; score: number }[] {
	const words = telling(question);
	const texts = passages.map(({ source, text }) => contentWords(`${source} ${text}`));
	const weigh = weights(words, texts);
	return passages.map((passage, index) => {
		const best = Math.max(0, ...quotesOf(passage).map(({ text }) => weigh(contentWords(text))));
		return { number: passage.number, score: Math.round(60 * weigh(texts[index] ?? []) + 40 * best) };
	});
}

/** The words of a question that an answer to it should have. */
function telling(question: string): string[] {
	const words = contentWords(question.replace(ASKS_FIGURE, ' '));
	return (words.length > 0 ? words : contentWords(question)).slice(0, MOST_WORDS);
}

/** A measure of how much of `words` a text has, 0 to 1, where words that few texts have weigh more. */
function weights(words: readonly string[], texts: readonly (readonly string[])[]): (text: readonly string[]) => number {
	const weighed = words.map((word) => {
		const having = texts.filter((text) => hasWord(text, word)).length;
		return { word, weight: Math.log(1 + (texts.length + 1) / (having + 0.5)) };
	});
	const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
	return (text) =>
		total === 0
			? 0
			: weighed.filter(({ word }) => hasWord(text, word)).reduce((sum, { weight }) => sum + weight, 0) / total;
}

function quotesOf({ number, text }: NumberedPassage): Omit<Quote, 'score'>[] {
	return sentencesOf(unwrapped(text))
		.map((sentence, place) => ({ number, text: sentence, place }))
		.filter((quote) => /[\p{L}\p{N}]/u.test(quote.text));
}

/** Lines of one paragraph joined; list items and table rows stay lines of their own. */
function unwrapped(text: string): string {
	return text.replace(/\n(?![\n\-*+|#\d])/g, (_, at: number) =>
		/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text[at - 1] ?? '') ? '' : ' '
	);
}

function chosen(candidates: Quote[]): Quote[] {
	const best = Math.max(...candidates.map(({ score }) => score), 0);
	if (best === 0) return [];
	const good = [...candidates]
		.filter(({ score }) => score >= best * NEAR_BEST)
		.sort((a, b) => b.score - a.score)
		.slice(0, MOST_QUOTES);
	const needed = good.flatMap((quote) => {
		const before = candidates.find(({ number, place }) => number === quote.number && place === quote.place - 1);
		return LEANS.test(quote.text) && before ? [before, quote] : [quote];
	});
	return [...new Set(needed)].sort((a, b) => a.number - b.number || a.place - b.place);
}
