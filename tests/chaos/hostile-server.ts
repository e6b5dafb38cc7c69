import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transcript } from '../support/replay-server.ts';

/** How a request is answered; whatever is not written is never said. */
export type Act = (res: ServerResponse, req: IncomingMessage) => unknown;

/** How a provider misbehaves. What is left out is answered as the transcript says. */
export interface Behaviour {
	/** Answers the creates, the first one first; the last goes on for all further ones. */
	creates?: Act[];
	/** Answers each resume. */
	resume?: Act;
	/** Answers each fetch. */
	fetch?: Act;
}

const transcript = new Transcript('deep_research');

/** A provider that says the worst things, byte for byte, and counts what it was asked. It is no client's fault that it is like this. */
export class HostileServer {
	/** Whether each create may have begun something, in the order in which they came. */
	readonly creates: ('maybe' | 'refused')[] = [];
	/** What else was asked: `resume 12`, `fetch`, `cancel`. */
	readonly asked: string[] = [];
	readonly #behaviour: Behaviour;
	readonly #server: Server;

	constructor(behaviour: Behaviour) {
		this.#behaviour = behaviour;
		this.#server = createServer((req, res) => this.#serve(req, res));
	}

	static async start(behaviour: Behaviour): Promise<HostileServer> {
		const server = new HostileServer(behaviour);
		await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
		return server;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	#serve(req: IncomingMessage, res: ServerResponse): void {
		const url = new URL(req.url ?? '/', 'http://hostile');
		req.resume();
		req.on('error', () => undefined);
		res.on('error', () => undefined);
		const act = this.#actFor(req, url);
		// What a fault says at once must not overtake the question.
		req.once('end', () => void act(res, req));
	}

	#actFor({ method }: IncomingMessage, url: URL): Act {
		const { creates = [], resume, fetch } = this.#behaviour;
		if (method === 'POST' && url.pathname === '/v1/responses') {
			const act = creates[Math.min(this.creates.length, creates.length - 1)] ?? stream();
			this.creates.push(refusals.has(act) ? 'refused' : 'maybe');
			return act;
		}
		if (method !== 'GET') this.asked.push('cancel');
		else if (url.searchParams.get('stream') === 'true') {
			const after = url.searchParams.get('starting_after');
			this.asked.push(`resume ${after}`);
			return resume ?? body(transcript.after(Number(after)));
		} else this.asked.push('fetch');
		return fetch ?? json(transcript.response);
	}
}

const refusals = new Set<Act>();

/** An answer that says by itself that nothing has begun. */
export function refused(status: number, error: object, headers: Record<string, string> = {}): Act {
	const act = json({ error: { message: 'no', param: null, ...error } }, status, headers);
	refusals.add(act);
	return act;
}

const eventStream = 'text/event-stream; charset=utf-8';

/** An answer with this body, then an orderly end; `type` null leaves the content type out. */
export function body(
	bytes: string | Uint8Array,
	type: string | null = eventStream,
	status = 200,
	headers: Record<string, string> = {}
): Act {
	return (res) => {
		res.writeHead(status, { ...(type ? { 'content-type': type } : {}), ...headers });
		res.end(bytes);
	};
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Act {
	return body(JSON.stringify(value), 'application/json', status, headers);
}

/** The transcript, as `change` would have it: its frames as texts, `data:` lines and all. */
export function stream(change: (frames: string[]) => (string | Uint8Array)[] = (frames) => frames): Act {
	const frames = transcript.bytes.toString().split(/(?<=\n\n)/);
	const pieces = change(frames).map((piece) => Buffer.from(piece));
	return body(Buffer.concat(pieces));
}

/** The first frames of the transcript, and then what `then` says. */
export function broken(frames: number, then: 'end' | 'reset' | 'silence', rest: string | Uint8Array = ''): Act {
	const begin = transcript.bytes
		.toString()
		.split(/(?<=\n\n)/)
		.slice(0, frames)
		.join('');
	return (res, req) => {
		res.writeHead(200, { 'content-type': eventStream });
		res.write(Buffer.concat([Buffer.from(begin), Buffer.from(rest)]), () => {
			if (then === 'end') res.end();
			if (then === 'reset') req.socket.resetAndDestroy();
		});
	};
}

/** The transcript in pieces of so many bytes, each a packet of its own. */
export function inPieces(size: number): Act {
	return async (res) => {
		res.writeHead(200, { 'content-type': eventStream });
		for (let at = 0; at < transcript.bytes.length && !res.destroyed; at += size)
			await new Promise((resolve) => res.write(transcript.bytes.subarray(at, at + size), resolve));
		res.end();
	};
}

/** Says nothing at all, or bytes that are no HTTP, and breaks the connection or leaves it open. */
export function raw(bytes: string | null, then: 'end' | 'reset' | 'silence'): Act {
	return (_res, { socket }) => {
		if (bytes !== null) socket.write(bytes);
		if (then === 'end') socket.end();
		if (then === 'reset') socket.resetAndDestroy();
	};
}

/** One frame of an event stream. */
export const frame = (event: unknown) => `data: ${JSON.stringify(event)}\n\n`;
