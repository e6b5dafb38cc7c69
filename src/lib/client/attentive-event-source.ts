import { warnOfBrokenFrame } from './broken-frame.ts';

/** Who is told of what goes over a stream, beside what tRPC passes on. */
export interface Wire {
	/** Something came, if only a ping, which tRPC keeps to itself. */
	heard(): void;
	/** A frame could not be read, and was passed over: what it carried is lacking. */
	broken(): void;
}

interface Init {
	/** What to open: the browser's own EventSource, or another for tests. */
	Source: typeof EventSource;
	wire?: Wire | undefined;
}

/** What these frames carry is JSON; a ping and a return carry nothing. */
const carriers = new Set(['connected', 'message', 'serialized-error']);

/** An EventSource that tells of everything it hears, and passes over a frame that is no JSON, over which tRPC would close the stream (AG-07). */
export class AttentiveEventSource {
	readonly CONNECTING = 0;
	readonly OPEN = 1;
	readonly CLOSED = 2;
	readonly #source: EventSource;
	readonly #wire: Wire | undefined;
	readonly #listeners = new Map<unknown, (event: Event) => void>();

	constructor(url: string, { Source, wire }: Init) {
		this.#source = new Source(url);
		this.#wire = wire;
	}

	get readyState(): number {
		return this.#source.readyState;
	}

	addEventListener(type: string, listener: (event: Event) => void): void {
		const attentive = (event: Event) => {
			if (this.#passes(type, event)) listener(event);
		};
		this.#listeners.set(listener, attentive);
		this.#source.addEventListener(type, attentive);
	}

	removeEventListener(type: string, listener: (event: Event) => void): void {
		const attentive = this.#listeners.get(listener);
		if (attentive) this.#source.removeEventListener(type, attentive);
	}

	close(): void {
		this.#source.close();
	}

	#passes(type: string, event: Event): boolean {
		if (type === 'error') return true;
		this.#wire?.heard();
		if (!carriers.has(type) || isJson((event as MessageEvent<unknown>).data)) return true;
		warnOfBrokenFrame(`its ${type} is no JSON`);
		this.#wire?.broken();
		return false;
	}
}

function isJson(data: unknown): boolean {
	try {
		JSON.parse(String(data));
		return true;
	} catch {
		return false;
	}
}
