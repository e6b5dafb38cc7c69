import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { defineToolRun } from '../tool.ts';
import { image } from './model.ts';

/** Of an image job's result, what is told on. */
const result = z.object({
	images: z.array(z.object({ name: z.string(), width: z.number(), height: z.number() })).min(1)
});

/** Starts an image job and waits for its picture. */
export default defineToolRun(image, async ({ prompt }, ctx) => {
	const { jobId, result: given } = await ctx.child('image', { prompt });
	const parsed = result.safeParse(given);
	if (!parsed.success) throw new HeadwayError('invalid_result', 'The image job ended without a picture.');
	return { ...parsed.data, jobId };
});
