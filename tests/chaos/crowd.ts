import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** When each number was sent, and how long it took to each reader. */
export class Stopwatch {
	readonly #sent = new Map<number, number>();
	readonly latencies: number[] = [];

	/** The number goes out now. */
	sends(n: number): void {
		this.#sent.set(n, performance.now());
	}

	/** A reader has it. */
	has(n: number): void {
		const at = this.#sent.get(n);
		if (at !== undefined) this.latencies.push(performance.now() - at);
	}

	/** Milliseconds that so large a part of the deliveries took at the most. */
	quantile(part: number): number {
		const sorted = this.latencies.toSorted((a, b) => a - b);
		return sorted[Math.ceil(sorted.length * part) - 1] ?? Infinity;
	}
}

/** One of many who read marks: as cheap as a reader can be, so that what is measured is the server. */
export class CrowdReader {
	readonly socket: Socket;
	/** Every `n` of a mark, in the order in which they came. */
	readonly marks: number[] = [];
	ended = false;
	/** It has been answered, and has come to the present. */
	live = false;
	/** The last bytes that came. */
	tail = '';
	#rest = '';
	#stopwatch: Stopwatch | null;

	constructor(url: string, path: string, stopwatch: Stopwatch | null) {
		const { hostname, port } = new URL(url);
		this.#stopwatch = stopwatch;
		this.socket = connect(Number(port), hostname);
		onTestFinished(() => void this.socket.destroy());
		this.socket.setEncoding('latin1');
		this.socket.on('error', () => this.socket.destroy());
		this.socket.on('end', () => (this.ended = true));
		this.socket.on('data', (text: string) => this.#take(text));
		this.socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
	}

	/** From now on its deliveries count there. */
	measure(stopwatch: Stopwatch): void {
		this.#stopwatch = stopwatch;
	}

	#take(text: string): void {
		const all = this.#rest + text;
		this.live ||= all.includes('"kind":"live"');
		this.tail = all.slice(-200);
		let end = 0;
		for (const match of all.matchAll(/"data":\{"n":(\d+)\}/g)) {
			end = match.index + match[0].length;
			this.marks.push(Number(match[1]));
			this.#stopwatch?.has(Number(match[1]));
		}
		// What may be the beginning of the next mark.
		this.#rest = all.slice(Math.max(end, all.length - 40));
	}
}
