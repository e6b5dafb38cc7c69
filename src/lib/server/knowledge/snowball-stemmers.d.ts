declare module 'snowball-stemmers' {
	/** Throws for a language that it does not have. */
	export function newStemmer(language: string): { stem(word: string): string };
	const stemmers: { newStemmer: typeof newStemmer };
	export default stemmers;
}
