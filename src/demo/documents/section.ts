import type { Library } from '../library.ts';
import { figuresIn, figureTable } from './figures.ts';
import { isForeign, isOwn } from './headings.ts';
import type { LabelledRequest } from './labels.ts';
import { materialFor, topicsInLibrary } from './material.ts';
import type { Material, Topic } from './material.ts';
import { openPoints } from './outline.ts';
import { joined, nearestTo, overlap, tokensOf, written } from './statements.ts';
import type { Statement } from './statements.ts';

// Sentences in a paragraph and in a section.
const PARAGRAPH = 3;
const MOST = 9;
// Below this a point is not about any of the material.
const RELATED = 0.34;

const MORE =
	'Paste notes, or choose a research that has ended, and start again: then there is something to arrange. With a key for a provider, a language model writes the document instead of the demo.';

/** Writes a section in Markdown, without its heading: statements of the material word for word, arranged by its points. */
export function sectionFor(library: Library, request: LabelledRequest): string {
	const material = materialFor(library, request);
	const { section } = request;
	if (isOwn(section, 'summary')) return summary(material, request);
	if (isOwn(section, 'open')) return openPart(material, request);
	if (isOwn(section, 'aims')) return aims(request);
	if (isOwn(section, 'more')) return MORE;
	if (isOwn(section, 'figures')) return figurePart(material);
	const statements = statementsFor(library, material, request);
	if (statements.length === 0) return nothingOn(section);
	return isListed(material, section) && statements.length > 3 ? asList(statements) : asParagraphs(statements);
}

function summary(material: Material, request: LabelledRequest): string {
	const chosen = request.points.flatMap((point) => nearest(material.topics, point) ?? []);
	const lead = chosen.length > 0 ? `${asParagraphs([...new Set(chosen)])}\n\n` : '';
	return `${lead}${preface(material, request)}`;
}

/** What the document is, said once and honestly. */
function preface({ topics, borrowed }: Material, { language }: LabelledRequest): string {
	const from =
		borrowed.length > 0
			? `from the demo's own library (${borrowed.slice(0, 5).join(', ')})`
			: 'from the notes and sources that were given';
	const made = `This document was arranged by Headway's demo provider, which is no language model: it took sentences word for word ${from} and put them in order.`;
	const none =
		'Neither the notes nor the library of the demo say anything about this brief, so the sections can only say so.';
	const translation = isForeign(language)
		? ' It does not translate: the text stays in the language of its material.'
		: '';
	return `${topics.length > 0 ? made : `This document comes from Headway's demo provider, which is no language model. ${none}`}${translation}`;
}

function openPart({ topics }: Material, { brief }: LabelledRequest): string {
	const missing = openPoints(topics, brief).slice(0, -1);
	const known = topics.reduce((sum, { statements }) => sum + statements.length, 0);
	const sentences = `${known} usable ${known === 1 ? 'sentence' : 'sentences'}`;
	const weighed =
		known > 0
			? `The material has ${sentences} in ${topics.length} ${topics.length === 1 ? 'topic' : 'topics'}; nothing was added to it and nothing was concluded from it.`
			: 'There is no material on this brief at all.';
	const check = 'Before this is used, someone who knows the subject should check the figures and say what is missing.';
	const list = missing.length > 0 ? `${missing.map((point) => `- ${point}.`).join('\n')}\n\n` : '';
	return `${weighed}\n\n${list}${check}`;
}

function aims({ brief, points }: LabelledRequest): string {
	return `The brief, in its own words:\n\n> ${brief.replace(/\s+/g, ' ').trim()}\n\nIts parts:\n\n${points.map((point) => `- ${point}`).join('\n')}`;
}

function figurePart({ topics }: Material): string {
	const figures = figuresIn(topics);
	if (figures.length === 0) return nothingOn('figures');
	return `${figureTable(figures)}\n\nEach line is quoted from the material as it stands.`;
}

/** The statements of the points, then others of the same topics, in the order of the material. */
function statementsFor(library: Library, material: Material, { section, points, brief }: LabelledRequest): Statement[] {
	const named = material.topics.filter(({ heading }) => heading === section);
	const close = named.length > 0 ? named : topicsOf(material.topics, [section, ...points]);
	const topics =
		close.length > 0 ? close : topicsInLibrary(library, `${section} ${points.join(' ')} ${brief}`).slice(0, 2);
	const wanted = new Set(points.flatMap((point) => nearest(topics, point) ?? []));
	const all = topics.flatMap(({ statements }) => statements);
	const further = all.filter((each) => !wanted.has(each)).slice(0, Math.max(0, MOST - wanted.size));
	const kept = new Set([...wanted, ...further]);
	return all.filter((each) => kept.has(each)).slice(0, MOST);
}

/** The topics that points are about, when they were edited and no heading fits any more. */
function topicsOf(topics: Topic[], points: string[]): Topic[] {
	return topics.filter(({ heading, statements }) => {
		const text = `${heading} ${statements.map((each) => each.text).join(' ')}`;
		return points.some((point) => overlap(tokensOf(point), text) > 2 * RELATED);
	});
}

function nearest(topics: Topic[], point: string): Statement | undefined {
	const begin = point.replace(/\s*…$/, '');
	const all = topics.flatMap(({ statements }) => statements);
	const same = all.find(({ text }) => text.startsWith(begin));
	if (same) return same;
	const found = nearestTo(tokensOf(point), all);
	return found && found.share > RELATED ? found.statement : undefined;
}

/** The section of the topic with the most to say becomes a list; the others stay paragraphs. */
function isListed({ topics }: Material, heading: string): boolean {
	const most = Math.max(...topics.map(({ statements }) => statements.length));
	return topics.find(({ statements }) => statements.length === most)?.heading === heading;
}

function asList(statements: Statement[]): string {
	const [first, ...rest] = statements;
	return `${first ? written(first) : ''}\n\n${rest.map((each) => `- ${written(each)}`).join('\n')}`;
}

function asParagraphs(statements: Statement[]): string {
	const paragraphs = Array.from({ length: Math.ceil(statements.length / PARAGRAPH) }, (_, index) =>
		joined(statements.slice(index * PARAGRAPH, (index + 1) * PARAGRAPH))
	);
	return paragraphs.join('\n\n');
}

function nothingOn(section: string): string {
	return `The material says nothing about “${section}”. Notes or an ended research would give this section something to say.`;
}
