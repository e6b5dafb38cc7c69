import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { CitedSource } from './model.ts';

const research = z.object({
	report: z.string(),
	sources: z.array(z.object({ id: z.number().int(), url: z.string(), title: z.string() }))
});
type Research = z.infer<typeof research>;

/** The report and the sources of an ended research. Throws `invalid_input` for any other job. */
export function researchOf({ title, operation, status, result }: JobSnapshot): Research {
	const read = research.safeParse(result);
	if (operation === 'research' && status === 'succeeded' && read.success) return read.data;
	throw new HeadwayError(
		'invalid_input',
		`“${title}” is not a research with a result. Choose researches that have ended with a report.`,
		{ fields: [{ path: 'input.fromJobs', message: 'may only name researches with a result' }] }
	);
}

/** The sources of several researches, numbered anew from 1, each address once; and the reports with these numbers as `[n]`. */
export function joined(researches: readonly Research[]): { sources: CitedSource[]; reports: string[] } {
	const sources: CitedSource[] = [];
	const reports = researches.map(({ report, sources: own }) => {
		const numbers = new Map(own.map((source) => [source.id, numberOf(sources, source)]));
		return report.replace(/\[\d+\]\(#source-(\d+)\)/g, (_, id: string) => {
			const number = numbers.get(Number(id));
			return number === undefined ? '' : `[${number}]`;
		});
	});
	return { sources, reports };
}

function numberOf(sources: CitedSource[], { url, title }: CitedSource): number {
	const known = sources.find((source) => source.url === url);
	if (known) return known.id;
	sources.push({ id: sources.length + 1, url, title });
	return sources.length;
}

/** How much of what the reports say of one source is quoted, in characters. */
const EXCERPT = 600;

/** Each source as `[n] title - url`, and below it the lines of the reports that cite it. */
export function sourceList(sources: readonly CitedSource[], reports: readonly string[]): string {
	const lines = reports.flatMap((report) => report.split('\n')).map((line) => line.trim());
	return sources
		.map(({ id, url, title }) => {
			const excerpt = lines.filter((line) => line.includes(`[${id}]`)).join(' ');
			return `[${id}] ${title.replace(/\s+/g, ' ')} - ${url}\n${excerpt.slice(0, EXCERPT)}`.trim();
		})
		.join('\n');
}

/** A mark of one or more sources, as models write it: `[1]`, `[2, 3]`. Not a link, not escaped. */
const MARK = /(?<![\\!])\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?![(:])/g;
/** Code in Markdown, where brackets are no citations. */
const CODE = /(```[^]*?(?:```|$)|`[^`\n]+`)/;

/** The parts of a text: plain text, and the numbers of sources that it cites there. Numbers that no source has stay text. */
export function citationsIn(text: string, known: number): (string | number)[] {
	const parts: (string | number)[] = [];
	let from = 0;
	for (const mark of text.matchAll(MARK)) {
		const numbers = (mark[1] ?? '').split(/[,;]/).map(Number);
		if (numbers.some((number) => number < 1 || number > known)) continue;
		if (mark.index > from) parts.push(text.slice(from, mark.index));
		parts.push(...numbers);
		from = mark.index + mark[0].length;
	}
	if (from < text.length) parts.push(text.slice(from));
	return parts;
}

/** A section's Markdown with its citations as links, `[n](#source-n)`, as the page shows them. */
export function withLinks(text: string, known: number): string {
	return text
		.split(CODE)
		.map((piece, index) => (index % 2 === 1 ? piece : linked(piece, known)))
		.join('');
}

function linked(text: string, known: number): string {
	return citationsIn(text, known)
		.map((part) => (typeof part === 'number' ? `[${part}](#source-${part})` : part))
		.join('');
}
