import { copyFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import type { HeadwayError } from '$lib/jobs/error.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../support/app.ts';
import { stepsThat, untilStopped } from '../support/operations.ts';
import { serveRoutes } from '../support/route-server.ts';
import { clientOf } from '../http/watching.ts';
import { upTo } from '../lib/server/core.ts';
import { headwayEntry, ServerProcess } from './server-process.ts';
import { startOne, endOf } from './researches.ts';

const MANY = 20;
const query = { query: 'How does caffeine affect sleep?', depth: 'quick' };
const post = (url: string, body: unknown = {}, headers: Record<string, string> = {}) =>
	fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body)
	});
const countOf = (events: readonly JobEvent[], type: string) => events.filter((event) => event.type === type).length;

interface Ledger {
	ledger: { method: string; path: string }[];
}

test('CX-12 BY-02 twenty clients that send one start at the same moment have one job and one create', async () => {
	const app = await makeApp();
	const url = await serveRoutes(app);
	const key = { 'idempotency-key': 'the-same' };
	const plain = upTo(MANY / 2).map(
		async () =>
			(await (await post(`${url}/api/jobs`, { operation: 'research', input: query }, key)).json()) as { id: string }
	);
	const typed = upTo(MANY / 2).map(() =>
		clientOf(url).operations.research.start.mutate({ input: { query: query.query, depth: 'quick' }, key: 'the-same' })
	);
	const ids = new Set((await Promise.all([...plain, ...typed])).map(({ id }) => id));
	expect(ids.size).toBe(1);
	const [id = ''] = ids;
	expect((await ended(app, id)).status).toBe('succeeded');
	const { ledger } = (await (await fetch(app.demo?.controlUrl ?? '')).json()) as Ledger;
	expect(ledger.filter(({ method, path }) => method === 'POST' && path.endsWith('/responses'))).toHaveLength(1);
});

test('CX-13 BY-05 twenty cancels from both doors at once: one cancel at the provider, one receipt', async () => {
	const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '10' } });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'research', query);
	await until(app, id, ({ phase }) => phase === 'searching');
	const asked = upTo(MANY).map((n) =>
		n % 2 ? post(`${url}/api/jobs/${id}/cancel`) : clientOf(url).jobs.cancel.mutate({ id })
	);
	await Promise.all(asked);
	expect((await ended(app, id)).status).toBe('cancelled');
	const events = await allEvents(app, id);
	expect([countOf(events, 'cancelling'), countOf(events, 'cancelled')]).toEqual([1, 1]);
	const { ledger } = (await (await fetch(app.demo?.controlUrl ?? '')).json()) as Ledger;
	expect(ledger.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(1);
});

test('BY-06 twenty clients that finish a job now: it is asked once', async () => {
	const run = stepsThat(async (ctx) => {
		ctx.phase('first');
		await untilStopped(ctx.finishing).catch(() => undefined);
		return { sum: 1 };
	});
	const app = await makeApp({ runs: runsOf(run) });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ phase }) => phase === 'first');
	await Promise.all(upTo(MANY).map(() => post(`${url}/api/jobs/${id}/finish`)));
	expect((await ended(app, id)).status).toBe('succeeded');
	expect(countOf(await allEvents(app, id), 'finishing')).toBe(1);
});

test('OP-01 twenty different answers to one question at once: one is taken, the others are told so', async () => {
	const run = stepsThat(async (ctx) => ({ sum: await ctx.ask('how-many', 'How many?', z.number()) }));
	const app = await makeApp({ runs: runsOf(run) });
	const url = await serveRoutes(app);
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ question }) => question !== null);
	// In one turn of the event loop, as from many connections of a fast machine; and over the door.
	const direct = upTo(MANY / 2).map((value) =>
		app.jobs.answer('local', id, 'how-many', value).then(
			() => 200,
			(error: HeadwayError) => error.code
		)
	);
	const sent = upTo(MANY / 2).map(
		async (n) => (await post(`${url}/api/jobs/${id}/answer`, { questionId: 'how-many', value: n + MANY / 2 })).status
	);
	const answers = await Promise.all([...direct, ...sent]);
	const taken = answers.flatMap((outcome, index) => (outcome === 200 ? [index + 1] : []));
	expect(taken).toHaveLength(1);
	expect(answers.filter((outcome) => outcome === 409 || outcome === 'conflict')).toHaveLength(MANY - 1);
	expect((await ended(app, id)).result).toEqual({ sum: taken[0] });
	expect(countOf(await allEvents(app, id), 'answer')).toBe(1);
});

test('DC-02 a second server on the same data ends with a sentence, and the first is not disturbed', async () => {
	const dataDir = temporaryFolder();
	const first = await ServerProcess.headway({ HEADWAY_DATA: dataDir, HEADWAY_DEMO_PACE: '50' });
	const id = await startOne(first.url, query.query, 'first');
	const env = { ...process.env, HEADWAY_DATA: dataDir, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' };
	const second = spawn(process.execPath, [headwayEntry], { env });
	onTestFinished(() => void second.kill('SIGKILL'));
	let said = '';
	second.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
	const [code] = (await once(second, 'close')) as [number];
	expect(code).not.toBe(0);
	expect(said).toContain(
		`Another Headway (process ${first.pid}) uses the data folder ${dataDir}. Stop it, or set HEADWAY_DATA to another folder.`
	);
	expect(await endOf(first.url, id)).toMatchObject({ status: 'succeeded' });
}, 40_000);

test('PG-12 clients of a log that was put back from an older copy start anew from a snapshot, and wait for nothing', async () => {
	const dataDir = temporaryFolder();
	const { database } = dataPaths(dataDir);
	const backup = `${database}.backup`;
	const first = await makeApp({ dataDir, env: { HEADWAY_DEMO_PACE: '8' } });
	const { id } = await start(first, 'research', query);
	const early = await until(first, id, ({ phase }) => phase === 'searching');
	const open = new Database(database);
	await open.backup(backup);
	open.close();
	const late = await until(first, id, ({ phase }) => phase === 'synthesizing');
	await first.close();
	expect(late.seq).toBeGreaterThan(early.seq + 5);
	for (const file of [database, `${database}-wal`, `${database}-shm`]) rmSync(file, { force: true });
	copyFileSync(backup, database);

	const second = await makeApp({ dataDir });
	expect(second.logEpoch).not.toBe(late.logEpoch);
	const url = await serveRoutes(second);
	// What the page's link sends when it comes back.
	const lastEventId = `${late.logEpoch};${id}:${late.seq}`;
	const snapshots: { seq: number; logEpoch: string }[] = [];
	const events: JobEvent[] = [];
	await new Promise<void>((resolve, reject) => {
		const subscription = clientOf(url).live.watch.subscribe(
			{ follow: [{ jobId: id, after: late.seq }], lastEventId },
			{
				onData: ({ data }) => (snapshots.push(...data.snapshots), events.push(...(data.events as JobEvent[]))),
				onComplete: resolve,
				onError: reject
			}
		);
		onTestFinished(() => subscription.unsubscribe());
	});
	expect(snapshots.map(({ logEpoch }) => logEpoch)).toEqual([second.logEpoch]);
	const { status, seq } = await second.jobs.snapshot('local', id);
	expect(status).toBe('succeeded');
	expect(events.map((event) => event.seq)).toEqual(upTo(seq).slice(snapshots[0]!.seq));
}, 40_000);

test('DC-06 a damaged database is refused after a kill, with a sentence that says what to do', async () => {
	const dataDir = temporaryFolder();
	const { database } = dataPaths(dataDir);
	const server = await ServerProcess.headway({ HEADWAY_DATA: dataDir, HEADWAY_DEMO_PACE: '50' });
	await endOf(server.url, await startOne(server.url, query.query, 'first'));
	await server.kill();
	const db = new Database(database);
	db.pragma('wal_checkpoint(TRUNCATE)');
	// A page in the middle of an index: what is read at start does not come by it.
	db.unsafeMode(true);
	db.pragma('writable_schema = on');
	db.exec(`delete from sqlite_master where name = 'jobs_owner'`);
	db.pragma('writable_schema = off');
	db.close();
	await expect(makeApp({ dataDir })).rejects.toThrow(
		`The database ${database} is damaged. Move it away to start with an empty one, or put a backup in its place.`
	);
}, 40_000);
