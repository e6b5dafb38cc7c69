import type { Frame } from '../server/live/watch.ts';

/** One frame of the live stream. (tRPC's inferred type makes every `unknown` field optional; the JSON is the same.) */
export type LiveFrame = Omit<Frame, 'cursors'>;

/** How far one followed job has come. */
export type Follow = { jobId: string; after: number }[];

/** A frame as it should be; null for anything else that came over the wire (AG-07). */
export function readFrame(data: unknown): LiveFrame | null {
	if (typeof data !== 'object' || data === null) return null;
	const { snapshots, events, transients, feed } = data as Partial<LiveFrame>;
	const whole = [snapshots, events, transients].every((list) => Array.isArray(list));
	return whole && (feed === null || Array.isArray(feed)) ? (data as LiveFrame) : null;
}

/** Where a reader of these cursors is after this frame. Events after a gap move nothing: they are not shown either. */
export function advance(follow: Follow, frame: LiveFrame): Follow {
	return follow.map(({ jobId, after }) => {
		const snapshot = frame.snapshots.find(({ id }) => id === jobId);
		const from = Math.max(after, snapshot?.seq ?? 0);
		const seqs = frame.events.filter((event) => event.jobId === jobId).map(({ seq }) => seq);
		return { jobId, after: seqs.reduce<number>((last, seq) => (seq === last + 1 ? seq : last), from) };
	});
}

/** The log that a frame's id is of: its incarnation, which changes when a backup is restored. */
export function logEpochOf(id: string | undefined): string | undefined {
	return id?.split(';')[0] || undefined;
}
