import { expect, test } from 'vitest';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, start, temporaryFolder } from '../../support/app.ts';

async function slowCreates(app: App, ms: number): Promise<void> {
	await fetch(app.demo?.controlUrl ?? '', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ faults: [{ name: 'slow_headers', on: 'create', ms }] })
	});
}

interface Control {
	ledger: { method: string; path: string; status: number }[];
	responses: { id: string; status: string }[];
}

async function control(app: App): Promise<Control> {
	return (await (await fetch(app.demo?.controlUrl ?? '')).json()) as Control;
}

/** Resolves once the request for the create has left. */
async function leaving(app: App, id: string): Promise<void> {
	const gone = AbortSignal.timeout(5_000);
	while ((await app.queries.get('local', id)).providerState !== 'creating') {
		gone.throwIfAborted();
		await new Promise(setImmediate);
	}
}

test('CX-06 BY-05 a cancel while the create is on its way waits for its id, and then cancels at the provider', async () => {
	// At a pace at which the research still runs when its id comes.
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '4' } });
	await slowCreates(app, 600);
	const { id } = await start(app, 'research', { query: 'How do tides work?' });
	await leaving(app, id);
	await app.jobs.cancel('local', id);
	const { status, receipt } = await ended(app, id);
	expect(status).toBe('cancelled');
	expect(receipt).toMatchObject({ provider: 'confirmed', cost: { usd: 0, known: true } });
	const { ledger, responses } = await control(app);
	expect(ledger.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(1);
	expect(responses.map((response) => response.status)).toEqual(['cancelled']);
}, 15_000);

test('BY-02 BY-01 a shutdown while the create is on its way leaves the job to the next process when the id comes in time', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir });
	await slowCreates(first, 400);
	const { id } = await start(first, 'research', { query: 'How do tides work?' });
	await leaving(first, id);
	await first.close();
	const second = await makeApp({ dataDir });
	expect(await ended(second, id)).toMatchObject({ status: 'succeeded', error: null });
	expect(
		(await control(second)).ledger.filter(({ method, path }) => method === 'POST' && path.endsWith('/responses'))
	).toHaveLength(0);
}, 20_000);

test('BY-02 a shutdown while the create is on its way and stays without an answer is an unknown outcome', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir });
	await slowCreates(first, 10_000);
	const { id } = await start(first, 'research', { query: 'How do tides work?' });
	await leaving(first, id);
	await first.close();
	const second = await makeApp({ dataDir });
	expect((await second.jobs.snapshot('local', id)).error).toMatchObject({ code: 'unknown_outcome' });
}, 20_000);
