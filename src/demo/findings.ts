import { coverage } from './claims.ts';
import type { Library, LibraryDocument, RankedPassage } from './library.ts';
import { termsOf } from './terms.ts';
import type { Term } from './terms.ts';

/** What the library has on a question. */
export interface Findings {
	question: string;
	terms: Term[];
	/** False when no document is about the question; the passages are then only the nearest ones. */
	answered: boolean;
	/** The passages that bear on the question, best first. */
	passages: RankedPassage[];
	/** Their documents, best first. */
	documents: LibraryDocument[];
	/** Terms of the question that no document has. */
	missing: Term[];
}

// How many passages of one document may answer together. More would let a long document answer anything.
const TOGETHER = 3;
// How much of the question they must cover for their document to count as an answer, rare words weighing more:
// half, but more when the title is about something else, and less when several titles are about it or one is named whole.
const ANSWERED = 0.5;
const ANSWERED_TOGETHER = 0.4;
const ANSWERED_ASIDE = 0.6;
const NAMED = 0.2;
// Passages far below the best one only share a common word with the question.
const RELEVANT = 0.3;
// Longer inputs are instructions with a question in them; their first terms are enough to search by.
const MAX_TERMS = 16;

/** Searches the library for a question. */
export function findings(library: Library, question: string): Findings {
	const terms = termsOf(question).slice(0, MAX_TERMS);
	const ranked = library.rank(terms.map((term) => term.word).join(' '), 60);
	const answered = isAnswered(library, terms, ranked);
	const passages = answered ? relevant(library, terms, ranked) : ranked.slice(0, 4);
	return {
		question,
		terms,
		answered,
		passages,
		documents: documentsOf(library, passages),
		missing: terms.filter((term) => library.frequency(term) === 0)
	};
}

/** The documents that passages come from, in the order of their best passage. */
export function documentsOf(library: Library, passages: RankedPassage[]): LibraryDocument[] {
	const slugs = new Set(passages.map(({ passage }) => passage.slug));
	return [...slugs].flatMap((slug) => library.document(slug) ?? []);
}

/** Good matches; only from documents whose title is about the question, if there are such. */
function relevant(library: Library, terms: Term[], ranked: RankedPassage[]): RankedPassage[] {
	const best = ranked[0]?.score ?? 0;
	const good = ranked.filter(({ passage, score }) => score >= best * RELEVANT || isNamed(terms, passage.title));
	const about = good.filter(({ passage }) => isAbout(library, terms, passage.title));
	return about.length > 0 && isAbout(library, terms, good[0]?.passage.title ?? '') ? about : good;
}

function isAbout(library: Library, terms: Term[], title: string): boolean {
	return coverage(library, terms, title) > 0;
}

function isAnswered(library: Library, terms: Term[], ranked: RankedPassage[]): boolean {
	const documents = documentsOf(library, ranked.slice(0, 12));
	const covered = (some: LibraryDocument[]) =>
		coverage(library, terms, some.map((each) => bestOf(ranked, each)).join(' '));
	const named = documents.filter(({ title }) => isNamed(terms, title));
	// A comparison is answered by several documents, each of which knows its half.
	const about = documents.filter(({ title }) => isAbout(library, terms, title));
	const aside = documents.some((document) => covered([document]) >= (terms.length === 1 ? ANSWERED : ANSWERED_ASIDE));
	return covered(named) >= NAMED || covered(about) >= (about.length > 1 ? ANSWERED_TOGETHER : ANSWERED) || aside;
}

/** The title and the best few passages of a document as one text. */
function bestOf(ranked: RankedPassage[], { slug, title }: LibraryDocument): string {
	const best = ranked.filter(({ passage }) => passage.slug === slug).slice(0, TOGETHER);
	return [title, ...best.map(({ passage }) => `${passage.heading ?? ''} ${passage.text}`)].join(' ');
}

/** Whether the question names the document's whole topic. */
function isNamed(terms: Term[], title: string): boolean {
	const stems = new Set(terms.map(({ stem }) => stem));
	return termsOf(title).every(({ stem }) => stems.has(stem));
}
