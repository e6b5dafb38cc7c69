import { expect, test } from 'vitest';
import { allEvents, ended, makeApp, start } from '../../support/app.ts';
import { serveRoutes } from '../../support/route-server.ts';

test('RS-05 a research with the demo provider ends with done and a report', async () => {
	const app = await makeApp();
	const { id } = await start(app, 'research', { query: 'How does caffeine affect sleep?', depth: 'quick' });
	const snapshot = await ended(app, id);
	expect(snapshot.error).toBeNull();
	expect(snapshot.status).toBe('succeeded');
	expect((await allEvents(app, id)).at(-1)?.type).toBe('done');
});

test('TS-22 the health endpoint says ready', async () => {
	const url = await serveRoutes(await makeApp());
	expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ready' });
});
