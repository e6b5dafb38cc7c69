import type { Library } from '../library.ts';
import { termsOf } from '../terms.ts';
import { figuresIn } from './figures.ts';
import { ownHeadings } from './headings.ts';
import type { LabelledRequest } from './labels.ts';
import { materialFor } from './material.ts';
import type { Topic } from './material.ts';
import { isDense, nearestTo, tokensOf } from './statements.ts';
import type { Statement } from './statements.ts';

/** A document's plan, as the demo answers it. */
export interface DocumentOutline {
	title: string;
	sections: { heading: string; points: string[] }[];
}

const POINTS = 4;
const POINT_LENGTH = 110;
// A table of fewer figures is none.
const LEAST_FIGURES = 3;
const LEAST_SECTIONS = 4;

/** Plans a document: a summary, the topics of the material, its figures where it has some, and what it leaves open. */
export function outlineFor(library: Library, request: LabelledRequest): DocumentOutline {
	const { topics } = materialFor(library, request);
	const own = ownHeadings(request.language);
	const figures = figuresIn(topics);
	const sections = [
		{ heading: own.summary, points: summaryPoints(topics, request.brief) },
		...topics.map(({ heading, statements }) => ({ heading, points: statements.slice(0, POINTS).map(pointOf) })),
		...(figures.length >= LEAST_FIGURES
			? [{ heading: own.figures, points: figures.slice(0, POINTS).map(({ statement }) => pointOf(statement)) }]
			: []),
		{ heading: own.open, points: openPoints(topics, request.brief) }
	];
	const aims = { heading: own.aims, points: aimsOf(request.brief) };
	while (sections.length < LEAST_SECTIONS && !sections.includes(aims)) sections.splice(1, 0, aims);
	if (sections.length < LEAST_SECTIONS)
		sections.splice(2, 0, { heading: own.more, points: ['Notes, or a research that has ended'] });
	return { title: titleFrom(request.brief), sections };
}

/** The heading of a brief without the words that only order it. */
export function titleFrom(brief: string): string {
	const line = (brief.split(/\n|(?<=[.!?。！？])\s*/)[0] ?? '').trim().replace(/[.。]$/, '');
	const about =
		/^(?:please\s+)?(?:write|draft|prepare|make|create|produce|give|an?|the|one|two|short|brief)\b.*?\b(?:about|on|regarding|explaining|describing|covering)\s+(.{3,})$/i.exec(
			line
		)?.[1] ?? line;
	const short = about.length > 90 ? `${about.slice(0, 90).replace(/\s\S*$/, '')} …` : about;
	return short.charAt(0).toUpperCase() + short.slice(1);
}

/** A statement as a point of the plan: its beginning, so that the section finds it again. */
export function pointOf({ text }: Statement): string {
	const plain = text.replace(/[.。]$/, '');
	return plain.length > POINT_LENGTH ? `${plain.slice(0, POINT_LENGTH).replace(/\s\S*$/, '')} …` : plain;
}

/** What the brief asks for that no statement mentions. */
export function openPoints(topics: Topic[], brief: string): string[] {
	const text = topics.flatMap(({ heading, statements }) => [heading, ...statements.map((each) => each.text)]).join(' ');
	const missing = termsOf(titleFrom(brief))
		.filter(({ stem }) => stem.length > 3 && !isDense(stem) && !text.toLowerCase().includes(stem))
		.slice(0, POINTS);
	const said = missing.map(({ word }) => `Nothing in the material mentions “${word}”`);
	return [...said, 'What the material does not say'].slice(0, POINTS);
}

/** The statements nearest to the brief, one a topic, as points. */
function summaryPoints(topics: Topic[], brief: string): string[] {
	const wanted = tokensOf(brief);
	const nearest = topics.flatMap(({ statements }) => nearestTo(wanted, statements)?.statement ?? []);
	return nearest.length > 0 ? nearest.slice(0, POINTS).map(pointOf) : ['What there is on this, and what is missing'];
}

function aimsOf(brief: string): string[] {
	const parts = brief.split(/[,;\n。，；]|\s(?:and|with|including)\s/).map((part) => part.trim());
	return parts.filter((part) => part.length > 2).slice(0, POINTS);
}
