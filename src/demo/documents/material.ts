import { chooseClaims, claimsOf } from '../claims.ts';
import { findings } from '../findings.ts';
import type { Library } from '../library.ts';
import { termsOf } from '../terms.ts';
import { isAnyOwn } from './headings.ts';
import type { LabelledRequest } from './labels.ts';
import { overlap, statementsIn, tokensOf } from './statements.ts';
import type { Statement } from './statements.ts';

/** What belongs together: the statements below one heading of the material. */
export interface Topic {
	heading: string;
	statements: Statement[];
	/** The title of the library's document that it comes from. */
	document?: string;
}

/** What a document can be made of, by topic. */
export interface Material {
	topics: Topic[];
	/** Titles of the library's documents that were used; none when notes or sources were given. */
	borrowed: string[];
}

// Fewer statements than this make no document: the library is asked as well.
const ENOUGH = 6;
// A topic of more than this is parted, and topics beyond these are left out.
const TOPIC_SIZE = 8;
const MOST_TOPICS = 4;

/** Gathers from the notes and sources that were given, and from the library where they do not suffice. */
export function materialFor(library: Library, request: LabelledRequest): Material {
	const given = distinct([...topicsInNotes(request.notes), ...topicsInSources(request.sources)]);
	if (count(given) >= ENOUGH) return { topics: apart(parted(best(given, request.brief))), borrowed: [] };
	const topics = best(distinct([...given, ...topicsInLibrary(library, request.brief)]), request.brief);
	const borrowed = [...new Set(topics.flatMap(({ document }) => document ?? []))];
	const alone = borrowed.length === 1 ? `${borrowed[0]}: ` : '';
	const named = topics.map((topic) => ({ ...topic, heading: withoutPrefix(topic.heading, alone) }));
	return { topics: apart(parted(named)), borrowed };
}

/** The library's statements on a question, by document and heading; none when it does not answer it. */
export function topicsInLibrary(library: Library, question: string): Topic[] {
	const { answered, passages, terms } = findings(library, question);
	const claims = answered ? claimsOf(library, passages, terms) : [];
	const groups = Map.groupBy(claims, ({ passage }) => `${passage.title}\n${passage.heading ?? ''}`);
	return [...groups.entries()].map(([key, group]) => {
		const [title = '', heading = ''] = key.split('\n');
		const statements = chooseClaims(group, TOPIC_SIZE).map(({ text }) => ({ text, marks: '' }));
		return { document: title, heading: heading ? `${title}: ${heading}` : title, statements };
	});
}

function topicsInNotes(notes: string): Topic[] {
	const parts = notes.split(/^#{1,6}\s+(.+?)\s*#*\s*$/m);
	const topics = parts.flatMap((text, index) => {
		if (index % 2 === 1) return [];
		const heading = plainHeading(parts[index - 1] ?? '');
		// What a research says of itself is about the research, not about its matter.
		return /^limits$/i.test(heading) ? [] : [{ heading, statements: statementsIn(text) }];
	});
	return topics.flatMap((topic) => (topic.heading ? [topic] : byParagraph(topic, parts[0] ?? '')));
}

/** Text without headings is parted where its author parted it, and named after its words. */
function byParagraph({ statements }: Topic, text: string): Topic[] {
	const paragraphs = text.split(/\n\s*\n/).map(statementsIn);
	const several = paragraphs.filter((each) => each.length > 1);
	const lone = paragraphs.filter((each) => each.length === 1).flat();
	if (several.length < 2) return [{ heading: headingFrom(statements), statements }];
	const topics = several.map((each) => ({ heading: headingFrom(each), statements: each }));
	return lone.length > 0 ? [...topics, { heading: headingFrom(lone), statements: lone }] : topics;
}

function topicsInSources(sources: string): Topic[] {
	const parts = sources.split(/^\[(\d+)\]\s+(.+?)\s+-\s+\S+[ \t]*$/m);
	const topics: Topic[] = [];
	for (let index = 1; index + 2 < parts.length; index += 3) {
		const mark = `[${parts[index]}]`;
		const statements = statementsIn(parts[index + 2] ?? '').map(({ text, marks }) => ({ text, marks: marks || mark }));
		topics.push({ heading: plainHeading(parts[index + 1] ?? ''), statements });
	}
	return topics;
}

/** No statement twice, and no topic without any. */
function distinct(topics: Topic[]): Topic[] {
	const seen = new Set<string>();
	return topics
		.map(({ statements, ...topic }) => ({
			...topic,
			statements: statements.filter(({ text }) => !seen.has(text) && seen.add(text))
		}))
		.filter(({ statements }) => statements.length > 0);
}

/** The topics that have most to do with the brief, in the order of the material. */
function best(topics: Topic[], brief: string): Topic[] {
	const wanted = tokensOf(brief);
	const score = ({ heading, statements }: Topic) =>
		overlap(wanted, `${heading} ${statements.map(({ text }) => text).join(' ')}`) + Math.min(statements.length, 6) / 12;
	const scored = topics.map((topic) => ({ topic, score: score(topic) })).sort((a, b) => b.score - a.score);
	const chosen = new Set(scored.slice(0, MOST_TOPICS).map(({ topic }) => topic));
	return topics.filter((topic) => chosen.has(topic));
}

/** When one or two topics hold everything, they are parted, so that there is something to arrange. */
function parted(topics: Topic[]): Topic[] {
	if (topics.length > 2) return topics;
	return topics.flatMap(({ heading, statements }) => {
		if (statements.length < 6) return [{ heading, statements }];
		const size = Math.ceil(statements.length / Math.min(3, Math.ceil(statements.length / 3)));
		const pieces = Array.from({ length: Math.ceil(statements.length / size) }, (_, index) =>
			statements.slice(index * size, (index + 1) * size)
		);
		return pieces.map((piece, index) => ({ heading: index === 0 ? heading : headingFrom(piece), statements: piece }));
	});
}

/** Each heading once, and none that the demo gives to a section of its own: sections are found again by their headings. */
function apart(topics: Topic[]): Topic[] {
	const taken = new Set<string>();
	return topics.map((topic) => {
		const base = isAnyOwn(topic.heading) || !topic.heading ? `${topic.heading || 'Notes'} (material)` : topic.heading;
		let heading = base;
		for (let number = 2; taken.has(heading); number++) heading = `${base} (${number})`;
		taken.add(heading);
		return { ...topic, heading };
	});
}

/** A heading out of the words that a topic repeats; where words are not set apart, its first clause. */
function headingFrom(statements: Statement[]): string {
	const text = statements.map((each) => each.text).join(' ');
	const counts = termsOf(text).map(({ word, stem }) => ({ word, count: occurrences(text, stem) }));
	const [first, second] = counts.filter(({ word }) => word.length > 3).sort((a, b) => b.count - a.count);
	const isEnglish = /\b(the|and|of|is|to)\b/i.test(text);
	if (isEnglish && first && second) return capital(`${first.word} and ${second.word}`);
	const clause = (statements[0]?.text ?? '').split(/[,，、;:：。.]/)[0] ?? '';
	return clause.length > 48 ? `${clause.slice(0, 48).replace(/\s\S*$/, '')} …` : clause;
}

function occurrences(text: string, stem: string): number {
	return text.toLowerCase().split(stem).length - 1;
}

function withoutPrefix(text: string, prefix: string): string {
	return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

function plainHeading(heading: string): string {
	return heading
		.replace(/[*_`]|\[\d+\]/g, '')
		.trim()
		.slice(0, 120);
}

function count(topics: Topic[]): number {
	return topics.reduce((sum, { statements }) => sum + statements.length, 0);
}
