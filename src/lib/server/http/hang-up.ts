import type { RequestEvent } from '@sveltejs/kit';

/**
 * Does what a caller waits for; the signal tells of a caller who hung up meanwhile. SvelteKit's own tells of that only as long
 * as the request's body has not been read.
 */
export async function whileThere<T>(
	{ request, platform }: Pick<RequestEvent, 'request' | 'platform'>,
	work: (hungUp: AbortSignal) => Promise<T>
): Promise<T> {
	const socket = platform?.req?.socket;
	const gone = new AbortController();
	const leave = () => gone.abort();
	socket?.once('close', leave);
	if (socket?.destroyed) leave();
	try {
		return await work(AbortSignal.any([request.signal, gone.signal]));
	} finally {
		// The connection may carry further requests.
		socket?.off('close', leave);
	}
}
