import { ProviderError } from './errors.ts';

const LF = 10;
const CR = 13;

/** The most bytes that an answer may have: in one frame of a stream, and as a whole when it is none. */
export interface Bounds {
	readonly frame: number;
	readonly whole: number;
}

const MB = 1024 ** 2;

/** Far more than any model writes. */
export const textBounds: Bounds = { frame: 16 * MB, whole: 16 * MB };
/** 256 vectors of 4,096 numbers, written out. */
export const vectorBounds: Bounds = { frame: 32 * MB, whole: 32 * MB };
/** Pictures come in base64, one in a frame, ten in an answer. */
export const pictureBounds: Bounds = { frame: 64 * MB, whole: 256 * MB };

/**
 * A fetch whose answers cannot fill the memory, or keep the process busy with one line. What is larger breaks off with
 * `provider_connection`, and the request is closed.
 */
export function boundedFetch(label: string, bounds: Bounds): typeof fetch {
	return async (input, init) => {
		const response = await fetch(input, init);
		if (!response.body) return response;
		const inFrames = response.headers.get('content-type')?.includes('event-stream') ?? false;
		const body = response.body.pipeThrough(boundary(label, inFrames ? bounds.frame : bounds.whole, inFrames));
		const { status, statusText, headers } = response;
		return new Response(body, { status, statusText, headers });
	};
}

function boundary(label: string, most: number, inFrames: boolean): TransformStream<Uint8Array, Uint8Array> {
	const frame = new FrameSize();
	let size = 0;
	return new TransformStream({
		transform(chunk, controller) {
			size = inFrames ? frame.after(chunk) : size + chunk.byteLength;
			if (size > most) controller.error(tooLarge(label, most));
			else controller.enqueue(chunk);
		}
	});
}

/** How many bytes came since the last empty line, which ends a frame. */
class FrameSize {
	#size = 0;
	#atLineStart = true;

	after(chunk: Uint8Array): number {
		let begin = 0;
		for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, begin)) {
			const isEmpty = this.#atLineStart && (end === begin || (end === begin + 1 && chunk[begin] === CR));
			this.#size = isEmpty ? 0 : this.#size + end + 1 - begin;
			this.#atLineStart = true;
			begin = end + 1;
		}
		const rest = chunk.byteLength - begin;
		// A lone return at the chunk's end may be the first half of an empty line's end.
		if (rest > 0 && !(rest === 1 && chunk[begin] === CR)) this.#atLineStart = false;
		this.#size += rest;
		return this.#size;
	}
}

function tooLarge(label: string, most: number): ProviderError {
	const limit = `${Math.round(most / MB)} MB`;
	return new ProviderError(
		'provider_connection',
		`${label} sent more than ${limit} in one piece; what arrived is kept.`
	);
}
