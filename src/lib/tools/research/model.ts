import { z } from 'zod';
import { shortened } from '../../text/shortened.ts';
import { defineTool } from '../tool.ts';

/** Lets a research job search the web. */
export const research = defineTool({
	id: 'research',
	title: 'Web research',
	description:
		'Searches the web and reads pages, and gives a report with its sources. It takes minutes and may cost money. Use it only for what neither the documents nor general knowledge hold, or when it is asked for.',
	icon: 'search',
	input: z.strictObject({
		query: z
			.string()
			.trim()
			.min(3, 'Ask a question of at least 3 characters.')
			.max(8_000)
			.describe('The question that the report is to answer'),
		depth: z.enum(['quick', 'standard', 'deep']).default('quick').describe('How thorough it is')
	}),
	output: z.object({
		report: z.string(),
		sources: z.array(z.object({ url: z.string(), title: z.string() })),
		jobId: z.string()
	}),
	limits: { timeoutMs: 60_000, calls: 2 },
	confirm: ({ query, depth }) =>
		`Start a ${depth} web research on “${shortened(query, 1_000)}”? It sends the question to the model’s provider, searches the web, and may cost money.`,
	titleOf: ({ query }) => `Research “${query}” on the web`,
	summaryOf: ({ report, sources }) =>
		`A report of ${report.length.toLocaleString('en')} characters from ${sources.length} ${sources.length === 1 ? 'source' : 'sources'}`,
	textOf: ({ report, sources }) =>
		`${report}\n\nSources:\n${sources.map(({ title, url }, index) => `${index + 1}. ${title} <${url}>`).join('\n')}`
});
