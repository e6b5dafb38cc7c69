import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Outlet, PushedStream } from '../live/outlet.ts';
import type { StreamWire } from '../live/wires.ts';

/** What all streams of a door have in common. */
export interface StreamTerms {
	/** After how many ms in which a reader took nothing it is cut (TS-18). */
	config: { stallMs: number };
	/** What a reader is told of a failure. */
	shapeOf(error: unknown): unknown;
}

/** What a stream says, and when it is cut. */
export interface StreamForm {
	wire: StreamWire;
	terms: StreamTerms;
}

/** The head of a stream's answer. */
export interface StreamHead {
	status: number;
	headers: Record<string, string>;
}

/**
 * One reader's connection: frames go to its socket as they are, because they hold their own HTTP framing. It queues nothing:
 * a full socket says so, and is not written to until it has drained.
 */
export class SocketStream implements Outlet {
	readonly wire: StreamWire;
	readonly #res: ServerResponse;
	/** The answer's, as long as that is not over; the next request on it has an answer of its own. */
	readonly #socket: Socket;
	readonly #stream: PushedStream;
	readonly #terms: StreamTerms;
	#full = false;
	#over = false;

	private constructor(res: ServerResponse, socket: Socket, stream: PushedStream, form: StreamForm) {
		this.#res = res;
		this.#socket = socket;
		this.#stream = stream;
		this.wire = form.wire;
		this.#terms = form.terms;
	}

	/** Answers with a stream; one whose reader has hung up meanwhile is left. */
	static begin(res: ServerResponse, head: StreamHead, stream: PushedStream, form: StreamForm): void {
		const { socket } = res;
		if (!socket || socket.destroyed || res.destroyed) return stream.leave();
		const outlet = new SocketStream(res, socket, stream, form);
		res.on('close', () => outlet.#left());
		// The head, the opening and what there is to be said go in one packet.
		socket.cork();
		writeHead(res, head);
		forget(res.req);
		outlet.send(form.wire.opening());
		stream.start(outlet);
		socket.uncork();
		outlet.#watch();
	}

	/** Answers with a stream that says only why there is none. */
	static refuse(res: ServerResponse, head: StreamHead, error: unknown, { wire, terms }: StreamForm): void {
		const { socket } = res;
		const said = wire.failed(terms.shapeOf(error));
		if (!socket || socket.destroyed || said === null) return void res.destroy();
		writeHead(res, head);
		socket.write(wire.opening());
		socket.write(said);
		res.end();
	}

	send(bytes: Buffer): boolean {
		if (this.#over) return false;
		const socket = this.#socket;
		const room = socket.write(bytes);
		if (socket.writableLength > 0 || socket.timeout) this.#watch();
		if (!room && !this.#full) {
			this.#full = true;
			socket.once('drain', () => this.#drained());
		}
		return room;
	}

	over(how: Parameters<Outlet['over']>[0], error?: unknown): void {
		if (this.#over) return;
		this.#over = true;
		const last = how === 'failed' ? this.wire.failed(this.#terms.shapeOf(error)) : null;
		if (how === 'failed' && last === null) return void this.#res.destroy();
		const said = how === 'ended' ? this.wire.returned : last;
		if (said) this.#socket.write(said);
		// What ends the body in its framing, and then the connection.
		this.#res.end();
		this.#watch();
	}

	/** Node itself waits for ever for a reader that takes nothing. Only one that is behind needs a timer. */
	#watch(): void {
		const socket = this.#socket;
		if (socket.writableCorked > 0) return;
		const behind = socket.writableLength > 0;
		if (behind && !socket.timeout) socket.setTimeout(this.#terms.config.stallMs);
		if (!behind && socket.timeout) socket.setTimeout(0);
	}

	#drained(): void {
		this.#full = false;
		if (this.#over) return;
		this.#watch();
		this.#stream.resume();
	}

	#left(): void {
		this.#over = true;
		this.#stream.leave();
	}
}

function writeHead(res: ServerResponse, { status, headers }: StreamHead): void {
	res.writeHead(status, headers);
	res.flushHeaders();
}

/** Whether a request knows no chunks. */
export function isOld({ httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean {
	return httpVersionMajor === 1 && httpVersionMinor === 0;
}

const none: never[] = [];
const noHeaders = {};

/** Once it is answered, nothing asks what a request said; a reader that stays for hours holds no more than its place. */
function forget(req: IncomingMessage): void {
	req.headers = noHeaders;
	req.rawHeaders = none;
	req.url = '';
}
