import { publish } from './note.ts';
import type { Note } from './note.ts';
import { answerCalls } from './process.ts';

/** Where the notes of a channel are read: by SSE, or for `ws:` over socket.io's WebSocket. */
export interface Opened {
	channel: string;
	url: string;
	/** The app's second door, `live.watch`; the job is followed from its first event on. */
	watchUrl?: string;
}

/** What the servers under comparison can do. A channel is one job, or one array. */
export interface BenchServer {
	/** Opens a channel and resolves with the address of its events. */
	open(): Promise<Opened>;
	/** What takes the notes of a channel, one at a time. */
	emitter(channel: string): (note: Note) => void;
	/** Ends a channel and whatever it holds. */
	close(channel: string): Promise<void>;
}

/** When a channel's notes come: `size` of them each `everyMs`. */
export interface Pace {
	from: number;
	count: number;
	everyMs: number;
	size?: number;
}

/** Lets the parent process drive a server, and ask for what it has used of the machine. */
export function offer(server: BenchServer): void {
	answerCalls({
		open: () => server.open(),
		/** Resolves with the milliseconds it took, when the last note has been handed over. */
		publish: ({ channel, ...pace }: Pace & { channel: string }) => timed([channel], pace),
		/** The same for many channels at once, spread evenly over the time between two notes. */
		publishAll: ({ channels, ...pace }: Pace & { channels: string[] }) => timed(channels, pace),
		close: (channel: string) => server.close(channel),
		/** CPU time so far, in ms. */
		cpu() {
			const { user, system } = process.cpuUsage();
			return (user + system) / 1_000;
		},
		/** Bytes; after a collection when the process was started with `--expose-gc`. */
		memory() {
			for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
			const { rss, heapUsed, external } = process.memoryUsage();
			return { rss, heap: heapUsed, external };
		}
	});

	async function timed(channels: string[], pace: Pace): Promise<number> {
		const began = performance.now();
		await Promise.all(
			channels.map(async (channel, index) => {
				const wait = (index * pace.everyMs) / channels.length;
				if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
				await publish(pace, server.emitter(channel));
			})
		);
		return performance.now() - began;
	}
}
