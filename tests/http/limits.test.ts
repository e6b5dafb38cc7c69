import type { TRPCClientError } from '@trpc/client';
import { expect, test } from 'vitest';
import { addressKey } from '$lib/server/http/address-key.ts';
import { ended, makeApp, runsOf, start } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send, type Answer } from './asking.ts';
import { instant, Stepwise } from './stepwise.ts';
import { clientOf, watch } from './watching.ts';

const patience = { timeout: 10_000 };
const request = { operation: 'stepwise', input: { text: 'x' } };

async function serve(env: Record<string, string>) {
	const stepwise = new Stepwise();
	const { operationRuns } = await import('$lib/operations/index.server.ts');
	const app = await makeApp({ runs: { ...operationRuns(), ...runsOf(stepwise.operation, instant('instant')) }, env });
	const url = await serveRoutes(app, ({ headers }) => headers.get('x-owner') ?? 'local');
	return { app, url, stepwise };
}

/** A refusal for a limit: the problem, how long to wait in the head and in the sentence. */
function expectTooMany(answer: Answer, most: number): void {
	expectProblem(answer, { status: 429, code: 'limit_reached' });
	const wait = Number(answer.headers.get('retry-after'));
	expect(wait).toBeGreaterThanOrEqual(1);
	expect(wait).toBeLessThanOrEqual(most);
	expect(answer.body.title).toContain(`in ${wait} second`);
}

async function refusal(promise: Promise<unknown>): Promise<TRPCClientError<never>> {
	return promise.then(
		() => expect.fail('it was not refused'),
		(error: unknown) => error as TRPCClientError<never>
	);
}

const counted = (app: Awaited<ReturnType<typeof serve>>['app'], limit: string) =>
	app.metrics.registry
		.getSingleMetric('headway_throttled_total')
		?.get()
		.then(({ values }) => values.find(({ labels }) => labels['limit'] === limit)?.value);

test('TS-17 an owner’s starts by the minute are counted in the headers, and one too many gets 429 with how long to wait', async () => {
	const { app, url } = await serve({ HEADWAY_STARTS_PER_MINUTE: '3' });
	for (const left of [2, 1, 0]) {
		const { status, headers } = await send(`${url}/api/jobs`, request);
		expect([status, headers.get('ratelimit-policy')]).toEqual([201, '"starts";q=3;w=60']);
		expect(headers.get('ratelimit')).toMatch(new RegExp(`^"starts";r=${left};t=(60|5\\d)$`));
	}
	const refused = await send(`${url}/api/jobs`, request);
	expectTooMany(refused, 60);
	expect(refused.headers.get('ratelimit')).toMatch(/^"starts";r=0;t=\d+$/);
	expect((await app.jobs.list('local', {})).jobs).toHaveLength(3);
	expect((await send(`${url}/api/jobs`, request, { 'x-owner': 'another' })).status).toBe(201);
	expect((await ask(`${url}/api/jobs`)).status).toBe(200);
	expect(await counted(app, 'starts')).toBe(1);
});

test('TS-17 every way to start a job counts, a batch as one, and the typed door says how long to wait', async () => {
	const { app, url } = await serve({ HEADWAY_STARTS_PER_MINUTE: '4' });
	const client = clientOf(url);
	const first = await start(app, 'instant', { text: 'first' });
	await ended(app, first.id);
	const batch = { operation: 'instant', inputs: [{ text: 'a' }, { text: 'b' }] };
	expect((await send(`${url}/api/jobs/${first.id}/retry`, {})).status).toBe(201);
	expect((await send(`${url}/api/batches`, batch)).status).toBe(201);
	await client.jobs.retry.mutate({ id: first.id });
	await client.operations.research.start.mutate({ input: { query: 'How do tides work?' } });
	const refused = await refusal(client.operations.research.start.mutate({ input: { query: 'And why?' } }));
	expect(refused.data).toMatchObject({ code: 'TOO_MANY_REQUESTS', reason: 'limit_reached', httpStatus: 429 });
	const { retryAfter } = refused.data as unknown as { retryAfter: number };
	expect(refused.message).toContain(`Try again in ${retryAfter} second`);
	expectTooMany(await send(`${url}/api/batches`, batch), 60);
	expectTooMany(await send(`${url}/api/jobs/${first.id}/retry`, {}), 60);
});

test('TS-17 one address may send so many requests in a minute; health is told at any time, and no number means no limit', async () => {
	const { app, url } = await serve({ HEADWAY_REQUESTS_PER_MINUTE: '4' });
	for (let n = 1; n <= 4; n += 1) expect((await ask(`${url}/api/operations`)).status).toBe(200);
	expectTooMany(await ask(`${url}/api/operations`), 60);
	expect((await refusal(clientOf(url).system.info.query())).data).toMatchObject({
		code: 'TOO_MANY_REQUESTS',
		reason: 'limit_reached',
		path: 'system.info',
		retryAfter: expect.any(Number)
	});
	for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(url + path)).status).toBe(200);
	expect(await counted(app, 'requests')).toBe(2);
	const { url: free } = await serve({ HEADWAY_REQUESTS_PER_MINUTE: '0' });
	const answer = await ask(`${free}/api/operations`);
	expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
});

test('TS-17 a stream too many is refused before it opens, and one that starts a job starts none', async () => {
	const { app, url, stepwise } = await serve({ HEADWAY_MAX_STREAMS_PER_OWNER: '2' });
	const { id } = await start(app, 'stepwise', { text: 'watched' });
	await stepwise.begun(id);
	const hangUp = new AbortController();
	const events = `${url}/api/jobs/${id}/events`;
	for (let n = 0; n < 2; n += 1) await fetch(events, { signal: hangUp.signal });
	expectTooMany(await ask(events), 10);
	expectTooMany(await send(`${url}/api/jobs`, request, { accept: 'text/event-stream' }), 10);
	expect((await app.jobs.list('local', {})).jobs).toHaveLength(1);
	expect((await ask(`${url}/api/jobs/${id}`)).status).toBe(200);
	expect(await counted(app, 'streams')).toBe(2);
	hangUp.abort();
	await expect.poll(() => app.live.streams.count(), patience).toBe(0);
	const again = await fetch(events);
	expect(again.status).toBe(200);
	await again.body?.cancel();
});

test('TS-17 the typed door tells a stream too many how long to wait, and its client comes in when there is room', async () => {
	const { app, url, stepwise } = await serve({ HEADWAY_MAX_STREAMS: '1' });
	const { id } = await start(app, 'stepwise', { text: 'watched' });
	const step = await stepwise.begun(id);
	const hangUp = new AbortController();
	await fetch(`${url}/api/jobs/${id}/events`, { signal: hangUp.signal });
	const input = encodeURIComponent(JSON.stringify({ follow: [{ jobId: id, after: 0 }] }));
	const refused = await (await fetch(`${url}/api/trpc/live.watch?input=${input}`)).text();
	expect(refused).toContain('event: serialized-error');
	expect(refused).toMatch(/"code":"TOO_MANY_REQUESTS".*"retryAfter":10/);
	const over = watch(url, { follow: [{ jobId: id, after: 0 }], frame: () => undefined });
	await expect.poll(() => counted(app, 'streams'), patience).toBeGreaterThanOrEqual(2);
	hangUp.abort();
	await expect.poll(() => app.live.streams.count('trpc'), patience).toBe(1);
	step.finish('done');
	await expect(over).resolves.toBeUndefined();
}, 30_000);

test.each([
	['127.0.0.1', '127.0.0.1'],
	['::ffff:192.0.2.7', '192.0.2.7'],
	['::FFFF:C000:0207', '192.0.2.7'],
	['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
	['2001:db8:1:2::9', '2001:db8:1:2::/64'],
	['2001:db8:1:3::9', '2001:db8:1:3::/64'],
	['fe80::1%eth0', 'fe80:0:0:0::/64'],
	['::1', '0:0:0:0::/64'],
	['not an address', 'not an address']
])('TS-17 the address %s counts as %s', (address, key) => expect(addressKey(address)).toBe(key));
