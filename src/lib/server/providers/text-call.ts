import type { ProviderEvent } from '../../operations/operation.ts';
import { systemClock } from '../clock.ts';
import { providerError, reportedError, type Asking } from './errors.ts';
import { record, string, type Wire } from './wire.ts';

/** Reads one answer of a model, whichever way it was asked. */
export interface TextReading {
	/** What a frame of the stream tells. */
	read(frame: Wire): ProviderEvent[];
	/** What an answer in one piece tells. */
	readWhole(answer: Wire): ProviderEvent[];
	/** What is still to be told when the stream is over, or broke; nothing when the answer is not whole. */
	finish(): ProviderEvent[];
	/** All is said; what may still come is a count of what it used. */
	readonly isWhole: boolean;
}

/** One request for an answer: how it is sent, and how its answer is read. */
export interface TextCall {
	readonly asking: Asking;
	readonly reading: TextReading;
	/** Sends the request. Resolves with the stream when the answer begins, or with the answer when it is whole. */
	send(signal: AbortSignal): PromiseLike<{ data: unknown; response: Response }>;
	/** How long a whole answer waits for what it used, in ms. Default 5,000. */
	readonly countMs?: number | undefined;
}

/** Makes one request and tells what comes; a stream that is over before its end just ends. Aborted, it fails with the signal's reason. */
export async function* requestText(call: TextCall, signal: AbortSignal): AsyncGenerator<ProviderEvent, void> {
	const { reading, countMs = 5_000 } = call;
	const hangUp = new AbortController();
	let stage = call.asking;
	// A server that leaves the stream open behind its last word must not make a whole answer fail.
	let stopWaiting: (() => void) | null = null;
	try {
		const { data, response } = await call.send(AbortSignal.any([signal, hangUp.signal]));
		if (!isFrames(data)) return yield* readWhole(data, call);
		// A server that cannot stream answers with plain JSON.
		if (isJson(response)) return yield* readWhole(await response.json(), call);
		for await (const frame of data) {
			for (const event of read(frame, reading, stage)) {
				// From here on the run is known: a break is a lost connection, no longer an unknown outcome.
				if (event.type === 'created') stage = { ...stage, what: 'resume' };
				yield event;
				if (event.type === 'ended') return;
			}
			if (reading.isWhole) stopWaiting ??= systemClock.after(countMs, () => hangUp.abort());
		}
	} catch (thrown) {
		if (signal.aborted) throw signal.reason;
		const rest = reading.finish();
		if (rest.length === 0) throw providerError(thrown, stage);
		return yield* rest;
	} finally {
		stopWaiting?.();
	}
	signal.throwIfAborted();
	yield* reading.finish();
}

function isFrames(data: unknown): data is AsyncIterable<unknown> {
	return typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
}

function isJson(response: Response): boolean {
	return response.headers.get('content-type')?.includes('json') ?? false;
}

/** The package throws named errors; one without a name comes through as a plain event. */
function read(frame: unknown, reading: TextReading, stage: Asking): ProviderEvent[] {
	const event = record(frame);
	if (event['type'] === 'error') throw reportedError(record(event['error'] ?? event), stage);
	return reading.read(event);
}

function readWhole(answer: unknown, { reading, asking }: TextCall): ProviderEvent[] {
	const whole = record(answer);
	if (whole['error'] && !whole['status']) throw reportedError(errorIn(whole), asking);
	return reading.readWhole(whole);
}

/** The error of an answer, nested or only a text. */
export function errorIn(answer: Wire): Wire {
	const text = string(answer['error']);
	return text === null ? record(answer['error']) : { code: answer['code'], message: text };
}
