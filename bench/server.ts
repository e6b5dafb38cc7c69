import { answerCalls } from './process.ts';

/** What the servers under comparison can do. A channel is one job, or one array. */
export interface BenchServer {
	/** Opens a channel and resolves with the address of its events. */
	open(): Promise<{ channel: string; url: string }>;
	/** Publishes to a channel; resolves when the last note has been handed over. */
	publish(options: { channel: string; from: number; count: number; everyMs: number; size?: number }): Promise<void>;
	/** Ends a channel and whatever it holds. */
	close(channel: string): Promise<void>;
}

/** Lets the parent process drive a server, and ask for the CPU time that it has used so far (in ms). */
export function offer(server: BenchServer): void {
	answerCalls({
		open: () => server.open(),
		publish: (options: Parameters<BenchServer['publish']>[0]) => server.publish(options),
		close: (channel: string) => server.close(channel),
		cpu() {
			const { user, system } = process.cpuUsage();
			return (user + system) / 1_000;
		}
	});
}
