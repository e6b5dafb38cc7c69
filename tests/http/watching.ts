import { EventSource } from 'eventsource';
import { onTestFinished } from 'vitest';
import type { Transport } from '$lib/client/transport.ts';
import { createClient, type Client } from '$lib/client/trpc.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import { isTerminal } from '$lib/jobs/job.ts';
import type { Frame } from '$lib/server/live/watch.ts';

/** What a watcher is sent; the cursors are in the id of the frame. */
export type WatchedFrame = Omit<Frame, 'cursors'>;

/** The page's own client, on Node's EventSource or WebSocket. */
export function clientOf(url: string, transport: Transport = 'sse'): Client {
	return createClient({
		url: `${url}/api/trpc`,
		EventSource: EventSource as unknown as typeof globalThis.EventSource,
		transport: () => transport
	});
}

/** What to watch and whom to tell. */
export interface Watching {
	follow: { jobId: string; after: number }[];
	feed?: boolean;
	transport?: Transport;
	frame(frame: WatchedFrame, id: string): void;
	state?(state: string): void;
}

/** Watches until the server says that it is over; rejects when the subscription ends in an error. Hung up with the test. */
export function watch(url: string, { follow, feed = false, transport, frame, state }: Watching): Promise<void> {
	return new Promise((resolve, reject) => {
		const subscription = clientOf(url, transport).live.watch.subscribe(
			{ follow, feed },
			{
				onData: ({ id, data }) => frame(data as WatchedFrame, id),
				onConnectionStateChange: (change) => state?.(change.state),
				onComplete: resolve,
				onError: reject
			}
		);
		onTestFinished(() => subscription.unsubscribe());
	});
}

/** Every event of one job, durable or not, until it has ended. */
export function watchAll(url: string, jobId: string, take: (event: JobEvent) => void): Promise<void> {
	return watch(url, {
		follow: [{ jobId, after: 0 }],
		frame: ({ events, transients }) => [...events, ...transients].forEach(take)
	});
}

/** The ids of the jobs that a frame's list shows as ended. */
export function endedIn({ feed }: WatchedFrame): string[] {
	return (feed ?? []).filter(({ status }) => isTerminal(status)).map(({ id }) => id);
}
