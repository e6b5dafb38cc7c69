import { tracked } from '@trpc/server';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { asTrpcError, procedure, router } from './init.ts';
import { readCursor, writeCursor } from './cursor.ts';

const watch = z.object({
	follow: z
		.array(z.object({ jobId: z.string().min(1).max(64), after: z.number().int().min(0) }))
		.max(100)
		.default([]),
	/** Adds the list of the owner's jobs, as it changes. */
	feed: z.boolean().default(false),
	/** Set by the browser or the link on a reconnect: where each followed job was. */
	lastEventId: z.string().max(8_000).optional()
});

/** The one live subscription (architecture section 5). */
export const liveRouter = router({
	watch: procedure.input(watch).subscription(async function* ({ ctx, input, signal }) {
		const follow = readCursor(input.lastEventId, ctx.app.logEpoch, input.follow);
		const until = signal ?? ctx.signal;
		const frames = ctx.app.live.watch({ owner: ctx.owner, follow, feed: input.feed, snapshots: true }, until);
		try {
			for await (const { cursors, ...frame } of frames) yield tracked(writeCursor(ctx.app.logEpoch, cursors), frame);
		} catch (error) {
			// The middleware has returned by now. As an unknown error it would make every client try again for ever.
			throw error instanceof HeadwayError ? asTrpcError(error) : error;
		}
	})
});
