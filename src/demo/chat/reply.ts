import { answer as libraryAnswer } from '../answer.ts';
import type { Source } from '../research.ts';
import type { Turn } from '../prompt.ts';
import type { CitedText } from '../report.ts';
import { aboutEarlier } from './earlier.ts';
import { evidence, openings } from './evidence.ts';
import type { Quote } from './evidence.ts';
import { languageOf } from './language.ts';
import { phrasesOf } from './phrases.ts';
import type { Phrases } from './phrases.ts';
import { passagesIn, resultsIn } from './prompt-sections.ts';
import type { NumberedPassage, Sections, ToolResult } from './prompt-sections.ts';
import { smallTalk, tellsOnly, wantOf } from './small-talk.ts';
import { asksForWhole } from './whole-document.ts';
import { contentWords, folded, hasWord } from './words.ts';

// Below this share of the question's telling words the quotes are said to be the nearest; far below it, to be nothing.
const ANSWERS = 0.6;
const NEAR = 0.3;
const LONGEST_RESULT = 1_500;
// Of the question's telling words, so many must be in what the library says, or it only shares a word with it.
const ABOUT = 0.4;
// What the person has and the library cannot know.
const OWN =
	/\b(?:my|our|the uploaded|mein\p{L}*|unser\p{L}*|mon|ma|mes|notre|nos|mi|mis|nuestr\p{L}+) (?:\p{L}+ )?(?:names?|birthday|namen?|geburtstag|nom|nombre|documents?|files?|contracts?|notes?|reports?|manuals?|polic(?:y|ies)|handbooks?|pdfs?|letters?|theses|thesis|papers?|dokument\p{L}*|datei\p{L}*|vertrag\p{L}*|notiz\p{L}*|bericht\p{L}*|handbuch\p{L}*|fichiers?|contrats?|rapports?|manuels?|documentos?|archivos?|contratos?|informes?)(?!\p{L})/iu;
// What nobody is told, and the demo does not have.
const SECRET =
	/\byour (?:\p{L}+ )?(?:instructions|prompts?|api[- ]?keys?|keys?|secrets?|passwords?)\b|\bsystem prompt\b/iu;
// Tools that give passages, which are quoted from there.
const READERS = new Set(['search_knowledge', 'read_document']);

/** The answer of the chat: quoted from the passages and results of the prompt, and what they do not hold is said. */
export function reply(source: Source, sections: Sections, turns: readonly Turn[]): CitedText {
	const phrases = phrasesOf(languageOf(sections.Message));
	const parts = [...fromResults(sections, phrases), ...fromPassages(sections, phrases)];
	const own = parts.length > 0 ? parts.join('\n\n') : withoutMaterial(sections, turns, phrases);
	if (own !== null) return { text: `${own}\n\n${phrases.disclaimer}`, annotations: [] };
	return fromLibrary(source, sections.Message, phrases);
}

function fromPassages({ Passages, Message, Results }: Sections, phrases: Phrases): string[] {
	const passages = passagesIn(Passages);
	if (passages.length === 0) return [];
	if (asksForWhole(Message)) return [phrases.opening, openings(passages).map(cited).join(' ')];
	// What another tool was asked needs no passage.
	const settled = resultsIn(Results).filter(({ tool }) => !READERS.has(tool));
	const heads = settled.map(({ tool, title }) => `${tool.replace(/[_.]/g, ' ')} ${title}`).join(' ');
	const { coverage, quotes, missing } = evidence(Message, passages, heads);
	if (missing.length === 0 && quotes.length === 0) return [];
	const unknown = missing
		.slice(0, 3)
		.map((word) => `“${asWritten(word, Message)}”`)
		.join(', ');
	if (quotes.length === 0 || coverage < NEAR) return [phrases.nothing(unknown)];
	const said = quotes.map(cited).join(' ');
	return coverage >= ANSWERS ? [said] : [`${phrases.near(unknown)} ${said}`];
}

function cited({ text, number }: Quote): string {
	return `${quotable(text)} [${number}]`;
}

/** A sentence as running text: marks that would make a heading, a list or a table of it are left out. */
function quotable(sentence: string): string {
	return sentence
		.replace(/^(?:#{1,6}|[-*+>|])\s+/, '')
		.replace(/\s*\n\s*/g, ' ')
		.trim();
}

function asWritten(word: string, message: string): string {
	return message.match(/[\p{L}\p{N}'’-]+/gu)?.find((each) => folded(each).startsWith(word)) ?? word;
}

function fromResults({ Results, Passages }: Sections, phrases: Phrases): string[] {
	const cited = passagesIn(Passages).length > 0;
	const results = resultsIn(Results).filter(({ tool }) => !(cited && READERS.has(tool)));
	if (results.length === 0) return [];
	if (results.every(({ text }) => text === '')) return [phrases.failed];
	return [phrases.results, ...results.map(shown)];
}

function shown({ tool, title, text }: ToolResult): string {
	// One line that names what it is about needs no heading.
	if (!text.includes('\n') && text.includes(title.split(' ').at(-1) || text))
		return `- ${text.slice(0, LONGEST_RESULT)}`;
	const name = `**${title || tool}**`;
	const body = text.length > LONGEST_RESULT ? `${text.slice(0, LONGEST_RESULT).replace(/\s+\S*$/, '')} …` : text;
	return /\n/.test(body) ? `${name}\n\n${body}` : `${name}: ${body}`;
}

/** The answer to what needs no material; null when only the library could hold one. */
function withoutMaterial(sections: Sections, turns: readonly Turn[], phrases: Phrases): string | null {
	const { Message: message } = sections;
	const talk = smallTalk(message);
	const own = talk ? phrases.talk[talk] : tellsOnly(message) ? phrases.noted : null;
	return aboutEarlier(sections, turns) ?? own;
}

function fromLibrary(source: Source, message: string, phrases: Phrases): CitedText {
	const want = wantOf(message);
	// What it told before may say what it asks of: “I love volcanoes. What makes them erupt?”
	const found = [want, message]
		.map((user) => libraryAnswer(source.library, source.links, { user, before: [], turns: [] }))
		.find(({ text, annotations }) => annotations.length > 0 && isAbout(text, want));
	if (!found || OWN.test(want) || SECRET.test(want))
		return { text: `${phrases.unanswered}\n\n${phrases.disclaimer}`, annotations: [] };
	const head = `${phrases.library}\n\n`;
	const annotations = found.annotations.map((each) => ({
		...each,
		start_index: each.start_index + head.length,
		end_index: each.end_index + head.length
	}));
	return { text: head + found.text, annotations };
}

function isAbout(text: string, message: string): boolean {
	const words = contentWords(message);
	const own = contentWords(text);
	return words.filter((word) => hasWord(own, word)).length >= words.length * ABOUT;
}

/** A thought that says what the answer is made from. */
export function thoughtOf({ Passages, Results }: Sections): string | null {
	const passages: NumberedPassage[] = passagesIn(Passages);
	const results = resultsIn(Results).length;
	if (passages.length + results === 0) return null;
	const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
	return `**Reading** I look for the words of the question in ${count(passages.length, 'passage')} and ${count(results, 'result')}.`;
}
