import type OpenAI from 'openai';
import { Stream } from 'openai/streaming';
import type { ImageEvent } from '../../operations/provider.ts';
import { providerError, reportedError, type Asking } from './errors.ts';
import type { ImageReading } from './image-events.ts';
import { record, string, type Wire } from './wire.ts';

/** One request for pictures: how it is sent, and how its answer is read. */
export interface ImageCall {
	readonly client: OpenAI;
	readonly asking: Asking;
	readonly reading: ImageReading;
	/** Whether a stream was asked for. */
	readonly streams: boolean;
	/** Sends the request. Resolves when the answer begins, its body unread. */
	send(signal: AbortSignal): Promise<Response>;
}

type Frames = AsyncIterator<{ event: string | null; data: unknown }>;

/**
 * Makes one request and tells what comes: `accepted` when the answer begins, `ended` last. A stream that is over before
 * its picture just ends. However it ends, the request is closed.
 */
export async function* requestImages(call: ImageCall, signal: AbortSignal): AsyncGenerator<ImageEvent, void> {
	const hangUp = new AbortController();
	let stage = call.asking;
	try {
		const response = await call.send(AbortSignal.any([signal, hangUp.signal]));
		// From here on the request is known to have been taken: a break is a lost connection, no longer an unknown outcome.
		stage = { ...stage, what: 'resume' };
		yield { type: 'accepted' };
		if (isStream(response, call.streams)) yield* readStream(response, call, stage, hangUp);
		else yield* await readWhole(response, call, stage);
	} catch (thrown) {
		throw signal.aborted ? signal.reason : providerError(thrown, stage);
	} finally {
		hangUp.abort();
	}
	signal.throwIfAborted();
}

/** Servers that cannot stream answer with plain JSON, and an intermediary may stream unasked. */
function isStream(response: Response, asked: boolean): boolean {
	const type = response.headers.get('content-type') ?? '';
	return type.includes('event-stream') || (asked && !type.includes('json'));
}

async function* readStream(
	response: Response,
	{ client, reading }: ImageCall,
	stage: Asking,
	hangUp: AbortController
): AsyncGenerator<ImageEvent, void> {
	const stream = Stream.fromSSEResponse<{ event: string | null; data: unknown }>(
		response,
		hangUp,
		client,
		true,
		'events'
	);
	const frames = stream[Symbol.asyncIterator]();
	for (;;) {
		const events = await next(frames, reading, stage);
		if (!events) return;
		// Closed before its last picture is handed on: the base64 of it would be held as long as the stream is.
		if (events.some((event) => event.type === 'ended')) await frames.return?.();
		yield* events;
	}
}

/** A function of its own, so that no frame with its base64 outlives the events made of it (IM-13). */
async function next(frames: Frames, reading: ImageReading, stage: Asking): Promise<ImageEvent[] | null> {
	const step = await frames.next();
	if (step.done) return null;
	const data = record(step.value.data);
	if (step.value.event === 'error' || isError(data)) throw reportedError(errorIn(data), stage);
	return reading.read(data);
}

async function readWhole(response: Response, { reading }: ImageCall, stage: Asking): Promise<ImageEvent[]> {
	const answer = record(await response.json());
	if (isError(answer) && !answer['status']) throw reportedError(errorIn(answer), stage);
	return reading.readWhole(answer);
}

function isError(data: Wire): boolean {
	return data['type'] === 'error' || Boolean(data['error']);
}

/** Nested, flat, or xAI's text. */
function errorIn(data: Wire): Wire {
	const text = string(data['error']);
	return text === null ? record(data['error'] ?? data) : { code: data['code'], message: text };
}
