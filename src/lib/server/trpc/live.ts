import { z } from 'zod';
import type { Watch } from '../live/watch.ts';
import { LiveStream } from '../live/live-stream.ts';
import { procedure, router } from './init.ts';
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
	watch: procedure.input(watch).subscription(({ ctx, input, signal }) => {
		const { app, owner, room } = ctx;
		const follow = followOf(input, app.logEpoch);
		const watched: Watch = { owner, follow, feed: input.feed, snapshots: true, door: room ? 'ws' : 'trpc' };
		const until = signal ?? ctx.signal;
		return new LiveStream(watched, { live: app.live, logEpoch: app.logEpoch, until, ...(room ? { room } : {}) });
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
