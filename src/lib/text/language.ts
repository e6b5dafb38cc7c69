import { listedLanguages, stopWords } from './stop-words.ts';

/** Languages that a script tells by itself, the more special ones first. */
const scripts: [RegExp, string][] = [
	[/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
	[/\p{Script=Hangul}/gu, 'ko'],
	[/\p{Script=Han}/gu, 'zh'],
	[/\p{Script=Hebrew}/gu, 'he'],
	[/\p{Script=Arabic}/gu, 'ar'],
	[/\p{Script=Devanagari}/gu, 'hi'],
	[/\p{Script=Tamil}/gu, 'ta'],
	[/\p{Script=Greek}/gu, 'el'],
	[/\p{Script=Armenian}/gu, 'hy'],
	[/\p{Script=Thai}/gu, 'th']
];

/** How much of a text is looked at, in UTF-16 units. */
const SAMPLE = 20_000;

/** The language of a text as ISO 639-1, by its script or its small words; null when they do not tell it. */
export function detectLanguage(text: string): string | null {
	const sample = text.slice(0, SAMPLE);
	const letters = sample.match(/\p{L}/gu)?.length ?? 0;
	const byScript = scripts.find(([script]) => (sample.match(script)?.length ?? 0) > letters * 0.15);
	return byScript?.[1] ?? bySmallWords(sample);
}

function bySmallWords(sample: string): string | null {
	const words = sample.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
	const share = (language: string) => {
		const small = stopWords(language);
		return words.filter((word) => small.has(word)).length / Math.max(1, words.length);
	};
	const [best, second] = listedLanguages
		.map((language) => ({ language, share: share(language) }))
		.toSorted((a, b) => b.share - a.share);
	return best && best.share > 0.12 && best.share > (second?.share ?? 0) ? best.language : null;
}
