import { get, type IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import type { RequestEvent } from '@sveltejs/kit';
import { expect, test } from 'vitest';
import { guard } from '$lib/server/http/guard.ts';
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

test('AG-05 CH-14 a page of a configured origin may use OpenAI’s client, which sends a key and tells of itself', async () => {
	const { url } = await serve();
	const wanted = ['authorization', 'content-type', 'x-stainless-os', 'openai-organization'];
	const { status, headers } = await ask(`${url}/v1/chat/completions`, {
		method: 'OPTIONS',
		headers: {
			...{ origin: friend, 'access-control-request-method': 'POST' },
			'access-control-request-headers': [...wanted, 'cookie'].join(',')
		}
	});
	expect([status, headers.get('access-control-allow-origin')]).toEqual([204, friend]);
	const allowed = headers.get('access-control-allow-headers')?.split(', ');
	expect(allowed).toEqual(expect.arrayContaining(wanted));
	expect(allowed).not.toContain('cookie');
	const answer = await ask(`${url}/v1/models`, { headers: { origin: friend } });
	expect(answer.headers.get('access-control-expose-headers')?.split(', ')).toContain('x-should-retry');
});

test.each([
	['/api/trpc/preferences.set', 'content-type'],
	['/api/files', 'content-disposition']
])('AG-05 a page of a configured origin may ask %s, with %s', async (path, header) => {
	const { url } = await serve();
	const { status, headers } = await ask(url + path, {
		method: 'OPTIONS',
		headers: { origin: friend, 'access-control-request-method': 'POST', 'access-control-request-headers': header }
	});
	expect([status, headers.get('access-control-allow-origin')]).toEqual([204, friend]);
	expect(headers.get('access-control-allow-headers')?.split(', ')).toContain(header);
	expect(headers.get('access-control-allow-methods')).toBe('GET, POST');
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

/** The status and the body of a GET under a Host of the test's own. */
async function askAs(url: string, host: string): Promise<{ status: number | undefined; body: string }> {
	const response = await new Promise<IncomingMessage>((resolve, reject) =>
		get(url, { headers: { host }, agent: false }, resolve).on('error', reject)
	);
	return { status: response.statusCode, body: await text(response) };
}

test.each([
	'rebound.example',
	'rebound.example:3000',
	'localhost.rebound.example',
	'friend.example',
	'x.localhost.com'
])(
	'AG-05 a name of another site that was made to lead here (%s) reads nothing and is told what to set',
	async (host) => {
		const { url } = await serve();
		const { status, body } = await askAs(`${url}/api/jobs`, host);
		expect(status).toBe(403);
		expect(JSON.parse(body)).toMatchObject({ code: 'forbidden_origin' });
		expect(body).toContain(`ORIGIN=http://${host} `);
	}
);

test.each([
	...[
		'127.0.0.1:3000',
		'192.168.1.5',
		'203.0.113.7:80',
		'[::1]:3000',
		'[2001:db8::1]',
		'localhost',
		'a.localhost:3000'
	],
	...['headway', 'headway:3000', 'nas.local', 'nas.lan', 'nas.home.arpa', 'nas.internal', 'NAS.Local.', hostname()],
	...['headway.example', 'headway.example:8443', 'localhost.']
])('AG-05 an address, a local name, this machine and the host of ORIGIN are answered: %s', async (host) => {
	const { url } = await serve();
	expect((await askAs(`${url}/api/jobs`, host)).status).toBe(200);
});

test('AG-05 a request that names no host is answered, as health checks of HTTP/1.0 send none', async () => {
	const { app } = await serve();
	const url = new URL('http://rebound.example/healthz');
	const eventWith = (headers: Record<string, string>) =>
		({ request: new Request(url, { headers }), url }) as unknown as RequestEvent;
	expect(guard(eventWith({}), app.config)).toBeNull();
	expect(guard(eventWith({ host: url.host }), app.config)).toMatchObject({ code: 'forbidden_origin' });
});
