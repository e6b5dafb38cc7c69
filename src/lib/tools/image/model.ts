import { z } from 'zod';
import { shortened } from '../../text/shortened.ts';
import { defineTool } from '../tool.ts';

/** Lets an image job make a picture. */
export const image = defineTool({
	id: 'image',
	title: 'Make a picture',
	description:
		'Makes a picture from a description. It takes up to a few minutes and may cost money. Use it only when a picture is asked for.',
	icon: 'palette',
	input: z.strictObject({
		prompt: z
			.string()
			.trim()
			.min(1, 'Describe the picture.')
			.max(32_000)
			.describe('What the picture shows, and its style')
	}),
	output: z.object({
		images: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })),
		jobId: z.string()
	}),
	limits: { timeoutMs: 60_000, calls: 2 },
	confirm: ({ prompt }) =>
		`Make a picture of “${shortened(prompt, 1_000)}”? It sends the description to the model’s provider and may cost money.`,
	titleOf: ({ prompt }) => `Make a picture of “${prompt}”`,
	summaryOf: ({ images }) => images.map(({ name, width, height }) => `${name}, ${width} × ${height}`).join('; '),
	textOf: ({ images }) =>
		`${images.map(({ name, width, height }) => `The picture ${name} (${width} × ${height}) was made.`).join('\n')}\nThe person sees it beside this call; do not link to it.`
});
