import { expect, test } from 'vitest';
import { makeApp, runsOf, start } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';
import { Stepwise } from './stepwise.ts';

const friend = 'https://friend.example';
const stranger = 'https://stranger.example';
const request = { operation: 'stepwise', input: { text: 'x' } };

async function serve() {
	const app = await makeApp({
		runs: runsOf(new Stepwise().operation),
		env: { HEADWAY_CORS_ORIGINS: friend, ORIGIN: 'https://headway.example' }
	});
	return { app, url: await serveRoutes(app) };
}

test('AG-05 a page of another site can neither start nor read; one of a configured origin can do both', async () => {
	const { app, url } = await serve();
	expectProblem(await send(`${url}/api/jobs`, request, { origin: stranger }), {
		status: 403,
		code: 'forbidden_origin'
	});
	expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	const started = await send(`${url}/api/jobs`, request, { origin: friend });
	expect(started.status).toBe(201);
	for (const path of ['/api/jobs', `/api/jobs/${started.body.id}`, '/api/operations', '/api/trpc/system.info']) {
		const [toFriend, toStranger, toNobody] = await Promise.all(
			[friend, stranger, null].map((origin) => ask(url + path, { headers: origin ? { origin } : {} }))
		);
		expect(toFriend?.headers.get('access-control-allow-origin')).toBe(friend);
		expect(toFriend?.headers.get('vary')).toMatch(/origin/i);
		expect(toStranger?.headers.get('access-control-allow-origin')).toBeNull();
		expect(toNobody?.headers.get('access-control-allow-origin')).toBeNull();
	}
});

test('AG-05 our own pages, the configured origin and programs without an origin may start jobs', async () => {
	const { url } = await serve();
	for (const headers of [
		{ origin: url },
		{ origin: 'https://headway.example' },
		{},
		{ 'sec-fetch-site': 'same-origin' }
	]) {
		expect((await send(`${url}/api/jobs`, request, headers as Record<string, string>)).status).toBe(201);
	}
	// Another port of the same host is another origin.
	const { port } = new URL(url);
	const neighbour = url.replace(port, String(Number(port) + 1));
	expect((await send(`${url}/api/jobs`, request, { origin: neighbour })).status).toBe(403);
});

test('AG-05 a preflight of a configured origin names methods and headers; that of any other allows nothing', async () => {
	const { url } = await serve();
	const preflight = (origin: string) =>
		ask(`${url}/api/jobs`, {
			method: 'OPTIONS',
			headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'idempotency-key' }
		});
	const [allowed, refused] = [await preflight(friend), await preflight(stranger)];
	expect(allowed.status).toBe(204);
	expect(allowed.headers.get('access-control-allow-origin')).toBe(friend);
	expect(allowed.headers.get('access-control-allow-methods')).toBe('GET, POST');
	expect(allowed.headers.get('access-control-allow-headers')).toContain('idempotency-key');
	expect(refused.headers.get('access-control-allow-origin')).toBeNull();
});

test('AG-05 every answer forbids sniffing, referrers and foreign openers, refusals and streams too', async () => {
	const { app, url } = await serve();
	const { id } = await start(app, 'stepwise', { text: 'x' });
	const paths = [
		'/api/jobs',
		'/api/nothing',
		'/healthz',
		'/readyz',
		'/metrics',
		'/api/operations',
		`/api/jobs/${id}`,
		'/api/trpc/system.info',
		'/api/trpc/no.such'
	];
	const answers = await Promise.all(paths.map((path) => fetch(url + path)));
	answers.push(await fetch(`${url}/api/jobs`, { method: 'POST', headers: { origin: stranger } }));
	const hangUp = new AbortController();
	answers.push(await fetch(`${url}/api/jobs/${id}/events`, { signal: hangUp.signal }));
	for (const { headers, url: address } of answers) {
		expect([address, headers.get('x-content-type-options')]).toEqual([address, 'nosniff']);
		expect(headers.get('referrer-policy')).toBe('same-origin');
		expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
	}
	expect(answers).toHaveLength(paths.length + 2);
	hangUp.abort();
});
