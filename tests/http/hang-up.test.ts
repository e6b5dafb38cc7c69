import { EventEmitter } from 'node:events';
import type { RequestEvent } from '@sveltejs/kit';
import { expect, test } from 'vitest';
import { whileThere } from '$lib/server/http/hang-up.ts';

const request = new Request('http://127.0.0.1/v1/chat/completions');

function from(socket: EventEmitter & { destroyed?: boolean }) {
	return { request, platform: { req: { socket } } } as unknown as Pick<RequestEvent, 'request' | 'platform'>;
}

test('CX-16 whoever hangs up after the body was read is noticed, and the connection keeps no listener', async () => {
	const socket = new EventEmitter();
	const left = whileThere(from(socket), async (hungUp) => {
		expect(hungUp.aborted).toBe(false);
		socket.emit('close');
		return hungUp.aborted;
	});
	expect(await left).toBe(true);
	const failed = whileThere(from(socket), () => Promise.reject(new Error('It broke.')));
	await expect(failed).rejects.toThrow('It broke.');
	expect(socket.listenerCount('close')).toBe(0);
});

test('CX-16 whoever had hung up before is known at once', async () => {
	const gone = Object.assign(new EventEmitter(), { destroyed: true });
	expect(await whileThere(from(gone), async (hungUp) => hungUp.aborted)).toBe(true);
});

test('CX-16 where nothing tells of the connection, the request’s own signal does', async () => {
	const cut = new AbortController();
	const event = { request: new Request(request, { signal: cut.signal }), platform: undefined };
	const left = whileThere(event, async (hungUp) => {
		cut.abort();
		return hungUp.aborted;
	});
	expect(await left).toBe(true);
});
