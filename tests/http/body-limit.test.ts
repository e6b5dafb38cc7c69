import type { RequestEvent } from '@sveltejs/kit';
import { expect, test } from 'vitest';
import { limitBody } from '$lib/server/http/body-limit.ts';
import { makeApp, runsOf } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { instant } from './stepwise.ts';

/** A body of so many bytes, which says its length or does not. */
function body(size: number, saysLength: boolean): BodyInit {
	const bytes = new Uint8Array(size).fill(0x20);
	if (saysLength) return bytes;
	return new ReadableStream<Uint8Array>({
		start(controller) {
			for (let from = 0; from < size; from += 50_000) controller.enqueue(bytes.subarray(from, from + 50_000));
			controller.close();
		}
	});
}

async function serve() {
	return serveRoutes(await makeApp({ runs: runsOf(instant('instant')) }));
}

test.each([
	['/api/jobs', true],
	['/api/jobs', false],
	['/api/trpc/jobs.cancel', true],
	['/api/trpc/jobs.cancel', false],
	['/api/jobs/job_x/cancel', true]
])('TS-22 %s takes no body above 1 MB (says its length: %s)', async (path, saysLength) => {
	const url = await serve();
	const init = { method: 'POST', headers: { 'content-type': 'application/json' }, duplex: 'half' };
	const answer = await ask(url + path, { ...init, body: body(1_100_000, saysLength) } as RequestInit);
	expectProblem(answer, { status: 413, code: 'too_large' });
});

test('TS-22 a body below the limit that never says its length arrives whole', async () => {
	const url = await serve();
	const text = JSON.stringify({ operation: 'instant', input: { text: 'hello' } }).padEnd(900_000, ' ');
	const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: new Blob([text]).stream() };
	const answer = await ask(`${url}/api/jobs`, { ...init, duplex: 'half' } as RequestInit);
	expect(answer).toMatchObject({ status: 201, body: { input: { text: 'hello' } } });
});

test('CX-16 hanging up is still heard when the body was read before the door', async () => {
	const url = new URL('http://127.0.0.1/api/jobs');
	const caller = new AbortController();
	const sent = new Request(url, {
		method: 'POST',
		body: body(10, false),
		duplex: 'half',
		signal: caller.signal
	} as RequestInit);
	const event = { request: sent, url } as unknown as RequestEvent;
	expect(await limitBody(event)).toBeNull();
	expect(event.request).not.toBe(sent);
	expect(await event.request.text()).toHaveLength(10);
	caller.abort();
	expect(event.request.signal.aborted).toBe(true);
});

test('TS-22 the door for files alone takes more, and only to send', async () => {
	const url = await serve();
	const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: body(3_000_000, true) };
	expect((await ask(`${url}/api/files`, init)).status).toBe(201);
	expectProblem(await send(`${url}/api/files/file_x`, 'x'.repeat(1_100_000)), { status: 413, code: 'too_large' });
});
