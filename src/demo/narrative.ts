import type { Findings } from './findings.ts';
import type { Research, Visit } from './research.ts';

/** What the demo says that it thinks: facts about its own search, in the words of a plan. */
export function planningThought({ terms }: Findings): string {
	const words = list(terms.map(({ word }) => word));
	if (!words)
		return '**Planning the research** The question has no word to search by. I will look at what the library has.';
	return `**Planning the research** The question turns on ${words}. I will search the library for these together first, then for parts of the question, and read the documents that have the most to say.`;
}

export function readingThought({ answered, documents, missing }: Findings): string {
	const titles = list(documents.slice(0, 4).map(({ title }) => `“${title}”`));
	if (!answered) {
		const near = titles
			? `The nearest documents are ${titles}, which only share a word with it.`
			: 'No document comes near it.';
		return `**Judging the results** The library does not seem to cover this question. ${near} I will look once more with other words.`;
	}
	const gap = missing.length > 0 ? ` Nothing turned up for ${list(missing.map(({ word }) => word))}.` : '';
	return `**Judging the results** Documents that bear on the question: ${documents.length}. The closest: ${titles}.${gap} I will read now what they say.`;
}

export function furtherThought(read: Visit[], { passages }: Findings): string {
	const titles = list(read.map(({ title }) => `“${title}”`));
	const slugs = new Set(read.map(({ slug }) => slug));
	const useful = passages.filter(({ passage }) => slugs.has(passage.slug)).length;
	const found = titles ? `${titles} gave ${count(useful, 'useful passage')}.` : 'Nothing has been read so far.';
	return `**Looking further** ${found} I will search again for what is still open before I write.`;
}

export function synthesisThought({ findings, outline }: Research): string {
	if (!findings.answered)
		return '**Writing the answer** The corpus does not answer this. I will say so and show the nearest passages as what they are.';
	const claims = [...outline.summary, ...outline.sections.flatMap((section) => section.claims)];
	const sources = new Set(claims.map(({ passage }) => passage.slug)).size;
	const sections = list(outline.sections.map(({ title }) => title));
	return `**Arranging the report** Worth quoting: ${count(claims.length, 'sentence')} from ${count(sources, 'document')}. The sections will be: ${sections}. Each sentence keeps the link to its document.`;
}

function list(words: string[]): string {
	if (words.length < 2) return words[0] ?? '';
	return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
