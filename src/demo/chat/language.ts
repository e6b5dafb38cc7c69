/** The languages that the demo has sentences of its own in. */
export type Language = 'en' | 'de' | 'fr' | 'es';

// Words that are frequent in one of the languages and rare in the others.
const TELLING: Record<Language, string> = {
	en: 'the is are what how who when where which of and you your my does do in it this that with please hello thanks',
	de: 'der die das ist sind was wie wer wann wo welche und nicht ich du mein meine ein eine mit für von zu bitte hallo danke',
	fr: 'le la les est sont que quoi quel quelle comment qui quand où et je tu mon ma mes un une des avec pour du bonjour merci',
	es: 'el los las es son qué cómo quién cuándo dónde cuál y yo tú mi mis un una con para del por hola gracias cuántos'
};
const WORDS = Object.entries(TELLING).map(
	([language, words]) => [language as Language, new Set(words.split(' '))] as const
);

/** The language of a message as far as the demo can answer in it; English when nothing tells. */
export function languageOf(text: string): Language {
	const words =
		text
			.normalize('NFC')
			.toLowerCase()
			.match(/\p{L}+/gu) ?? [];
	const counts = WORDS.map(([language, known]) => ({
		language,
		count: words.filter((word) => known.has(word)).length
	}));
	const [best] = counts.sort((a, b) => b.count - a.count);
	return best && best.count > 0 ? best.language : 'en';
}
