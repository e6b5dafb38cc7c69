import type { Socket } from 'node:net';

/**
 * Cuts a stream whose reader took nothing for `ms`: Node itself waits for ever. Keep-alives of 15 s keep one that is only
 * quiet. The limit is the socket's until the answer is over; the next request on it starts without.
 */
export function freeWhenStalled(response: Response, socket: Socket | undefined, ms: number): void {
	// Node destroys a socket that times out and to which nobody listens.
	if (response.headers.get('content-type')?.startsWith('text/event-stream')) socket?.setTimeout(ms);
}
