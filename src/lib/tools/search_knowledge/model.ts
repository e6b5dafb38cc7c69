import { z } from 'zod';
import { passage, passagesText } from '../passages.ts';
import { defineTool } from '../tool.ts';

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

/** Finds passages of the person's documents. */
export const searchKnowledge = defineTool({
	id: 'search_knowledge',
	title: 'Search the documents',
	description:
		"Finds the passages of the person's own documents that answer a question, best first. Use it for anything that their documents may say. Ask one thing at a time, in the words that a document would use.",
	icon: 'search',
	input: z.strictObject({
		question: z.string().trim().min(1, 'Say what to look for.').max(2_000).describe('What to look for, in full words'),
		documents: z
			.array(z.string().min(1).max(200))
			.min(1)
			.max(20)
			.optional()
			.describe('Look in these documents only: their ids or titles')
	}),
	output: z.object({
		found: z.array(passage),
		/** How many candidates each way gave; null where there are no vectors. */
		candidates: z.object({ lexical: z.number().int(), vector: z.number().int().nullable() }),
		/** How much of the question the best match has, 0 to 1. */
		coverage: z.number()
	}),
	limits: { timeoutMs: 30_000, calls: 5 },
	titleOf: ({ question }) => `Search the documents for “${question}”`,
	summaryOf({ found }) {
		const documents = new Set(found.map(({ documentId }) => documentId)).size;
		if (found.length === 0) return 'No passage was found.';
		return `${count(found.length, 'passage')} in ${count(documents, 'document')}`;
	},
	textOf: ({ found }) => (found.length === 0 ? 'No passage was found.' : passagesText(found))
});
