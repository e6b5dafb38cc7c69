import type { LiveFrame } from '$lib/client/live-frame.ts';
import { createClient, type Client, type ClientOptions } from '$lib/client/trpc.ts';

type Listener = (event: { data?: string; lastEventId?: string }) => void;

/** One event stream, as the browser's EventSource would hold it, with the server's side of it in the test's hands. */
export class FakeStream {
	readonly CLOSED = 2;
	readyState = 0;
	readonly url: string;
	readonly #listeners = new Map<string, Listener[]>();
	#frames = 0;

	constructor(url: string) {
		this.url = url;
	}

	addEventListener(type: string, listener: Listener): void {
		this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
	}

	close(): void {
		this.readyState = 2;
	}

	/** What the client asked for. */
	get input(): { follow: { jobId: string; after: number }[]; feed: boolean; logEpoch?: string } {
		return JSON.parse(new URL(this.url, 'http://headway').searchParams.get('input') ?? '{}');
	}

	get open(): boolean {
		return this.readyState !== 2;
	}

	/** The server answers. */
	connect(reconnectAfterInactivityMs = 40_000): void {
		this.readyState = 1;
		this.#dispatch('connected', { data: JSON.stringify({ reconnectAfterInactivityMs }) });
	}

	send(frame: Partial<LiveFrame>): void {
		const whole: LiveFrame = { kind: 'batch', snapshots: [], events: [], transients: [], feed: null, ...frame };
		this.#dispatch('message', { data: JSON.stringify(whole), lastEventId: `e1;frame:${(this.#frames += 1)}` });
	}

	/** Something that no server of ours sends. */
	sendRaw(data: string): void {
		this.#dispatch('message', { data, lastEventId: `e1;frame:${(this.#frames += 1)}` });
	}

	/** The procedure refused, after the stream had opened. */
	refuse(code: string, message: string, retryAfter: number | null = null): void {
		const error = { code: -32004, message, data: { code, httpStatus: 404, retryAfter } };
		this.#dispatch('serialized-error', { data: JSON.stringify(error) });
	}

	ping(): void {
		this.#dispatch('ping', { data: '' });
	}

	/** The connection breaks. An EventSource comes back by itself, unless the answer was not 200. */
	fail(forGood = false): void {
		this.readyState = forGood ? 2 : 0;
		this.#dispatch('error', {});
	}

	#dispatch(type: string, event: Parameters<Listener>[0]): void {
		for (const listener of this.#listeners.get(type) ?? []) listener(event);
	}
}

/** A call that arrived: the procedure and its input. */
export interface Call {
	path: string;
	input: unknown;
}

/** The page's own client on a network that a test plays. */
export class FakeServer {
	readonly streams: FakeStream[] = [];
	readonly calls: Call[] = [];
	/** Answers a call: with its result, or by throwing as the network does. A `Response` goes out as it is. */
	answer: (call: Call) => unknown = () => null;
	readonly client: Client;

	constructor(options: Pick<ClientOptions, 'transport' | 'WebSocket'> = {}) {
		const { streams } = this;
		class EventSource extends FakeStream {
			constructor(url: string) {
				super(url);
				streams.push(this);
			}
		}
		const fetch = (url: string, init: RequestInit) => this.#serve(url, init);
		this.client = createClient({
			url: 'http://headway/api/trpc',
			EventSource: EventSource as unknown as typeof globalThis.EventSource,
			fetch: fetch as typeof globalThis.fetch,
			...options
		});
	}

	/** The stream that is in use. */
	get stream(): FakeStream {
		const stream = this.streams.at(-1);
		if (!stream) throw new Error('no stream was opened');
		return stream;
	}

	async #serve(url: string, { body }: RequestInit): Promise<Response> {
		const { pathname, searchParams } = new URL(url);
		const sent = typeof body === 'string' ? body : searchParams.get('input');
		const call = { path: pathname.replace('/api/trpc/', ''), input: sent === null ? undefined : JSON.parse(sent) };
		this.calls.push(call);
		const data = await this.answer(call);
		return data instanceof Response ? data : Response.json({ result: { data } });
	}
}

/** What the server answers when it refuses a call. */
export function refusal(
	code: string,
	httpStatus: number,
	reason: string,
	message: string,
	retryAfter: number | null = null
): Response {
	const data = { code, httpStatus, path: 'x', reason, fields: null, retryAfter };
	return Response.json({ error: { message, code: -32600, data } }, { status: httpStatus });
}
