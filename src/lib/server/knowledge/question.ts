import { detectLanguage } from '../../text/language.ts';
import { isSmall, termOf, tokensOf, type Token } from './words.ts';

/** A telling word of a question, and how it stands in the index in each language that it may be of. */
export interface AskedWord {
	readonly token: Token;
	readonly terms: readonly string[];
}

/** So many words are looked for at the most. */
const MOST_WORDS = 48;

/** The telling words of a question, each once. `languages` are those of the documents that are searched. */
export function wordsOf(question: string, languages: readonly (string | null)[]): AskedWord[] {
	const language = detectLanguage(question) ?? 'en';
	const tokens = [...new Set(tokensOf(question))];
	const telling = tokens.filter((token) => !isSmall(token, language));
	const asked = telling.length > 0 ? telling : tokens;
	return asked.slice(0, MOST_WORDS).map((token) => ({
		token,
		terms: [...new Set([...languages, language].map((each) => termOf(token, each)))]
	}));
}

/** An FTS5 expression that any of the words fulfils. */
export function anyOf(words: readonly AskedWord[]): string {
	return [...new Set(words.flatMap(({ terms }) => terms))].map((term) => `"${term}"`).join(' OR ');
}
