import { expect, test } from 'vitest';
import { makeApp, start } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { send } from './asking.ts';

test('TS-22 HEAD answers as GET would, without a body and without leaving a stream open', async () => {
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '4' } });
	const url = await serveRoutes(app);
	expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
	const { id } = await start(app, 'research', { query: 'How do tides work?' });
	const head = await fetch(`${url}/api/jobs/${id}/events`, { method: 'HEAD' });
	expect(head.headers.get('content-type')).toContain('text/event-stream');
	expect(app.live.open).toBe(0);
});

test('RS-01 an Idempotency-Key finds its job again though the fields come in another order', async () => {
	const url = await serveRoutes(await makeApp({ env: { HEADWAY_DEMO_PACE: '4' } }));
	const key = { 'idempotency-key': 'again' };
	const first = await send(
		`${url}/api/jobs`,
		{ operation: 'research', input: { query: 'How do tides work?', depth: 'quick' } },
		key
	);
	const again = await send(
		`${url}/api/jobs`,
		{ operation: 'research', input: { depth: 'quick', query: 'How do tides work?' } },
		key
	);
	expect([first.status, again.status]).toEqual([201, 200]);
	expect(again.body.id).toBe(first.body.id);
});
