import { describe, expect, test } from 'vitest';
import { preferences } from '$lib/server/db/schema.ts';
import { Preferences } from '$lib/server/preferences.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { ask, expectProblem } from '../../http/asking.ts';
import { makeApp, runsOf, temporaryFolder } from '../../support/app.ts';
import { stepsThat } from '../../support/operations.ts';
import { serveRoutes } from '../../support/route-server.ts';
import { makeCore } from './core.ts';

const put = (url: string, body: unknown, headers: Record<string, string> = {}) =>
	ask(`${url}/api/preferences`, {
		method: 'PUT',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body)
	});
const anApp = (dataDir = temporaryFolder()) => makeApp({ dataDir, runs: runsOf(stepsThat(async () => ({ sum: 1 }))) });

describe('preferences', () => {
	test('IM-09 streaming is on until a person turns it off, and then off until it is turned on', async () => {
		const { db } = makeCore();
		const kept = new Preferences(db);
		expect(await kept.of('anna')).toEqual({ streaming: true, memory: true });
		expect(await kept.set('anna', { streaming: false })).toEqual({ streaming: false, memory: true });
		expect(await kept.set('anna', {})).toEqual({ streaming: false, memory: true });
		expect(await kept.of('anna')).toEqual({ streaming: false, memory: true });
		expect(await kept.set('anna', { streaming: true })).toEqual({ streaming: true, memory: true });
	});

	test('IM-09 one person’s choice is nobody else’s', async () => {
		const { db } = makeCore();
		const kept = new Preferences(db);
		await kept.set('anna', { streaming: false });
		expect(await kept.of('bert')).toEqual({ streaming: true, memory: true });
	});

	test('IM-09 the choice holds over a restart of the server, for every tab and device', async () => {
		const dataDir = temporaryFolder();
		const first = await anApp(dataDir);
		await first.preferences.set('local', { streaming: false });
		await first.close();
		const second = await anApp(dataDir);
		expect(await second.preferences.of('local')).toEqual({ streaming: false, memory: true });
	});

	test('IM-09 a value that cannot be read counts as never chosen', async () => {
		const { db } = makeCore();
		db.insert(preferences).values({ owner: 'anna', name: 'streaming', value: 'perhaps' }).run();
		db.insert(preferences).values({ owner: 'anna', name: 'of-another-version', value: 1 }).run();
		expect(await new Preferences(db).of('anna')).toEqual({ streaming: true, memory: true });
	});

	test('IM-09 they are read and changed over plain HTTP', async () => {
		const url = await serveRoutes(await anApp());
		expect((await ask(`${url}/api/preferences`)).body).toEqual({ streaming: true, memory: true });
		expect(await put(url, { streaming: false })).toMatchObject({ status: 200, body: { streaming: false } });
		expect((await ask(`${url}/api/preferences`)).body).toEqual({ streaming: false, memory: true });
	});

	test('IM-09 over HTTP what makes no sense is refused, as is a page of another site', async () => {
		const url = await serveRoutes(await anApp());
		const wrong = await put(url, { streaming: 'no' });
		expectProblem(wrong, { status: 400, code: 'invalid_input', fields: ['body.streaming'] });
		expectProblem(await put(url, { colour: 'red' }), { status: 400, code: 'invalid_input' });
		const foreign = await put(url, { streaming: false }, { origin: 'https://evil.example' });
		expectProblem(foreign, { status: 403, code: 'forbidden_origin' });
		expect((await ask(`${url}/api/preferences`)).body).toEqual({ streaming: true, memory: true });
	});

	test('IM-09 DC-01 they are read and changed over the typed door', async () => {
		const app = await anApp();
		const caller = appRouter.createCaller({ app, owner: 'anna', signal: new AbortController().signal });
		expect(await caller.preferences.set({ streaming: false })).toEqual({ streaming: false, memory: true });
		expect(await caller.preferences.get()).toEqual({ streaming: false, memory: true });
		await expect(caller.preferences.set({ streaming: 'no' as never })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
	});
});
