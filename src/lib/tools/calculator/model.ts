import { z } from 'zod';
import { defineTool } from '../tool.ts';

/** Works out an expression exactly. */
export const calculator = defineTool({
	id: 'calculator',
	title: 'Calculator',
	description:
		'Works out an expression, e.g. "(19.99 * 12) * 1.19", "sqrt(2)^3", "mean([2, 4, 9])", "5 miles to km", "12% of 80" written as "0.12 * 80". Decimals are exact to 64 digits. Use it for every calculation.',
	icon: 'calculator',
	input: z.strictObject({
		expression: z
			.string()
			.trim()
			.min(1, 'Write what to work out.')
			.max(1_000, 'An expression may have at most 1,000 characters.')
			.describe('The expression, with . as the decimal point')
	}),
	output: z.object({ expression: z.string(), value: z.string() }),
	limits: { timeoutMs: 10_000, calls: 8 },
	titleOf: ({ expression }) => `Work out ${expression}`,
	summaryOf: ({ expression, value }) => `${expression} = ${value}`,
	textOf: ({ expression, value }) => `${expression} = ${value}`
});
