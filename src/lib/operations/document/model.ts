import { z } from 'zod';
import { artifact } from '../../jobs/event.ts';
import { counted, countedAny } from '../../text/counted.ts';
import { shortened } from '../../text/shortened.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

/** The formats that a document can be made in. */
export const format = z.enum(['docx', 'pdf', 'md', 'html']);
export type Format = z.infer<typeof format>;

const input = z.strictObject({
	brief: z
		.string()
		.trim()
		.min(3, 'Say in at least 3 characters what the document is to be about.')
		.max(8_000, 'Say it in at most 8,000 characters, and put longer material into the notes.'),
	format: format.default('docx'),
	/** Ended researches whose reports and sources it is made from. */
	fromJobs: z.array(z.string().min(1).max(64)).max(10, 'Use at most 10 researches.').default([]),
	notes: z.string().max(200_000, 'Notes may have at most 200,000 characters.').optional(),
	language: z.string().trim().min(2).max(60).optional(),
	/** Wait for the person to edit or accept the outline before anything is written. */
	reviewOutline: z.boolean().default(false),
	...whereFields
});

const heading = z.string().trim().min(1, 'A section needs a heading.').max(200);

/** What a section is to be called and to cover. */
export const outlineSection = z.object({ heading, points: z.array(z.string().trim().min(1).max(500)).max(20) });

/** A document's plan. */
export const outline = z.object({
	title: z.string().trim().min(1, 'A document needs a title.').max(200),
	sections: z.array(outlineSection).min(1, 'Keep at least one section.').max(30, 'At most 30 sections.')
});
export type Outline = z.infer<typeof outline>;

/** A page that the document may cite; `id` is its number in the text. */
const citedSource = z.object({ id: z.number().int(), url: z.string(), title: z.string() });
export type CitedSource = z.infer<typeof citedSource>;

const result = z.object({
	title: z.string(),
	outline,
	format,
	/** The file itself. */
	artifact,
	/** Each section's Markdown; a citation is `[n]`, the number of a source. */
	sections: z.array(z.object({ heading: z.string(), text: z.string() })),
	/** The sources that the text cites. */
	sources: z.array(citedSource),
	/** False when a section stopped before its end. */
	complete: z.boolean()
});
export type DocumentResult = z.infer<typeof result>;

const events = {
	/** Sent as soon as it is there, and again once the person has reviewed it. */
	outline: outline.extend({ reviewed: z.boolean() }),
	/** An answer that was no outline; the model is asked once to repair it. */
	draft: z.object({ text: z.string() }),
	/** What sections may cite, known before the first is written. */
	sources: z.object({ sources: z.array(citedSource) }),
	/** `index` counts from 0; sent when its writing begins and when it has finished. */
	section: z.object({
		index: z.number().int(),
		heading: z.string(),
		finished: z.boolean(),
		/** False when the model stopped before its end. */
		complete: z.boolean()
	})
};

/** What a document has shown so far. */
export interface DocumentState {
	outline: (Outline & { at: number; reviewed: boolean }) | null;
	draft: string | null;
	sources: CitedSource[];
	sections: { index: number; heading: string; begunAt: number; finishedAt: number | null; complete: boolean }[];
}

/** Where the text of a section grows, by its index. */
export const targetOf = (index: number): string => `section-${index + 1}`;

/** A document from a brief: its outline first, then section by section, then the file. */
export const document = defineOperation({
	id: 'document',
	title: 'Document',
	description: 'Plans an outline, writes it section by section and makes a Word, PDF, Markdown or HTML file.',
	icon: 'file-text',
	input,
	result,
	phases: [
		{ name: 'generating', label: 'Generating content', weight: 92 },
		{ name: 'creating', label: 'Creating document', weight: 6 },
		{ name: 'uploading', label: 'Uploading file', weight: 2 }
	],
	events,
	state: (): DocumentState => ({ outline: null, draft: null, sources: [], sections: [] }),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'outline':
				return { ...state, outline: { at: state.outline?.at ?? at, ...event.data } };
			case 'draft':
				return { ...state, draft: event.data.text };
			case 'sources':
				return { ...state, sources: event.data.sources };
			case 'section':
				return { ...state, sections: mergeSection(state.sections, event.data, at) };
		}
	},
	titleOf: ({ brief }) => shortened(brief, 80),
	variantOf: ({ format }) => format,
	refersTo: ({ fromJobs }) => ({ jobs: fromJobs }),
	keptOf(state, content) {
		const finished = state.sections.filter(({ finishedAt }) => finishedAt !== null).length;
		const letters = Object.values(content).reduce((sum, text) => sum + text.length, 0);
		return [
			...(state.outline ? [`the outline of ${counted(state.outline.sections.length, 'section')}`] : []),
			...countedAny([finished, 'finished section'], [letters, 'character of text', 'characters of text'])
		];
	},
	limits: { timeoutMs: 60 * 60_000, running: 4 },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 3 * 60_000
});

/** A section that comes again keeps its place and the time of its beginning. */
function mergeSection(
	sections: DocumentState['sections'],
	{ index, heading, finished, complete }: z.output<(typeof events)['section']>,
	at: number
): DocumentState['sections'] {
	const known = sections.find((section) => section.index === index);
	const next = { index, heading, begunAt: known?.begunAt ?? at, finishedAt: finished ? at : null, complete };
	return known ? sections.map((section) => (section === known ? next : section)) : [...sections, next];
}
