import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { defineToolRun } from '../tool.ts';
import { research } from './model.ts';

/** Of a research job's result, what is told on. */
const result = z.object({
	report: z.string(),
	sources: z.array(z.object({ url: z.string(), title: z.string() }))
});

/** Starts a research job and waits for its report. */
export default defineToolRun(research, async ({ query, depth }, ctx) => {
	const { jobId, result: given } = await ctx.child('research', { query, depth });
	const parsed = result.safeParse(given);
	if (!parsed.success) throw new HeadwayError('invalid_result', 'The research ended without a report.');
	return { ...parsed.data, jobId };
});
