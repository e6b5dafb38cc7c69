import { expect, test } from 'vitest';
import { compared, expectSameWhole, headOf, watchPath } from './compared.ts';
import type { RawRequest } from './raw-connection.ts';

const feed = watchPath({ feed: true });
const encoded = (text: string) => `/api/trpc/live.watch?input=${encodeURIComponent(text)}`;
const many = Array.from({ length: 101 }, (_, n) => ({ jobId: `job_${n}`, after: 0 }));

test.each<[string, string, RawRequest?]>([
	['input that is no JSON', encoded('{"follow":')],
	['input that is not encoded well', '/api/trpc/live.watch?input=%E0%A4%A'],
	['input of another shape', encoded('"everything"')],
	['an input that is a list', encoded('[1,2]')],
	['cursors of the wrong types', watchPath({ follow: [{ jobId: 7, after: 'x' }] })],
	['a cursor below zero', watchPath({ follow: [{ jobId: 'job_1', after: -1 }] })],
	['more jobs than may be followed', watchPath({ follow: many })],
	['an input of 60,000 characters', watchPath({ follow: [{ jobId: 'x'.repeat(60_000), after: 0 }] })],
	['a prototype for an input', encoded('{"__proto__":{"feed":true},"follow":[{"jobId":"","after":0}]}')],
	['a last id that is too long', watchPath({ follow: [], lastEventId: 'x'.repeat(8_001) })],
	['no such procedure', '/api/trpc/live.watching'],
	['no procedure at all', '/api/trpc/'],
	['a path that only looks like it', '/api/trpc//live.watch'],
	['a path with a part behind it', '/api/trpc/live.watch/more'],
	['a path that is encoded', '/api/trpc/live%2Ewatch%3F'],
	['a list of procedures', '/api/trpc/live.watch,live.watch?batch=1&input=%7B%7D'],
	['a POST', '/api/trpc/live.watch', { method: 'POST', headers: json('{}'), body: '{}' }],
	['a PUT', feed, { method: 'PUT', headers: json('{}'), body: '{}' }],
	['an OPTIONS', feed, { method: 'OPTIONS', headers: { origin: 'https://friend.example' } }],
	['a foreign name', feed, { headers: { host: 'evil.example' } }],
	['a foreign name, on the plain address', '/api/events?job_id=x', { headers: { host: 'evil.example' } }],
	['a POST to the plain address', '/api/events?job_id=x', { method: 'POST', headers: json('{}'), body: '{}' }]
])('DC-01 both answer %s alike, from the status to the last byte', async (_what, path, request = {}) => {
	const side = await compared();
	const both = await side.ask(path, { ...request, headers: { connection: 'close', ...request.headers } });
	await expectSameWhole(both);
	expect(both.fast.text).not.toMatch(/node_modules|\.ts:\d/);
	expect(side.app.live.open).toBe(0);
});

function json(body: string): Record<string, string> {
	return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
}

test('DC-01 a HEAD of a stream is answered alike, without a body and without a stream left open', async () => {
	const side = await compared();
	for (const path of ['/api/jobs/job_0/events', '/api/events?job_id=job_0', '/api/trpc/live.nothing']) {
		const { stock, fast } = await side.ask(path, { method: 'HEAD', headers: { connection: 'close' } });
		expect(headOf(fast)).toEqual(headOf(stock));
	}
	expect(side.at.taken()).toBe(0);
	await expect.poll(() => side.app.live.open).toBe(0);
});

test.each([
	['an allowed origin', 'https://friend.example', 'https://friend.example'],
	['any other origin', 'https://stranger.example', null]
])('AG-05 both give %s the same headers on a stream', async (_which, origin, allowed) => {
	const side = await compared({ env: { HEADWAY_CORS_ORIGINS: 'https://friend.example' } });
	const { id } = await side.begin();
	for (const path of [feed, `/api/jobs/${id}/events`, `/api/events?job_id=${id}`]) {
		const { stock, fast } = await side.ask(path, { headers: { origin } });
		expect(headOf(fast)).toEqual(headOf(stock));
		expect(fast.header('access-control-allow-origin')).toBe(allowed);
		expect(fast.header('content-type')).toMatch(/^text\/event-stream/);
		expect(fast.header('x-content-type-options')).toBe('nosniff');
	}
	expect(side.at.taken()).toBe(3);
});

test('TS-17 both tell what is left of the requests, and refuse alike what is one too many', async () => {
	const side = await compared({ env: { HEADWAY_REQUESTS_PER_MINUTE: '6' } });
	const { id } = await side.begin();
	for (const path of [feed, `/api/jobs/${id}/events`]) {
		const { stock, fast } = await side.ask(path);
		expect(headOf(fast)).toEqual(headOf(stock));
		expect(fast.header('ratelimit-policy')).toBe('"requests";q=6;w=60');
		expect(fast.header('ratelimit')).toMatch(/^"requests";r=[0-5];t=\d+$/);
	}
	// Six may ask within the minute, and the bucket refills by one in ten seconds of a clock that stands still.
	await side.ask(feed);
	for (const [path, says] of [
		[feed, '"reason":"limit_reached"'],
		[`/api/jobs/${id}/events`, '"code":"limit_reached"']
	] as const) {
		const both = await side.ask(path);
		await expectSameWhole(both);
		expect(both.fast.status).toBe(429);
		expect(both.fast.text).toContain(says);
		expect(Number(both.fast.header('retry-after'))).toBeGreaterThan(0);
	}
	expect(side.app.live.open).toBe(6);
});
