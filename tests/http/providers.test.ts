import { expect, test } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { demoFor } from '../demo/support.ts';
import { ended, makeApp, start, temporaryFolder, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { ask, expectProblem, send } from './asking.ts';

const query = 'How do Fresnel lenses work in lighthouses?';
type Demo = Awaited<ReturnType<typeof demoFor>>;

/** A server with two providers, each a demo of its own. */
async function twoProviders(env: Record<string, string> = {}, dataDir = temporaryFolder()) {
	const [first, second] = await Promise.all([demoFor(), demoFor()]);
	const addresses = {
		...{ OPENAI_API_KEY: 'sk-first-secret', OPENAI_BASE_URL: first.url, HEADWAY_VENDOR: 'openai' },
		...{ CUSTOM_BASE_URL: second.url, CUSTOM_API_KEY: 'sk-second-secret', CUSTOM_LABEL: 'The lab' },
		...{ HEADWAY_MODEL: 'demo-research-1', CUSTOM_MODEL: 'demo-research-1', HEADWAY_IMAGE_MODEL: 'demo-image-1' }
	};
	const app = await makeApp({ env: { ...addresses, ...env }, dataDir });
	return { app, first, second, dataDir };
}

const arm = (demo: Demo, ...faults: object[]) =>
	fetch(demo.controlUrl, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ faults })
	});

/** The jobs that asked this demo for an answer. */
async function creates(demo: Demo): Promise<string[]> {
	const { ledger } = await (await fetch(demo.controlUrl)).json();
	return ledger.flatMap((entry: { method: string; path: string; jobId?: string }) =>
		entry.method === 'POST' && entry.path === '/v1/responses' ? [entry.jobId] : []
	);
}

const research = (app: App, provider?: string) =>
	start(app, 'research', { query, depth: 'quick', ...(provider ? { provider } : {}) });

test('TS-01 each run goes to the provider that it names, the others to the default; the row says where from the start', async () => {
	const { app, first, second } = await twoProviders({ HEADWAY_MAX_RUNNING: '1' });
	const one = await research(app);
	const two = await research(app, 'custom');
	expect((await app.queries.get('local', two.id)).provider).toBe('custom');
	expect(await ended(app, one.id)).toMatchObject({ status: 'succeeded', provider: 'openai' });
	expect(await ended(app, two.id)).toMatchObject({ status: 'succeeded', provider: 'custom' });
	expect(await creates(first)).toEqual([one.id]);
	expect((await creates(second)).length).toBeGreaterThan(0);
	expect(new Set(await creates(second)).has(one.id)).toBe(false);
});

test('TS-01 a provider that is not configured is refused at the door, also in a part of a batch', async () => {
	const { app } = await twoProviders();
	const url = await serveRoutes(app);
	const wrong = { query, provider: 'xai' };
	const one = await send(`${url}/api/jobs`, { operation: 'research', input: wrong });
	expectProblem(one, { status: 400, code: 'invalid_input' });
	expect(one.body.fields).toEqual([{ path: 'input.provider', message: 'is not configured' }]);
	const many = await send(`${url}/api/batches`, { operation: 'research', inputs: [{ query }, wrong] });
	expectProblem(many, { status: 400, code: 'invalid_input' });
});

test('BY-01 a job whose provider is not configured any more fails with a sentence that says so', async () => {
	const { app, first, dataDir } = await twoProviders({ HEADWAY_MAX_RUNNING: '1' });
	await arm(first, { name: 'stuck_queued' });
	await research(app);
	const waiting = await research(app, 'custom');
	await app.close();
	const next = await makeApp({ env: { OPENAI_BASE_URL: first.url, HEADWAY_VENDOR: 'openai' }, dataDir });
	const failed = await ended(next, waiting.id);
	expect(failed.error).toMatchObject({
		code: 'provider_unreachable',
		message: 'This job ran at "custom", which this server does not use any more.'
	});
});

test('TS-14 TS-15 the page and the door tell how each provider stands, and no key', async () => {
	const { app, first } = await twoProviders();
	const url = await serveRoutes(app);
	await ended(app, (await research(app)).id);
	const { status, body } = await ask(`${url}/api/providers`);
	expect(status).toBe(200);
	expect(body.providers).toMatchObject([
		{
			...{ id: 'openai', label: 'OpenAI', isDefault: true, demo: false, host: new URL(first.url).host },
			...{ models: { text: 'demo-research-1', images: 'demo-image-1' }, testable: true, running: 0, lastTest: null },
			...{ breaker: { state: 'closed', failuresInRow: 0 }, can: { background: true, webSearch: true } }
		},
		{ id: 'custom', label: 'The lab', isDefault: false, health: { requests: 0, latencyMs: null } }
	]);
	expect(body.providers[0].health).toMatchObject({ failures: 0, lastFailure: null });
	expect(body.providers[0].health.latencyMs).toBeGreaterThanOrEqual(0);
	expect(JSON.stringify(body)).not.toContain('secret');
	const typed = await ask(`${url}/api/trpc/providers.list`);
	expect(typed.body.result.data).toEqual(body.providers);
});

test('TS-14 a test asks for the list of models, and says what came of it; an unknown provider is not found', async () => {
	const { app, second } = await twoProviders();
	const url = await serveRoutes(app);
	const { status, body } = await send(`${url}/api/providers/openai/test`, {});
	expect(status).toBe(200);
	expect(body).toMatchObject({
		ok: true,
		message: expect.stringMatching(/^It answers, and has \d+ models, demo-research-1 among them\.$/)
	});
	expect(await creates(second)).toEqual([]);
	expectProblem(await send(`${url}/api/providers/nobody/test`, {}), { status: 404, code: 'not_found' });
	await second.close();
	expect((await send(`${url}/api/providers/custom/test`, {})).body).toMatchObject({
		ok: false,
		message: 'The lab cannot be reached. Check the address and the network.'
	});
	const [, custom] = (await ask(`${url}/api/providers`)).body.providers;
	expect(custom.lastTest).toMatchObject({ ok: false });
});

test('TS-01 OP-08 the models that a provider lists can be asked for, each at its own provider', async () => {
	const { app, first, second } = await twoProviders();
	const url = await serveRoutes(app);
	const { status, body } = await ask(`${url}/api/providers/custom/models`);
	expect([status, body.models]).toEqual([200, body.models.toSorted()]);
	expect(body.models).toEqual(expect.arrayContaining(['demo-chat-1', 'demo-research-1']));
	expect([await creates(first), await creates(second)]).toEqual([[], []]);
	expectProblem(await ask(`${url}/api/providers/nobody/models`), { status: 404, code: 'not_found' });
	await second.close();
	const gone = await ask(`${url}/api/providers/custom/models`);
	expectProblem(gone, { status: 502, code: 'provider_unreachable' });
	expect(JSON.stringify(gone.body)).not.toContain('secret');
});

test('TS-14 a refused key stops what follows before anything is sent, at that provider only; a test that is answered lets it go on', async () => {
	const { app, first } = await twoProviders();
	const url = await serveRoutes(app);
	await arm(first, { name: 'auth' });
	expect((await ended(app, (await research(app)).id)).error?.code).toBe('provider_auth');
	const asked = await creates(first);
	const stopped = await ended(app, (await research(app)).id);
	expect(stopped).toMatchObject({ status: 'failed', error: { code: 'provider_paused', retryable: true } });
	expect(stopped.error?.message).toMatch(/^The key for OpenAI was refused before, so nothing was sent\./);
	expect(stopped.cost).toEqual({ usd: 0, known: true });
	expect(await creates(first)).toEqual(asked);
	expect((await ended(app, (await research(app, 'custom')).id)).status).toBe('succeeded');
	expect((await ask(`${url}/api/providers`)).body.providers[0].breaker.state).toBe('held');
	expect(await (await fetch(`${url}/metrics`)).text()).toContain('headway_provider_breaker{provider="openai"} 2');
	await send(`${url}/api/providers/openai/test`, {});
	expect((await ended(app, (await research(app)).id)).status).toBe('succeeded');
	expect(await app.metrics.registry.metrics()).toContain(
		'headway_provider_requests_total{provider="openai",call="create",result="provider_auth"} 1'
	);
});

test('TS-13 TS-14 runs wait out a short pause, say so once, and all of them succeed', async () => {
	const { app, first } = await twoProviders({ HEADWAY_PROVIDER_PAUSE: '2' });
	await arm(first, { name: 'server_error', times: 6 });
	const runs = await Promise.all(Array.from({ length: 6 }, () => research(app)));
	await until(app, runs[0]!.id, () => app.providers.default.breaker.state.state === 'open');
	const over = await Promise.all(runs.map(({ id }) => ended(app, id)));
	expect(over.map(({ status }) => status)).toEqual(runs.map(() => 'succeeded'));
	const said = over.flatMap(({ notices }) => notices.filter(({ message }) => /nothing was sent/.test(message)));
	expect(said.length).toBeGreaterThan(0);
	expect(said.length).toBeLessThanOrEqual(runs.length);
	expect(said[0]?.message).toMatch(/^OpenAI failed too often just now, so nothing was sent\. Trying again in \d+ s\.$/);
	expect(app.providers.default.breaker.state.state).toBe('closed');
}, 30_000);
