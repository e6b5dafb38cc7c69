import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, start, temporaryFolder, until } from '../../support/app.ts';

const query = { query: 'How does caffeine affect sleep?', depth: 'quick' };
const slowly = { HEADWAY_DEMO_PACE: '10' };

/** The requests of one kind that the demo of this app has had. */
async function asked(app: App, method: string, part: string): Promise<number> {
	const { ledger } = (await (await fetch(app.demo?.controlUrl ?? '')).json()) as {
		ledger: { method: string; path: string }[];
	};
	return ledger.filter((entry) => entry.method === method && entry.path.includes(part)).length;
}

const result = ({ content }: { content: Record<string, string> }) => content.report ?? '';
const seqs = (events: readonly JobEvent[]) => events.map(({ seq }) => seq);

test.each([
	['while it searches', 'searching'],
	['while it reads', 'reading'],
	['while it writes', 'synthesizing']
])(
	'BY-01 RS-13 a research that the server left %s goes on after the restart: nothing lost, nothing twice, one create',
	async (_, phase) => {
		const dataDir = temporaryFolder();
		const first = await makeApp({ dataDir, env: slowly });
		const { id } = await start(first, 'research', query);
		const left = await until(first, id, (snapshot) => snapshot.phase === phase);
		expect(await asked(first, 'POST', '/v1/responses')).toBe(1);
		await first.close();

		const second = await makeApp({ dataDir, env: slowly });
		const snapshot = await ended(second, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', error: null, responseId: left.responseId });
		expect(await asked(second, 'POST', '/v1/responses')).toBe(0);
		const events = await allEvents(second, id);
		expect(seqs(events)).toEqual(events.map((_event, index) => index + 1));
		expect(events.filter(({ type }) => ['done', 'error', 'cancelled'].includes(type))).toHaveLength(1);

		// What an undisturbed run of the same question says, this one says too.
		const calm = await makeApp();
		const undisturbed = await ended(calm, (await start(calm, 'research', query)).id);
		expect(result(snapshot)).toBe(result(undisturbed));
		const calls = (events_: typeof snapshot) =>
			(events_.state as { calls: { query: string | null; link: string | null }[] }).calls.map(
				({ query: text, link }) => text ?? link
			);
		expect(calls(snapshot)).toEqual(calls(undisturbed));
	},
	30_000
);

test('PG-12 RS-07 a reader that was watching before the restart goes on after it from its cursor', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir, env: slowly });
	const { id } = await start(first, 'research', query);
	const before: JobEvent[] = [];
	const watching = (async () => {
		const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: true };
		for await (const { events } of first.live.watch(watch, new AbortController().signal)) before.push(...events);
	})();
	await until(first, id, (snapshot) => snapshot.phase === 'searching');
	const cut = expect(watching).rejects.toMatchObject({ name: 'AbortError' });
	await first.close();
	await cut;

	const second = await makeApp({ dataDir, env: slowly });
	const after = await allEvents(second, id, before.at(-1)?.seq ?? 0);
	expect([...before, ...after]).toEqual(await allEvents(second, id));
}, 30_000);

test('RS-10 a shutdown with open streams and a running job takes less than 2 s', async () => {
	const app = await makeApp({ env: slowly });
	const { id } = await start(app, 'research', query);
	await until(app, id, (snapshot) => snapshot.responseId !== null);
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: true, snapshots: true };
	const streams = Array.from({ length: 20 }, async () => {
		for await (const frame of app.live.watch(watch, new AbortController().signal))
			expect(frame.cursors).toHaveLength(1);
	});
	const all = Promise.allSettled(streams);
	const began = Date.now();
	await app.drain();
	await all;
	expect(Date.now() - began).toBeLessThan(2_000);
	expect(app.live.open).toBe(0);
});

test('PG-12 a snapshot that an older version stored has every field of this one', async () => {
	const dataDir = temporaryFolder();
	const first = await makeApp({ dataDir });
	const { id } = await start(first, 'research', query);
	const { serverNow: _then, ...stored } = await ended(first, id);
	await first.close();
	const db = new Database(join(dataDir, 'headway.db'));
	db.exec("update jobs set snapshot = json_remove(snapshot, '$.parentId', '$.waitingFor')");
	db.close();

	const second = await makeApp({ dataDir });
	expect(await second.jobs.snapshot('local', id)).toMatchObject(stored);
	expect(stored).toMatchObject({ parentId: null, waitingFor: null });
});
