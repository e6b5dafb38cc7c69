import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';

/** The largest body of any door but the one for files, in bytes. */
export const BODY_LIMIT = 1024 * 1024;

/** The doors for files take more, and count by themselves. */
export function takesFiles({ request, url }: Pick<RequestEvent, 'request' | 'url'>): boolean {
	if (request.method !== 'POST') return false;
	const isJson = /^application\/json\b/i.test(request.headers.get('content-type') ?? '');
	return url.pathname === '/api/files' || (url.pathname === '/api/knowledge' && !isJson);
}

/**
 * Refuses a body that is too large before a door reads it. One whose length is not told is read here, and stands in its
 * place: so that every door, tRPC too, answers an endless one with the same words.
 */
export async function limitBody(event: Pick<RequestEvent, 'request' | 'url'>): Promise<HeadwayError | null> {
	const { request } = event;
	if (request.body === null || takesFiles(event)) return null;
	const length = request.headers.get('content-length');
	if (length !== null) return Number(length) > BODY_LIMIT ? tooLarge() : null;
	try {
		const bytes = await readUpTo(BODY_LIMIT, request.body);
		if (bytes === null) return tooLarge();
		event.request = new Request(request, { body: new Uint8Array(bytes) });
		return null;
	} catch {
		return new HeadwayError('bad_request', 'The body was broken off.');
	}
}

async function readUpTo(limit: number, body: ReadableStream<Uint8Array>): Promise<Buffer | null> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	// Cancelling the body would break the connection before the refusal is sent.
	for await (const chunk of body.values({ preventCancel: true })) {
		size += chunk.byteLength;
		if (size > limit) return null;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

function tooLarge(): HeadwayError {
	return new HeadwayError('too_large', 'The body is larger than 1 MB. Files go to /api/files.');
}
