import { tracked } from '@trpc/server';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { asTrpcError, procedure, router } from './init.ts';
import { readCursor, writeCursor, type JobCursor } from './cursor.ts';

const watch = z.object({
	follow: z
		.array(z.object({ jobId: z.string().min(1).max(64), after: z.number().int().min(0) }))
		.max(100)
		.default([]),
	/** Adds the list of the owner's jobs, as it changes. */
	feed: z.boolean().default(false),
	/** The log that the cursors are of; those of another (a restored backup) bring snapshots. */
	logEpoch: z.string().max(100).optional(),
	/** Set by the browser or the link on a reconnect: where each followed job was. */
	lastEventId: z.string().max(8_000).optional()
});

const poll = watch.extend({ mark: z.object({ at: z.number().int(), version: z.number().int().min(0) }).optional() });

/** The one live subscription (architecture section 5). */
export const liveRouter = router({
	watch: procedure.input(watch).subscription(async function* ({ ctx, input, signal }) {
		const follow = followOf(input, ctx.app.logEpoch);
		const until = signal ?? ctx.signal;
		const { owner, room } = ctx;
		const door = room ? 'ws' : 'trpc';
		const frames = ctx.app.live.watch({ owner, follow, feed: input.feed, snapshots: true, door }, until);
		try {
			for await (const { cursors, ...frame } of frames) {
				yield tracked(writeCursor(ctx.app.logEpoch, cursors), frame);
				await room?.(until);
			}
		} catch (error) {
			// The middleware has returned by now. As an unknown error it would make every client try again for ever.
			throw error instanceof HeadwayError ? asTrpcError(error) : error;
		}
	}),
	/** What the subscription would bring, asked for from the same cursors; `mark` comes back with the next question (AG-06). */
	poll: procedure.input(poll).query(async ({ ctx, input }) => {
		const follow = followOf(input, ctx.app.logEpoch);
		const watched = { owner: ctx.owner, follow, feed: input.feed, snapshots: true };
		const { frame, mark } = await ctx.app.live.poll(watched, input.mark);
		const { cursors: _cursors, ...sent } = frame;
		return { frame: sent, mark, logEpoch: ctx.app.logEpoch };
	})
});

/** Where the reader is: by its last id, else by its input. */
function followOf({ follow, lastEventId, logEpoch }: z.output<typeof watch>, epoch: string): JobCursor[] {
	if (lastEventId || logEpoch === undefined) return readCursor(lastEventId, epoch, follow);
	return readCursor(writeCursor(logEpoch, follow), epoch, follow);
}
