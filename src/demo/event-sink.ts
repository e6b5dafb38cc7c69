import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import { openEventStream } from './wire.ts';

// Where a fault strikes when it does not say: in the middle of the first thoughts.
const DEFAULT_AFTER = 10;

/** An event stream to one client, which may be told to break. */
export class EventSink {
	readonly #res: ServerResponse;
	readonly #fault: Fault | undefined;
	readonly #after: number;
	readonly #gone = new AbortController();
	#frames = 0;
	#ended = false;

	/** Sends the headers. A fault that does not say where strikes behind frame number `defaultAfter`. */
	constructor(res: ServerResponse, fault: Fault | undefined, defaultAfter = DEFAULT_AFTER) {
		this.#res = res;
		this.#fault = fault;
		this.#after = fault?.after ?? defaultAfter;
		res.on('close', () => this.#gone.abort());
		openEventStream(res);
	}

	/** Whether more can be sent. */
	get open(): boolean {
		return !this.#ended && !this.#gone.signal.aborted && !this.#res.destroyed;
	}

	/** Sends one frame, or breaks; resolves when it has left the process. */
	async send(frame: string): Promise<void> {
		const index = this.#frames++;
		if (this.#fault && index === this.#after) await this.#strike(this.#fault);
		if (!this.open) return;
		for (const piece of this.#pieces(frame, index)) {
			await this.#write(piece);
			if (this.#fault?.name === 'split_utf8') await setImmediate();
		}
	}

	/** Waits, but not longer than the client stays. */
	async wait(ms: number): Promise<void> {
		await setTimeout(ms, undefined, { signal: this.#gone.signal }).catch(() => undefined);
	}

	/** Ends the stream cleanly. */
	end(): void {
		if (this.open) this.#res.end();
		this.#ended = true;
	}

	async #strike({ name, ms }: Fault): Promise<void> {
		if (name === 'cut') this.#res.socket?.destroy();
		if (name === 'cut') this.#ended = true;
		if (name === 'eof') this.end();
		// Without a length a stall lasts until the client goes; a day is longer than any client waits.
		if (name === 'stall') await this.wait(ms ?? 86_400_000);
	}

	#pieces(frame: string, index: number): (string | Buffer)[] {
		const struck = index === this.#after;
		if (this.#fault?.name === 'malformed' && struck)
			return [`${frame.trimEnd().slice(0, -Math.ceil(frame.length / 4))}\n\n`];
		if (this.#fault?.name === 'duplicate') return [frame, frame];
		if (this.#fault?.name === 'split_utf8') return splitInsideCharacters(Buffer.from(frame));
		return [frame];
	}

	#write(piece: string | Buffer): Promise<void> {
		if (!this.open) return Promise.resolve();
		return new Promise((resolve) => this.#res.write(piece, () => resolve()));
	}
}

/** Cuts bytes behind every first byte of a longer character, and once in the middle. */
function splitInsideCharacters(bytes: Buffer): Buffer[] {
	const cuts = [...bytes.keys()].filter((index) => index > 0 && (bytes[index - 1] ?? 0) >= 0xc0);
	const places = [...new Set([...cuts, Math.floor(bytes.length / 2)])].sort((a, b) => a - b);
	return [0, ...places].map((from, index) => bytes.subarray(from, places[index])).filter((piece) => piece.length > 0);
}
