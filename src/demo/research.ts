import { chooseClaims, claimsOf } from './claims.ts';
import { findings } from './findings.ts';
import type { Findings } from './findings.ts';
import type { Library, LibraryDocument } from './library.ts';
import type { Links } from './links.ts';
import { searchesFor } from './queries.ts';
import type { Search } from './queries.ts';
import { CitedTextBuilder } from './report.ts';
import type { CitedText } from './report.ts';
import { outlineOf } from './sections.ts';
import type { Term } from './terms.ts';
import type { Outline } from './sections.ts';

/** What there is to answer from, and where its links lead. */
export interface Source {
	library: Library;
	links: Links;
}

/** How thorough a research is. */
export type Depth = 'quick' | 'standard' | 'deep';

/** A document that the research reads, with a word looked for in it or null. */
export interface Visit {
	slug: string;
	title: string;
	/** Length of the document in characters: what reading it costs. */
	length: number;
	pattern: string | null;
}

/** Everything a research will do and say, settled before it starts. */
export interface Research {
	findings: Findings;
	searches: Search[];
	visits: Visit[];
	outline: Outline;
	report: CitedText;
}

const SIZES = {
	quick: { searches: 3, visits: 2, finds: 1, sections: 3, claims: 3 },
	standard: { searches: 5, visits: 4, finds: 2, sections: 4, claims: 4 },
	deep: { searches: 8, visits: 6, finds: 3, sections: 5, claims: 5 }
};

/** Retrieves for a question, plans the searches and writes the report. At most `maxToolCalls` calls are planned. */
export function research({ library, links }: Source, question: string, depth: Depth, maxToolCalls: number): Research {
	const size = SIZES[depth];
	const found = findings(library, question);
	const searches = searchesFor(library, found, Math.min(size.searches, maxToolCalls));
	const pages = pagesToRead(library, found, searches).slice(0, size.visits);
	const visits = visitsFor(pages, found.terms, size.finds, maxToolCalls - searches.length);
	const outline = outlineOf(library, found, size.sections, size.claims);
	const builder = new CitedTextBuilder(links).write(`# ${titleFrom(question)}\n\n`);
	if (found.answered && outline.summary.length > 0) writeAnswer(builder, outline);
	else writeNearest(builder, { library, links }, found);
	writeLimits(builder, { library, links }, found, searches);
	return { findings: found, searches, visits, outline, report: builder.build() };
}

/** The documents that bear on the question, then others that the searches turned up, as a reader would open them. */
function pagesToRead(library: Library, { documents }: Findings, searches: Search[]): LibraryDocument[] {
	const found = searches.flatMap(({ slugs }) => slugs).flatMap((slug) => library.document(slug) ?? []);
	return [...new Set([...documents, ...found])];
}

function visitsFor(pages: LibraryDocument[], terms: Term[], finds: number, calls: number): Visit[] {
	const visits: Visit[] = [];
	for (const [index, { slug, title, text }] of pages.entries()) {
		if (calls-- <= 0) break;
		const inText = terms.filter(({ stem }) => text.toLowerCase().includes(stem));
		// A word that is in the title anyway is not worth looking for on the page.
		const telling = inText.find(({ stem }) => !title.toLowerCase().includes(stem)) ?? inText[0];
		const term = index < finds && calls > 0 ? telling : undefined;
		if (term) calls--;
		visits.push({ slug, title, length: text.length, pattern: term?.word ?? null });
	}
	return visits;
}

function writeAnswer(builder: CitedTextBuilder, { summary, sections }: Outline): void {
	builder.write('**In short.** ').claims(summary);
	for (const { title, claims } of sections) builder.write(`## ${title}\n\n`).claims(claims);
}

function writeNearest(builder: CitedTextBuilder, { library, links }: Source, { passages, terms }: Findings): void {
	builder.write(
		`**Not in the corpus.** None of the ${library.documents().length} documents in the demo's library answers this question.\n\n`
	);
	const near = passages.flatMap((passage) => chooseClaims(claimsOf(library, [passage], terms), 1));
	if (near.length === 0) return writeTopics(builder, { library, links });
	builder.write(
		'## Nearest passages\n\nThese share a word with the question. They are shown as they stand; they do not answer it.\n\n'
	);
	for (const claim of near) builder.write('- ').claim(claim).write('\n');
	builder.write('\n');
}

function writeTopics(builder: CitedTextBuilder, { library, links }: Source): void {
	const topics = library
		.documents()
		.slice(0, 12)
		.map(({ slug, title }) => `[${title}](${links.document(slug)})`);
	if (topics.length > 0) builder.write(`## What the library does have\n\nAmong others: ${topics.join(', ')}.\n\n`);
}

function writeLimits(builder: CitedTextBuilder, { library, links }: Source, found: Findings, searches: Search[]): void {
	const asked = searches.map(({ query }) => `[${query}](${links.search(query)})`).join(', ');
	const missing = found.missing.map(({ word }) => `“${word}”`).join(', ');
	builder.write(
		`## Limits\n\n- This is Headway's demo provider, not a language model: it searched ${library.documents().length} documents ` +
			'on this machine, took sentences from them word for word and arranged them. It draws no conclusions.\n'
	);
	if (missing) builder.write(`- No document mentions ${missing}.\n`);
	if (asked) builder.write(`- Searched for: ${asked}.\n`);
}

function titleFrom(question: string): string {
	const line = question
		.trim()
		.replace(/\s+/g, ' ')
		.replace(/^#+\s*/, '');
	const short = line.length > 120 ? `${line.slice(0, 120).replace(/\s\S*$/, '')} …` : line;
	return short.charAt(0).toUpperCase() + short.slice(1);
}
