import type { OfferedDocument } from './offered.ts';
import { asksForWhole } from './whole-document.ts';
import { smallTalk, tellsOnly } from './small-talk.ts';
import type { Wish } from './wish.ts';
import { contentWords, hasWord } from './words.ts';

// Words with which a message leans on what was said before.
const LEANS =
	/\b(?:it|its|that|this|these|those|they|them|he|she|his|her|there|er|sie|es|ihr|dessen|davon|il|elle|ils|cela|ça|eso|esto|ello|ellos)\b|^(?:and|und|et|y)\b/i;
const POLITE =
	/^(?:please|can you|could you|would you|will you|tell me|i want to know|i(?:['’]d| would) like to know|do you know|according to (?:the|my) (?:documents?|files?|notes?),?|in (?:the|my) (?:documents?|files?|notes?),?|bitte|kannst du(?: mir)?(?: sagen)?,?|sag mir,?|dis-moi|peux-tu(?: me dire)?|dime|puedes decirme)\s+/i;
/** What a message asks of the documents: one of them whole, or a search; nothing when there are none or it is small talk. */
export function knowledgeQuestion(
	message: string,
	documents: readonly OfferedDocument[],
	earlier: readonly string[]
): Wish[] {
	const asked = message.trim();
	if (documents.length === 0 || smallTalk(asked) || tellsOnly(asked) || contentWords(asked).length === 0) return [];
	const place = { from: 0, to: message.length };
	const named = documents.find(({ title }) => isNamed(asked, title));
	if (named && asksForWhole(asked))
		return [
			{
				...{
					tool: 'read_document',
					arguments: { documentId: named.id ?? named.title },
					why: 'You asked about the whole document.'
				},
				...{ aim: `read ${named.title}`, ...place }
			}
		];
	const question = questionFor(asked, earlier);
	const args = named?.id ? { question, documents: [named.id] } : { question };
	return [
		{
			...{ tool: 'search_knowledge', arguments: args, why: 'Your documents may hold the answer.' },
			...{ aim: `look in your documents for “${question}”`, ...place }
		}
	];
}

/** The question without its courtesies; one that leans on what was said before takes the words of that along. */
function questionFor(message: string, earlier: readonly string[]): string {
	const question = message.replace(POLITE, '').replace(POLITE, '');
	const before = earlier.at(-1);
	if (before === undefined || !LEANS.test(question) || contentWords(question).length > 4) return shortened(question);
	const own = contentWords(question);
	const taken = contentWords(before).filter((word) => !hasWord(own, word));
	return shortened(taken.length > 0 ? `${question} (${taken.slice(0, 8).join(' ')})` : question);
}

function isNamed(message: string, title: string): boolean {
	const words = contentWords(title.replace(/\.\w{2,4}$/, ''));
	const said = contentWords(message);
	return words.length > 0 && words.every((word) => hasWord(said, word));
}

function shortened(text: string): string {
	return text.length > 400 ? `${text.slice(0, 400).replace(/\s+\S*$/, '')}` : text;
}
