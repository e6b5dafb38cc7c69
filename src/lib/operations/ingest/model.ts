import { z } from 'zod';
import { shortened } from '../../text/shortened.ts';
import { defineOperation, LARGEST_DOCUMENT } from '../operation.ts';
import { whereFields } from '../where.ts';

/** The largest file that becomes a document, in bytes. */
export const LARGEST = LARGEST_DOCUMENT;

const input = z.strictObject({
	/** An uploaded file: text, Markdown, HTML, PDF or DOCX. */
	fileId: z.string().min(1).max(64),
	/** What the person calls it; the title it states itself, or its file's name, otherwise. */
	title: z.string().trim().min(1).max(200).optional(),
	/** The file's name, for the job's title alone. */
	name: z.string().trim().min(1).max(255).optional(),
	projectId: z.string().min(1).max(64).optional(),
	...whereFields
});

const result = z.object({
	documentId: z.string(),
	title: z.string(),
	language: z.string().nullable(),
	pages: z.number().int().nullable(),
	passages: z.number().int(),
	characters: z.number().int(),
	/** Whether it can be found by meaning too. */
	vectors: z.boolean()
});
export type IngestResult = z.infer<typeof result>;

const events = {
	/** What the file was found to be. */
	parsed: z.object({
		title: z.string(),
		mediaType: z.string(),
		language: z.string().nullable(),
		pages: z.number().int().nullable(),
		characters: z.number().int(),
		/** The headings, at most 50. */
		headings: z.array(z.string())
	}),
	/** The passages that it was split into, and the first of them. */
	split: z.object({ passages: z.number().int(), first: z.array(z.string()) })
};

/** What an ingesting has shown so far. */
export interface IngestState {
	parsed: (z.infer<(typeof events)['parsed']> & { at: number }) | null;
	split: (z.infer<(typeof events)['split']> & { at: number }) | null;
}

/** A file's way into the knowledge base. */
export const ingest = defineOperation({
	id: 'ingest',
	title: 'Add to knowledge',
	description: 'Reads a document, splits it into passages and makes them findable, so that chats can cite it.',
	icon: 'book-open',
	input,
	result,
	phases: [
		{ name: 'reading', label: 'Reading the file', weight: 55 },
		{ name: 'splitting', label: 'Splitting into passages', weight: 10 },
		{ name: 'indexing', label: 'Making it findable', weight: 35 }
	],
	events,
	state: (): IngestState => ({ parsed: null, split: null }),
	reduce: (state, event) =>
		event.type === 'parsed'
			? { ...state, parsed: { ...event.data, at: event.at } }
			: { ...state, split: { ...event.data, at: event.at } },
	titleOf: ({ title, name, fileId }) => shortened(title ?? name ?? fileId, 80),
	refersTo: ({ fileId }) => ({ files: [fileId] }),
	keptOf: ({ split }) => (split ? [`${split.passages} passages were read`] : []),
	limits: { timeoutMs: 30 * 60_000, running: 2 },
	can: { finishNow: false, resumable: false, repeatable: true },
	typicalMs: 5_000
});
