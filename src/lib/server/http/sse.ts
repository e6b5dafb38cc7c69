import { endsJob, type JobEvent } from '../../jobs/event.ts';
import { inOrder } from '../../jobs/order.ts';
import type { App } from '../app.ts';
import { pause } from '../clock.ts';
import { plainEvent, plainKeepAlive, plainOpening } from '../live/wires.ts';

/** A keep-alive comment goes out at least this often (RS-08). */
export const KEEP_ALIVE_MS = 15_000;

/** The head that a plain stream has at every door. */
export const plainHead = {
	'content-type': 'text/event-stream; charset=utf-8',
	'cache-control': 'no-cache, no-transform',
	'x-accel-buffering': 'no'
};

/** What to stream. */
export interface SseRequest {
	app: App;
	owner: string;
	jobId: string;
	after: number;
	signal: AbortSignal;
	/** Its place among the open streams was asked for before the job was started. */
	admitted?: boolean;
	/** What is said of an event, '' for nothing; absent: what the plain door says. */
	say?(event: JobEvent): string | Promise<string>;
	/** Its reader cannot come back: where other streams are to be picked up again, it goes on. */
	lasting?: boolean;
	/** Called once when the reader hung up before the end. */
	onHangUp?(): void;
}

/**
 * A job's events as `text/event-stream`: replay, then live, then closed after the terminal event. It is pulled: a slow
 * reader makes the server wait, never buffer (TS-18).
 */
export async function sseResponse(request: SseRequest, init: ResponseInit = {}): Promise<Response> {
	const gone = new AbortController();
	const signal = AbortSignal.any([request.signal, gone.signal]);
	const chunks = text({ ...request, signal });
	// The first piece is awaited, so that a refusal is still a status and not a broken stream.
	const first = await chunks.next();
	let pending: IteratorResult<string> | null = first;
	const encoder = new TextEncoder();
	const body = new ReadableStream<Uint8Array>({
		async pull(controller) {
			const next = pending ?? (await chunks.next());
			pending = null;
			if (next.done) return controller.close();
			controller.enqueue(encoder.encode(next.value));
		},
		async cancel() {
			gone.abort();
			await chunks.return();
		}
	});
	return new Response(body, { ...init, headers: { ...plainHead, ...(init.headers as Record<string, string>) } });
}

/** How far a reader has come. */
interface Place {
	after: number;
	opened: boolean;
	ended: boolean;
}

async function* text(request: SseRequest): AsyncGenerator<string, void> {
	const { app, signal, after, lasting = false } = request;
	const place: Place = { after, opened: false, ended: false };
	try {
		do yield* stretch(request, place);
		while (lasting && !place.ended && !signal.aborted && !app.live.draining.aborted);
	} finally {
		if (!place.ended && signal.aborted) request.onHangUp?.();
	}
}

/** What comes until the job ends, the reader hangs up, or the stream is to be picked up again. */
async function* stretch(request: SseRequest, place: Place): AsyncGenerator<string, void> {
	const { app, owner, jobId, signal, admitted = false, say = eventText } = request;
	const follow = [{ jobId, after: place.after }];
	const frames = app.live.watch({ owner, follow, feed: false, snapshots: false, door: 'sse', admitted }, signal);
	let next = frames.next();
	try {
		// Known before the first byte: whether the job is this owner's, the cursor one of its log, and room for a stream.
		await next.catch(passAbort);
		if (!place.opened) yield plainOpening;
		place.opened = true;
		while (!place.ended) {
			const frame = await orKeepAlive(app, next, signal);
			if (frame === 'quiet') {
				yield plainKeepAlive;
				continue;
			}
			place.ended = (frame.done ?? false) && !signal.aborted;
			if (frame.done) return;
			const events = inOrder(frame.value.events, frame.value.transients);
			const said = (await Promise.all(events.map(async (event) => say(event)))).join('');
			if (said !== '') yield said;
			place.after = frame.value.cursors[0]?.after ?? place.after;
			place.ended = events.some(({ type }) => endsJob(type));
			next = frames.next();
		}
	} catch (error) {
		passAbort(error);
	} finally {
		await frames.return();
	}
}

async function orKeepAlive<T>(app: App, next: Promise<T>, signal: AbortSignal): Promise<T | 'quiet'> {
	const over = new AbortController();
	const either = AbortSignal.any([signal, over.signal]);
	const quiet = pause(app.clock, KEEP_ALIVE_MS, either).then(() => signal.aborted);
	try {
		// A hang-up ends the pause as well; then `next` ends by itself.
		const first = await Promise.race([next.then(() => false), quiet.then((hungUp) => !hungUp)]);
		return first ? 'quiet' : await next;
	} finally {
		over.abort();
	}
}

function eventText(event: JobEvent): string {
	return plainEvent({ type: event.type, seq: event.seq, json: JSON.stringify(event) });
}

/** A stream that is to be picked up again ends without a word: a browser comes back by itself. */
function passAbort(error: unknown): void {
	if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
