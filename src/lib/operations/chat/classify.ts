import { drawing, following, greeting, measuring, naming, reckoning, researching, telling } from './signals.ts';
import { tellingWords } from './words.ts';

/** What is known of a turn before a model is asked. */
export interface TurnFacts {
	readonly message: string;
	/** What the conversation's last answer said; null in a new one. */
	readonly lastAnswer: string | null;
	readonly documents: number;
	/** Documents have vectors: words that differ may mean the same. */
	readonly vectors: boolean;
	/** The share of the message's telling words that the best passage has, 0 to 1 (`Retrieval.coverage`). */
	readonly coverage: number;
	/** Languages of the documents, where they are known. */
	readonly languages: readonly string[];
	/** Tables among the files that came along, and with the messages before. */
	readonly tables: number;
	readonly earlier: number;
	/** Words that the tools of other servers are known by. */
	readonly remote: readonly { id: string; words: string }[];
}

/** Whether a turn is planned, and the sentences that say why. */
export interface Classified {
	readonly plan: boolean;
	readonly reasons: readonly string[];
}

/** From this share of its words on, a passage is likely to be about the message. */
const COVERED = 0.34;
/** Below it, nothing is there. */
const SLIGHT = 0.15;

/**
 * Tells without a model whether a message may need a tool or a passage. When that is not certain it says so: a plan
 * too many costs a moment, one too few an answer.
 */
export function classify(facts: TurnFacts): Classified {
	const reasons = [...toolReasons(facts), ...documentReasons(facts)];
	return { plan: reasons.length > 0, reasons: reasons.length > 0 ? reasons : [plainReason(facts)] };
}

function toolReasons({ message, tables, earlier, remote, lastAnswer }: TurnFacts): string[] {
	const agreed = following.test(message.trim()) && /[?？]\s*$/.test(lastAnswer?.trim() ?? '');
	// “Guten Morgen” is no question after tomorrow.
	if (isSmallTalk(message) && !agreed && tables === 0) return [];
	const named = remote.filter(({ id, words }) => isNamed(id, words, message)).map(({ id }) => id);
	return [
		tables > 0 && 'A table came with the message.',
		earlier > 0 && 'A table came earlier in the conversation.',
		reckoning.test(message) && 'It may need arithmetic.',
		telling.test(message) && 'It may need the time or the date.',
		drawing.test(message) && 'It may ask for a picture.',
		researching.test(message) && 'It may ask for research.',
		agreed && 'It agrees to what was offered.',
		named.length > 0 && `It shares words with ${named.slice(0, 3).join(', ')}.`
	].filter((reason) => reason !== false);
}

/** A tool of another server: by its name, or by two words of what it does. */
function isNamed(id: string, words: string, message: string): boolean {
	const said = new Set(tellingWords(message));
	const own = tellingWords(id.slice(id.indexOf('.') + 1).replace(/[._-]/g, ' '));
	if (own.some((word) => said.has(word))) return true;
	return new Set(tellingWords(words).filter((word) => said.has(word))).size > 1;
}

function documentReasons(facts: TurnFacts): string[] {
	const { documents, message, coverage, lastAnswer } = facts;
	if (documents === 0 || isSmallTalk(message)) return [];
	if (naming.test(message)) return ['It speaks of documents.'];
	if (coverage >= COVERED) return [`Its words stand in the documents (${Math.round(coverage * 100)} %).`];
	if (/\[\d{1,3}\]/.test(lastAnswer ?? '')) return ['The answer before rests on documents.'];
	if (!isQuestion(message)) return [];
	if (facts.vectors) return ['The documents can be searched by meaning.'];
	if (coverage >= SLIGHT) return [`Some of its words stand in the documents (${Math.round(coverage * 100)} %).`];
	return mayDiffer(facts) ? ['The documents may be in another language.'] : [];
}

/** A greeting, thanks or the like, and nothing besides. */
export function isSmallTalk(message: string): boolean {
	const words =
		message
			.normalize('NFKC')
			.toLowerCase()
			.match(/[\p{L}\p{N}'’]+/gu) ?? [];
	if (words.length === 0) return true;
	return words.length <= 8 && greeting.test(words.join(' '));
}

function isQuestion(message: string): boolean {
	return /[?？؟]/.test(message) || measuring.test(message);
}

/** Whether words that were not found prove nothing: question and documents are not surely of one language. */
function mayDiffer({ message, languages }: TurnFacts): boolean {
	const own = languageOf(message);
	return own === null || languages.length === 0 || languages.some((language) => language !== own);
}

const stopWords: Record<string, string> = {
	en: 'the is are was were what how who why when where which does did do of in to and can you tell me about',
	de: 'der die das ist sind war wie was wer warum wann wo welche und den dem ein eine von zu im für kann ich',
	fr: 'le la les est sont qui que quoi comment pourquoi quand où quel quelle et des du de un une dans pour',
	es: 'el la los las es son qué quién cómo por cuándo dónde cuál y de del un una en para'
};

/** The language whose small words a message has most of, as ISO 639-1; null when that is not plain. */
export function languageOf(message: string): string | null {
	const words = new Set(message.toLowerCase().match(/\p{L}+/gu) ?? []);
	const counts = Object.entries(stopWords)
		.map(([language, list]) => ({ language, count: list.split(' ').filter((word) => words.has(word)).length }))
		.toSorted((a, b) => b.count - a.count);
	const [first, second] = counts;
	return first && first.count >= 2 && first.count > (second?.count ?? 0) ? first.language : null;
}

function plainReason({ message, documents }: TurnFacts): string {
	if (isSmallTalk(message)) return 'It is small talk.';
	return documents === 0
		? 'No tool fits, and there are no documents.'
		: 'No tool fits, and the documents do not speak of it.';
}
