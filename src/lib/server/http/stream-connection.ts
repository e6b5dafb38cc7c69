import type { Socket } from 'node:net';

/**
 * What a stream's connection needs; other answers are left as they are. It ends with the stream: one that could be used again is kept by
 * Chromium for 5 s after its page closed the stream in its first moment (`HttpResponseBodyDrainer`), one of the six that a
 * page may have, with a reader that the server cannot know to be gone. And it is cut when its reader took nothing for
 * `stallMs`: Node itself waits for ever. Keep-alives of 15 s keep one that is only quiet.
 */
export function tendStream(response: Response, socket: Socket | undefined, stallMs: number): void {
	if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return;
	response.headers.set('connection', 'close');
	// Node destroys a socket that times out and to which nobody listens.
	socket?.setTimeout(stallMs);
}
