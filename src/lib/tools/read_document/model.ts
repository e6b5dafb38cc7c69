import { z } from 'zod';
import { passage, passagesText } from '../passages.ts';
import { defineTool } from '../tool.ts';

/** Reads a document from a place on. */
export const readDocument = defineTool({
	id: 'read_document',
	title: 'Read a document',
	description:
		"Reads one of the person's documents in its own order, passage by passage. Use it for a summary, or for what stands around a place; to find a place, search instead.",
	icon: 'file-text',
	input: z.strictObject({
		documentId: z.string().trim().min(1, 'Say which document.').max(200).describe('Its id or its title'),
		from: z
			.number()
			.int()
			.min(0)
			.max(1_000_000)
			.default(0)
			.describe('The first passage to read; the document’s first is 0'),
		limit: z.number().int().min(1).max(30).default(15).describe('How many passages to read')
	}),
	output: z.object({
		title: z.string(),
		/** How many passages the document has in all. */
		total: z.number().int(),
		passages: z.array(passage)
	}),
	limits: { timeoutMs: 15_000, calls: 5 },
	titleOf: ({ documentId, from }) => `Read “${documentId}”${from > 0 ? ` from passage ${from + 1}` : ''}`,
	summaryOf({ title, total, passages }) {
		const [first, last] = [passages[0], passages.at(-1)];
		if (!first || !last) return `“${title}” has only ${total} passages`;
		return `Passages ${first.ordinal + 1} to ${last.ordinal + 1} of ${total} of “${title}”`;
	},
	textOf: ({ title, total, passages }) =>
		passages.length > 0 ? passagesText(passages) : `“${title}” has ${total} passages, and none from there on.`
});
