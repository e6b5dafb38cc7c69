import { connect, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** One answer as its bytes came; it grows while they come. */
export class RawAnswer {
	readonly version: string;
	readonly status: number;
	/** In lower case, in the order in which they came. */
	readonly headers: readonly (readonly [string, string])[];
	/** The pieces of the body as the server framed them; one a read where it did not. */
	readonly chunks: Buffer[] = [];
	/** Its body came to its own end, by its length or its last chunk, or by the end of the connection where it has neither. */
	complete = false;

	constructor(head: string) {
		const [first = '', ...lines] = head.split('\r\n');
		const [, version = '', status = ''] = /^HTTP\/(1\.[01]) (\d{3})/.exec(first) ?? [];
		this.version = version;
		this.status = Number(status);
		this.headers = lines.map((line) => {
			const colon = line.indexOf(':');
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
		});
	}

	get text(): string {
		return Buffer.concat(this.chunks).toString();
	}

	header(name: string): string | null {
		return this.headers.find(([other]) => other === name)?.[1] ?? null;
	}

	/** Resolves with the text once it holds this. */
	async until(part: string, ms = 8_000): Promise<string> {
		const holds = () => this.text.includes(part) || this.complete;
		await vi.waitUntil(holds, { timeout: ms, interval: 3 }).catch(() => undefined);
		if (!this.text.includes(part)) throw new Error(`no ${JSON.stringify(part)} in ${this.text.slice(-2_000)}`);
		return this.text;
	}

	/** Resolves with the text once the answer is over. */
	async over(ms = 8_000): Promise<string> {
		await vi.waitUntil(() => this.complete, { timeout: ms, interval: 3 });
		return this.text;
	}
}

/** One connection to a server, byte by byte: what fetch and EventSource hide. Closed with the test. */
export class RawConnection {
	readonly socket: Socket;
	readonly answers: RawAnswer[] = [];
	/** The server has said that nothing more comes. */
	ended = false;
	closed = false;
	#rest: Buffer = Buffer.alloc(0);
	/** How many bytes of the body are still to come; null before a head, Infinity until the connection ends. */
	#left: number | 'chunks' | null = null;

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on('data', (bytes: Buffer) => this.#take(bytes));
		socket.on('error', () => socket.destroy());
		socket.on('end', () => {
			this.ended = true;
			if (this.#left === Infinity) this.#complete();
		});
		socket.on('close', () => (this.closed = true));
	}

	static async open(url: string, allowHalfOpen = false): Promise<RawConnection> {
		const { hostname, port } = new URL(url);
		const socket = connect({ port: Number(port), host: hostname, allowHalfOpen });
		onTestFinished(() => void socket.destroy());
		await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
		return new RawConnection(socket);
	}

	/** Asks on this connection, whatever is still being answered. */
	ask(path: string, { method = 'GET', version = '1.1', headers = {}, body = '' }: RawRequest = {}): void {
		const all = { host: `127.0.0.1:${this.socket.remotePort}`, ...headers };
		const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
		this.socket.write(`${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n${body}`);
	}

	/** Takes at most so many bytes in each turn of the event loop from now on; the server notices once the kernel is full. */
	slowly(bytes: number): void {
		const { socket } = this;
		socket.removeAllListeners('data');
		socket.pause();
		const take = () => {
			if (socket.destroyed) return;
			const piece = (socket.read(bytes) ?? socket.read()) as Buffer | null;
			if (piece) this.#take(piece);
			setImmediate(take);
		};
		socket.on('readable', () => undefined);
		take();
	}

	/** The answer to the request at this place. */
	async answer(place = 0, ms = 8_000): Promise<RawAnswer> {
		const come = () => this.answers.length > place || this.closed;
		await vi.waitUntil(come, { timeout: ms, interval: 3 }).catch(() => undefined);
		const answer = this.answers[place];
		if (!answer) throw new Error(`no answer ${place}; held: ${this.#rest.toString().slice(0, 500)}`);
		return answer;
	}

	#take(bytes: Buffer): void {
		this.#rest = Buffer.concat([this.#rest, bytes]);
		while (this.#step());
	}

	/** Takes one whole thing off what has come: a head, a chunk, a piece of a body. */
	#step(): boolean {
		if (this.#left === null) return this.#head();
		if (this.#left === 'chunks') return this.#chunk();
		const piece = this.#rest.subarray(0, this.#left);
		if (piece.length === 0 && this.#left > 0) return false;
		this.#keep(piece);
		this.#rest = this.#rest.subarray(piece.length);
		this.#left -= piece.length;
		if (this.#left === 0) this.#complete();
		return true;
	}

	#head(): boolean {
		const end = this.#rest.indexOf('\r\n\r\n');
		if (end < 0) return false;
		const answer = new RawAnswer(this.#rest.subarray(0, end).toString('latin1'));
		this.#rest = this.#rest.subarray(end + 4);
		this.answers.push(answer);
		const bodiless = answer.status === 204 || answer.status === 304;
		const length = bodiless ? '0' : answer.header('content-length');
		this.#left = answer.header('transfer-encoding') === 'chunked' ? 'chunks' : Number(length ?? Infinity);
		return true;
	}

	#chunk(): boolean {
		const line = this.#rest.indexOf('\r\n');
		if (line < 0) return false;
		const size = this.#rest.subarray(0, line).toString('latin1');
		if (!/^[0-9a-f]{1,8}$/i.test(size)) throw new Error(`no size of a chunk: ${JSON.stringify(size.slice(0, 80))}`);
		const end = line + 2 + parseInt(size, 16);
		if (this.#rest.length < end + 2) return false;
		if (this.#rest.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a chunk is longer than its size');
		if (end === line + 2) this.#complete();
		else this.#keep(this.#rest.subarray(line + 2, end));
		this.#rest = this.#rest.subarray(end + 2);
		return true;
	}

	#keep(piece: Buffer): void {
		if (piece.length > 0) this.answers.at(-1)?.chunks.push(piece);
	}

	#complete(): void {
		const answer = this.answers.at(-1);
		if (answer) answer.complete = true;
		this.#left = null;
	}
}

/** What is asked for. */
export interface RawRequest {
	method?: string;
	version?: '1.0' | '1.1';
	headers?: Record<string, string>;
	body?: string;
}

/** One request on a connection of its own: the answer, once its head has come. */
export async function rawly(url: string, path: string, request: RawRequest = {}): Promise<RawAnswer> {
	const connection = await RawConnection.open(url);
	connection.ask(path, request);
	return connection.answer();
}
