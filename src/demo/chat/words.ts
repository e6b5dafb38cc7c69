import { isStopword, stem } from '../terms.ts';

// Function words and the words of questions in languages beside English, without accents.
const FUNCTION_WORDS = new Set(
	`aber alle als am an auch auf aus bei bin bis bitte da dann das dass dein dem den denn der des die diese dieser dieses dir
	doch du durch ein eine einem einen einer er es fur gibt haben hat hatte ich ihr im in ist ja kann kein keine man mein mich
	mir mit nach nicht noch nur ob oder sein seine sich sie sind so uber um und uns unter viel viele vom von vor wann war waren
	warum was welche welcher welches wenn wer werden wie wieso wird wo wurde wurden zu zum zur sagt steht
	alors au aux avec ce cela ces cette chez combien comment dans de depuis des dit du elle en est et etait etre eu il ils je la
	le les leur lui ma mais me mes moi mon ne nos notre nous on ont ou par pas pour pourquoi qu quand que quel quelle quelles
	quels qui quoi sa se ses son sont sur ta te tes toi ton tu un une vos votre vous y
	a al como con cual cuales cuando cuanta cuantas cuanto cuantos de del desde donde dos e el ella ellos en era es esa ese eso
	esta este esto estan fue ha hay la las le lo los mas me mi mis muy no nos o para pero por porque que quien quienes se ser si
	sin sobre son su sus tu un una unas uno unos y ya yo
	che chi come con cosa da dal dei del della di e il in la le lo non per piu quale quali quando quanto sono su un una
	的 是 了 在 和 有 吗 呢 什么 怎么 哪 哪里 谁 多少 几 我 你 他 她 它 们 这 那 与 及 或 被 把 为 为什么 请 问
	は が を に の で と も から まで です ます か した する いる ある いつ どこ 誰 何 なに どの いくつ なぜ`
		.split(/\s+/)
		.map(folded)
);

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** A word in lower case without accents, as words are compared. */
export function folded(word: string): string {
	return word
		.normalize('NFKD')
		.replace(/[\u0300-\u036f]/g, '')
		.normalize('NFC')
		.toLowerCase();
}

/** All words of a text, each once, as they are compared. */
export function wordsIn(text: string): string[] {
	const found = new Set<string>();
	for (const { segment, isWordLike } of segmenter.segment(text))
		if (isWordLike)
			found.add(
				folded(segment)
					.replace(/['’]s$/, '')
					.replace(/^(?:l|d|qu|j|n|s|c)['’]/, '')
			);
	return [...found];
}

/** The words of a text that say what it is about, each once, in any language; numbers count. */
export function contentWords(text: string): string[] {
	return wordsIn(text).filter((word) => !FUNCTION_WORDS.has(word) && !isFiller(word));
}

function isFiller(word: string): boolean {
	const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word);
	return !wide && (isStopword(word) || (word.length < 2 && !/\d/.test(word)));
}

/** Whether two words are forms of one: equal, of one stem, or alike for most of their length. */
export function sameWord(one: string, other: string): boolean {
	if (one === other || stem(one) === stem(other)) return true;
	const longer = Math.max(one.length, other.length);
	const need = Math.max(4, Math.ceil(longer * 0.7));
	return !/\d/.test(one) && one.length >= need && other.length >= need && one.slice(0, need) === other.slice(0, need);
}

/** Whether a word is among others, in any form. */
export function hasWord(words: readonly string[], word: string): boolean {
	return words.some((each) => sameWord(each, word));
}
