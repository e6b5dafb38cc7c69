import { z } from 'zod';
import { defineTool } from '../tool.ts';

/** Says what time it is somewhere. */
export const currentTime = defineTool({
	id: 'current_time',
	title: 'Current time',
	description: 'Says today’s date and the time in a time zone. Use it whenever now, today or a weekday matters.',
	icon: 'clock',
	input: z.strictObject({
		timeZone: z
			.string()
			.trim()
			.max(64)
			.refine(isTimeZone, 'There is no such time zone. Use a name like Europe/Berlin, America/New_York or UTC.')
			.default('UTC')
			.describe('An IANA name such as Europe/Berlin')
	}),
	output: z.object({
		timeZone: z.string(),
		/** With the zone's offset, to the second. */
		iso: z.string(),
		words: z.string()
	}),
	limits: { timeoutMs: 2_000, calls: 6 },
	titleOf: ({ timeZone }) => `The time in ${timeZone}`,
	summaryOf: ({ words }) => words,
	textOf: ({ iso, words }) => `${words} (${iso})`
});

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat('en', { timeZone: name });
		return true;
	} catch {
		return false;
	}
}
