import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What to answer, byte for byte. */
export interface Reply {
	status?: number;
	headers?: Record<string, string>;
	body?: string | Uint8Array;
	/** Writes the body in pieces of so many bytes, each on its own. */
	chunk?: number;
	/** Sends only so many bytes of the body. */
	upTo?: number;
	/** After the body: end in order (default), break the connection, or stay silent. */
	then?: 'end' | 'cut' | 'silence';
	/** Breaks the connection instead of answering at all. */
	dropped?: boolean;
}

/** A request that arrived. */
export interface Recorded {
	readonly method: string;
	readonly url: URL;
	readonly headers: IncomingMessage['headers'];
	/** The body's JSON; empty when it is a form. */
	readonly body: Record<string, unknown>;
	readonly bytes: Uint8Array<ArrayBuffer>;
	/** Whether the other side hung up before the answer was whole. */
	hungUp: boolean;
}

const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };

/** A server that says what it is told to, and remembers what it was asked. */
export class ReplayServer {
	readonly requests: Recorded[] = [];
	readonly #server: Server;
	#reply: (request: Recorded) => Reply;

	constructor(reply: (request: Recorded) => Reply) {
		this.#reply = reply;
		this.#server = createServer((request, response) => void this.#serve(request, response));
	}

	/** Starts one on a free port of the loopback. */
	static async start(reply: (request: Recorded) => Reply): Promise<ReplayServer> {
		const server = new ReplayServer(reply);
		await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
		return server;
	}

	get baseURL(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
	}

	/** How many requests of this method came. */
	count(method: string): number {
		return this.requests.filter((request) => request.method === method).length;
	}

	answer(reply: (request: Recorded) => Reply): void {
		this.#reply = reply;
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const recorded = await record(request);
		this.requests.push(recorded);
		response.on('close', () => (recorded.hungUp = !response.writableFinished));
		const reply = this.#reply(recorded);
		if (reply.dropped) return void request.socket.destroy();
		const bytes = Buffer.from(reply.body ?? '').subarray(0, reply.upTo);
		response.writeHead(reply.status ?? 200, reply.headers ?? eventStream);
		response.flushHeaders();
		await write(response, bytes, reply.chunk ?? Math.max(1, bytes.length));
		if (reply.then === 'cut') request.socket.destroy();
		else if (reply.then !== 'silence') response.end();
	}
}

async function record(request: IncomingMessage): Promise<Recorded> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const bytes = new Uint8Array(Buffer.concat(chunks));
	const { method = '', headers, url = '/' } = request;
	const isForm = headers['content-type']?.startsWith('multipart/') ?? false;
	const body = bytes.length > 0 && !isForm ? JSON.parse(new TextDecoder().decode(bytes)) : {};
	return { method, headers, url: new URL(url, 'http://replay'), body, bytes, hungUp: false };
}

async function write(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
	for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
		await new Promise((resolve) => response.write(bytes.subarray(at, at + size), resolve));
	}
}

/** The fields and files of a form that arrived. */
export function formOf({ headers, bytes }: Recorded): Promise<FormData> {
	return new Response(bytes, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
	return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A recorded transcript: its bytes, its events, and the response that it ends with. */
export class Transcript {
	readonly bytes: Buffer;
	readonly #frames: { text: string; event: Record<string, unknown> }[];

	constructor(name: string) {
		this.bytes = readFileSync(new URL(`transcripts/${name}.sse`, import.meta.url));
		const texts = this.bytes.toString().split(/(?<=\n\n)/);
		this.#frames = texts.map((text) => ({ text, event: JSON.parse(text.slice(text.indexOf('data: ') + 6)) }));
	}

	get events(): Record<string, unknown>[] {
		return this.#frames.map((frame) => frame.event);
	}

	/** Where each frame ends, in bytes. */
	get ends(): number[] {
		let end = 0;
		return this.#frames.map((frame) => (end += Buffer.byteLength(frame.text)));
	}

	/** The frames with a higher sequence number. */
	after(cursor: number): string {
		const later = this.#frames.filter((frame) => Number(frame.event['sequence_number']) > cursor);
		return later.map((frame) => frame.text).join('');
	}

	/** The response of the last event. */
	get response(): Record<string, unknown> {
		return this.events.at(-1)?.['response'] as Record<string, unknown>;
	}

	/** Answers like the server that it was recorded from: create, resume after a cursor, and fetch. */
	reply(request: Recorded): Reply {
		if (request.method === 'POST') return { body: this.bytes };
		if (request.url.searchParams.get('stream') !== 'true') return json(this.response);
		return { body: this.after(Number(request.url.searchParams.get('starting_after'))) };
	}
}
