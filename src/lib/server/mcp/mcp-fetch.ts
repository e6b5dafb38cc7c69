/** What a server may send in one answer, or in one event of a stream, in bytes: pictures that are inlined are in there too. */
const MOST_BYTES = 4_000_000;
/** The longest that a request may be open; what tells of changes is open for as long as it lasts. */
const OPEN_MS = 120_000;

/** An answer that was larger than it may be. */
export class TooLarge extends Error {}

/**
 * `fetch` with bounds on size and time. `broken` is told when the answer to a request could not be read to its end: whoever
 * waits for what was in it would wait in vain.
 */
export function boundedFetch(broken: (error: unknown) => void): typeof fetch {
	return async (address, init = {}) => {
		const posts = init.method === 'POST';
		const signals = [...(init.signal ? [init.signal] : []), ...(posts ? [AbortSignal.timeout(OPEN_MS)] : [])];
		const response = await fetch(address, { ...init, signal: AbortSignal.any(signals) });
		if (!response.body) return response;
		const isStream = response.headers.get('content-type')?.includes('text/event-stream') ?? false;
		const body = readWithin(response.body, isStream, (error) => posts && broken(error));
		return new Response(body, response);
	};
}

function readWithin(
	body: ReadableStream<Uint8Array>,
	isStream: boolean,
	broken: (error: unknown) => void
): ReadableStream<Uint8Array> {
	const reader = body.getReader();
	const count = isStream ? eventBytes() : totalBytes();
	let left = false;
	return new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				const { done, value } = await reader.read();
				// Whoever read it may have gone while this was on its way.
				if (left) return;
				if (done) return controller.close();
				if (count(value) > MOST_BYTES) throw new TooLarge();
				controller.enqueue(value);
			} catch (error) {
				if (left) return;
				void reader.cancel().catch(() => undefined);
				broken(error);
				controller.error(error);
			}
		},
		cancel(reason) {
			left = true;
			return reader.cancel(reason);
		}
	});
}

function totalBytes(): (chunk: Uint8Array) => number {
	let total = 0;
	return (chunk) => (total += chunk.byteLength);
}

/** Counts from the last empty line, which ends an event. */
function eventBytes(): (chunk: Uint8Array) => number {
	let total = 0;
	let last = '';
	return (chunk) => {
		const text = last + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
		const end = Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\r\n\r\n'));
		total = end < 0 ? total + chunk.byteLength : text.length - end;
		last = text.slice(-3);
		return total;
	};
}
