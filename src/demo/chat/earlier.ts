import type { Turn } from '../prompt.ts';
import { listIn } from './prompt-sections.ts';
import type { Sections } from './prompt-sections.ts';
import { phrasesOf } from './phrases.ts';
import type { Phrases } from './phrases.ts';
import { languageOf } from './language.ts';
import { contentWords, hasWord } from './words.ts';

const LAST_QUESTION =
	/\bwhat (?:did|have) i (?:just )?(?:ask|say|wr[io]te|said|asked)|\bmy (?:last|previous) (?:question|message)|\bwas habe? ich (?:gerade|eben|zuletzt)? ?(?:gefragt|gesagt|geschrieben)|\bmeine letzte frage|\bqu['’]est-ce que (?:je viens|j['’]ai) (?:de )?demand|\bma derni[eè]re question|\bqu[eé] (?:acabo de preguntar|pregunt[eé])|\bmi [uú]ltima pregunta/iu;
const FIRST_QUESTION =
	/\bmy first (?:question|message)|\bmeine erste frage|\bma premi[eè]re question|\bmi primera pregunta/iu;
const LAST_ANSWER =
	/\b(?:repeat|say) (?:that|it|this)(?: again)?\b|\bsay again\b|\bwhat did you (?:just )?(?:say|answer|tell me)|\byour last answer|\bwiederhol|\bwas hast du (?:gerade )?gesagt|\br[eé]p[eè]te|\brepite/iu;
const EVERYTHING =
	/\bwhat (?:have we|did we) (?:talk|discuss|sp[eo]k)|\bsummari[sz]e (?:our|this) (?:conversation|chat)|\bworüber haben wir|\bde quoi avons-nous parl|\bde qué hemos hablado/iu;
const ABOUT_ME =
	/\bwhat do you (?:know|remember)(?: about me)?|\bwho am i\b|\bwas weißt du (?:über|von) mir|\bwer bin ich|\bque sais-tu de moi|\bqui suis-je|\bqué sabes de mí|\bquién soy/iu;
const MINE = /\b(?:my|mine|i|me|am i|mein\w*|mich|ich|mir|mon|ma|mes|je|moi|mi|mis|yo)\b/iu;
const NAME = /\b(?:name|hei(?:ß|ss)e|appelle|llamo|nombre)\b/iu;
/** How a person is named without the word. */
const NAMED = /\b(?:I am|I['’]m|[Ii]ch bin|[Jj]e suis|[Ss]oy|is|ist|est|es) \p{Lu}\p{Ll}+/u;

/** The answer to a question about the conversation itself or about the person; null for any other. */
export function aboutEarlier(sections: Sections, turns: readonly Turn[]): string | null {
	const { Message: message } = sections;
	const phrases = phrasesOf(languageOf(message));
	const said = turns.filter(({ role }) => role === 'user').map(({ text }) => text);
	if (FIRST_QUESTION.test(message)) return asked(said[0], phrases);
	if (LAST_QUESTION.test(message)) return asked(said.at(-1), phrases);
	if (LAST_ANSWER.test(message))
		return turns.findLast(({ role }) => role === 'assistant')?.text ?? phrases.askedNothing;
	if (EVERYTHING.test(message))
		return said.length > 0 ? `${phrases.said}\n\n${said.slice(-20).map(item).join('\n')}` : phrases.askedNothing;
	return aboutPerson(sections, said, phrases);
}

function asked(message: string | undefined, phrases: Phrases): string {
	return message === undefined ? phrases.askedNothing : phrases.asked(shortened(message));
}

/** What is kept of the person, or was said before, that has words of the question. */
function aboutPerson(
	{ Message: message, Memories }: Sections,
	said: readonly string[],
	phrases: Phrases
): string | null {
	const memories = listIn(Memories);
	if (ABOUT_ME.test(message)) return memories.length > 0 ? told(memories, phrases) : null;
	if (!MINE.test(message) || !/[?？]\s*$/.test(message)) return null;
	const words = contentWords(message);
	const near = (text: string) =>
		words.some((word) => hasWord(contentWords(text), word)) || (NAME.test(message) && NAMED.test(text));
	const kept = memories.filter(near);
	if (kept.length > 0) return told(kept, phrases);
	const own = said.filter((text) => near(text) && !/[?？]\s*$/.test(text));
	return own.length > 0 ? `${phrases.said}\n\n${own.slice(-3).map(item).join('\n')}` : null;
}

function told(memories: readonly string[], phrases: Phrases): string {
	return `${phrases.remembered}\n\n${memories
		.slice(0, 10)
		.map((text) => `- ${text}`)
		.join('\n')}`;
}

function item(text: string): string {
	return `- “${shortened(text)}”`;
}

function shortened(text: string): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
