import type { Findings } from './findings.ts';
import type { Library } from './library.ts';
import { stem, termsOf, wordsOf } from './terms.ts';

/** One search of the library: what was asked for and which documents it found, best first. */
export interface Search {
	query: string;
	slugs: string[];
}

const MAX_SOURCES = 5;

/** Up to `count` different searches for a question: as a whole, by its parts, then by what the first ones turned up. */
export function searchesFor(library: Library, findings: Findings, count: number): Search[] {
	const seen = new Set<string>();
	const searches: Search[] = [];
	for (const query of candidates(findings)) {
		const key = wordsOf(query).map(stem).sort().join(' ');
		if (!key || seen.has(key)) continue;
		seen.add(key);
		searches.push({ query, slugs: slugsFound(library, query) });
		if (searches.length === count) break;
	}
	return searches;
}

function candidates(findings: Findings): string[] {
	const { question, terms, answered } = findings;
	const words = terms.map((term) => term.word);
	const whole = words.slice(0, 8).join(' ') || question.slice(0, 80);
	const parts = question
		.split(/[,;:?]|\s(?:and|or|vs\.?|versus|with|than|between|when|after|before|because)\s/i)
		.map(phrase);
	const pairs = words.slice(1).map((word, index) => `${words[index]} ${word}`);
	const learned = answered ? learnedQueries(findings) : [];
	return [whole, ...parts, ...learned, ...pairs, ...words];
}

function learnedQueries({ documents, passages }: Findings): string[] {
	const titles = documents.slice(0, 4).map(({ title }) => title.toLowerCase());
	const headings = passages
		.slice(0, 6)
		.flatMap(({ passage }) => (passage.heading ? [together(passage.title, passage.heading)] : []));
	return interleave(headings, titles);
}

/** Title and heading as one query, no word twice. */
function together(title: string, heading: string): string {
	return [...new Set([...wordsOf(title), ...termsOf(heading).map(({ word }) => word)])].join(' ');
}

function phrase(text: string): string {
	return termsOf(text)
		.slice(0, 6)
		.map((term) => term.word)
		.join(' ');
}

function interleave(first: string[], second: string[]): string[] {
	const longest = Math.max(first.length, second.length);
	return Array.from({ length: longest }, (_, index) => [first[index], second[index]])
		.flat()
		.filter((each) => each !== undefined);
}

function slugsFound(library: Library, query: string): string[] {
	const slugs = new Set(library.search(query, 20).map((passage) => passage.slug));
	return [...slugs].slice(0, MAX_SOURCES);
}
