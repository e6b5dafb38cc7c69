import { rmSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { operationRuns } from '$lib/operations/index.server.ts';
import { diskFault } from '$lib/server/room.ts';
import { EventWriter, GROUP_MS } from '$lib/server/event-writer.ts';
import { dataPaths } from '$lib/server/config.ts';
import type { HeadwayError } from '$lib/jobs/error.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, until } from '../support/app.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { askingSteps, Gate, stepsThat, type StepsContext } from '../support/operations.ts';
import { serveRoutes } from '../support/route-server.ts';
import { created, FakeProvider, type Step } from '../lib/server/fake-provider.ts';
import { aRunningJob, makeCore, upTo, wholeLog } from '../lib/server/core.ts';
import { boundedDisk, withBoundedDisk } from './bounded-disk.ts';

const long = 'x'.repeat(3_000);
const textsOf = (events: readonly { type: string; data: unknown }[]) =>
	events.flatMap(({ type, data }) =>
		type === 'note' ? [Number((data as { text: string }).text.slice(long.length))] : []
	);

async function fullWriter() {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const { id: jobId } = await aRunningJob(core);
	const disk = boundedDisk(core.db.$client);
	const failures: unknown[] = [];
	const onFailure = (error: unknown) => failures.push(error);
	const writer = new EventWriter({ log: core.log, clock, jobId, epoch: 1, onFailure });
	const note = (n: number) => writer.add({ type: 'note', data: { text: `${long}${n}` } });
	return { clock, core, jobId, disk, failures, writer, note };
}

test('TS-18 what comes while the disk is full waits, in order, and is written when there is room', async () => {
	const { clock, core, jobId, disk, failures, writer, note } = await fullWriter();
	disk.fill();
	for (const n of upTo(50)) {
		note(n);
		await clock.advance(20);
	}
	const flushed = writer.flush();
	const room = writer.room();
	await clock.advance(10_000);
	const stored = textsOf(await wholeLog(core, jobId));
	expect(stored.length).toBeLessThan(10);
	disk.makeRoom();
	await clock.advance(1_000);
	await Promise.all([flushed, room]);
	expect(textsOf(await wholeLog(core, jobId))).toEqual(upTo(50));
	expect(failures).toEqual([]);
	expect(disk.check()).toBe('ok');
});

test('TS-18 what waits for room is bounded: beyond 4 MiB the run is stopped and no more is held', async () => {
	const { clock, disk, failures, note } = await fullWriter();
	disk.fill();
	for (const n of upTo(100)) note(n);
	await settle();
	for (const n of upTo(1_200)) note(n);
	expect(failures).toEqual([]);
	for (const n of upTo(1_000)) note(n);
	await clock.advance(20);
	expect(failures).toHaveLength(1);
	expect((failures[0] as HeadwayError).code).toBe('unavailable');
});

test('DC-06 a disk that is full or failed is said in words, and nothing else is taken for one', () => {
	const of = (code: string) => diskFault(new Error('outer', { cause: Object.assign(new Error(code), { code }) }));
	for (const code of ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'])
		expect(of(code)).toMatchObject({ code: 'unavailable', retryAfter: 60 });
	for (const code of ['SQLITE_IOERR_WRITE', 'EIO', 'SQLITE_READONLY']) expect(of(code)?.message).toMatch(/disk failed/);
	for (const code of ['SQLITE_CONSTRAINT_UNIQUE', 'ENOENT', '']) expect(of(code)).toBeNull();
});

/** Notes for as long as the test wants, with a pause for other work after each. */
function noting(stopped: Gate, told: (n: number) => void = () => undefined) {
	return async (ctx: StepsContext) => {
		ctx.phase('first');
		let over = false;
		void stopped.passed.then(() => (over = true));
		let n = 0;
		while (!over && n < 1_000) {
			ctx.emit('note', { text: `${long}${++n}` });
			told(n);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		return { sum: n };
	};
}

/** Asks until it is refused: what is left of the last pages is used up first. */
async function refusal(url: string, body: unknown): Promise<Response> {
	const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
	for (let asked = 0; asked < 50; asked += 1) {
		const response = await fetch(url, init);
		if (!response.ok) return response;
		await response.body?.cancel();
	}
	throw new Error('it was taken every time');
}

test('TS-22 a full disk: the server lives and says so at every door, and its jobs go on by themselves when there is room', async () => {
	const stopped = new Gate();
	const { made: app, disk } = await withBoundedDisk(() =>
		makeApp({ runs: { ...operationRuns(), ...runsOf(stepsThat(noting(stopped))) } })
	);
	const url = await serveRoutes(app);
	const ids = await Promise.all(upTo(3).map(async () => (await start(app, 'steps', {})).id));
	for (const id of ids) await until(app, id, ({ seq }) => seq > 5);
	disk.fill();
	await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 10_000 }).toBe(503);
	const plain = { operation: 'steps', input: { name: long } };
	const refused = await refusal(`${url}/api/jobs`, plain);
	expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
	expect(await refused.json()).toMatchObject({ code: 'unavailable', title: expect.stringMatching(/disk is full/) });
	const typed = await refusal(`${url}/api/trpc/operations.research.start`, { input: { query: long } });
	expect(typed.status).toBe(503);
	expect(await typed.json()).toMatchObject({ error: { data: { reason: 'unavailable' } } });
	// Reading goes on, and so does the process.
	expect((await fetch(`${url}/api/jobs/${ids[0]}`)).status).toBe(200);
	expect((await fetch(`${url}/healthz`)).status).toBe(200);
	// Two beats of the leases find no room either.
	stopped.open();
	await new Promise((resolve) => setTimeout(resolve, 6_000));
	for (const id of ids) expect((await app.jobs.snapshot('local', id)).status).toBe('running');

	disk.makeRoom();
	for (const id of ids) {
		const { status, result } = await ended(app, id);
		expect(status).toBe('succeeded');
		const events = await allEvents(app, id);
		expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
		expect(textsOf(events)).toEqual(upTo((result as { sum: number }).sum));
		expect(events.filter(({ type }) => type === 'started')).toHaveLength(1);
	}
	expect((await fetch(`${url}/readyz`)).status).toBe(200);
	expect(disk.check()).toBe('ok');
}, 40_000);

test('BY-01 a research that finds the disk full goes on when there is room, with one create and its whole report', async () => {
	const query = { query: 'How does caffeine affect sleep?', depth: 'quick' };
	const calm = await makeApp();
	const whole = await ended(calm, (await start(calm, 'research', query)).id);
	const { made: app, disk } = await withBoundedDisk(() => makeApp({ env: { HEADWAY_DEMO_PACE: '15' } }));
	const { id } = await start(app, 'research', query);
	await until(app, id, ({ phase }) => phase === 'searching');
	disk.fill();
	await expect
		.poll(
			() =>
				app.queries.probe().then(
					() => 'room',
					() => 'full'
				),
			{ timeout: 10_000 }
		)
		.toBe('full');
	await new Promise((resolve) => setTimeout(resolve, 3_000));
	expect((await app.jobs.snapshot('local', id)).status).toBe('running');
	disk.makeRoom();
	const { status, content } = await ended(app, id);
	expect(status).toBe('succeeded');
	expect(content.report).toBe(whole.content.report);
	const { ledger } = (await (await fetch(app.demo?.controlUrl ?? '')).json()) as {
		ledger: { method: string; path: string }[];
	};
	expect(ledger.filter(({ method, path }) => method === 'POST' && path.endsWith('/responses'))).toHaveLength(1);
	expect(disk.check()).toBe('ok');
}, 40_000);

/** Tells small thoughts until it is hung up on: they use up the room of every page, down to what no other event fits in. */
function thinking(): Step[] {
	// Longer than events are grouped: each is a write of its own, and smaller than that of a cancel.
	const moment = () => new Promise((resolve) => setTimeout(resolve, 2 * GROUP_MS));
	const thought = (n: number): Step => ({ cursor: n, type: 'reasoning', itemId: `r${n}`, index: 0, text: 'x' });
	return [created(0), ...upTo(3_000).flatMap((n) => [moment, thought(n)]), 'silence'];
}

/** Resolves once nothing more of a job is stored. */
async function stuck(app: App, id: string): Promise<void> {
	for (let [before, same] = [-1, 0]; same < 4;) {
		const { seq } = await app.jobs.snapshot('local', id);
		[same, before] = [seq === before ? same + 1 : 0, seq];
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

test('CX-04 CX-06 TS-22 a cancel on a full disk stops the run and the provider at once, and is in the log once there is room', async () => {
	const provider = new FakeProvider(thinking());
	const { made: app, disk } = await withBoundedDisk(() =>
		makeApp({ provider, runs: runsOf(askingSteps()), env: { HEADWAY_MAX_RUNNING: '1' } })
	);
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ seq }) => seq > 10);
	const waiting = await start(app, 'steps', {});
	disk.fill();
	await stuck(app, id);
	const url = await serveRoutes(app);
	const cancel = (job: string) => fetch(`${url}/api/jobs/${job}/cancel`, { method: 'POST' });
	const answer = await cancel(id);
	expect(answer.status).toBeLessThan(300);
	expect((await answer.json()) as object).toMatchObject({ status: 'running', cancelReason: 'user' });
	await expect.poll(() => provider.count('cancel'), { timeout: 2_000 }).toBe(1);
	expect(provider.signals[0]?.aborted).toBe(true);
	expect((await app.queries.get('local', id)).cancelRequestedAt).toBeNull();
	// What waits costs nothing, and is not said to be cancelled while that cannot be kept.
	expect((await cancel(waiting.id)).status).toBe(503);

	disk.makeRoom();
	expect(await ended(app, id)).toMatchObject({
		...{ status: 'cancelled', receipt: { reason: 'user', provider: 'confirmed', cost: { known: true } } }
	});
	expect((await allEvents(app, id)).filter(({ type }) => type === 'cancelled')).toHaveLength(1);
	expect(disk.check()).toBe('ok');
	await app.jobs.cancel('local', waiting.id);
}, 60_000);

test('BY-05 CX-06 the part that runs of a job that is stopped on a full disk stops at once, the one that waits when there is room', async () => {
	const provider = new FakeProvider(thinking());
	const parent = stepsThat(
		async (ctx) => {
			const child = await ctx.child('a', 'child', {});
			await ctx.child('b', 'child', {});
			for await (const snapshot of child.watch()) if (snapshot.status === 'failed') break;
			return { sum: 1 };
		},
		{ id: 'parent' }
	);
	const { made: app, disk } = await withBoundedDisk(() =>
		makeApp({ provider, runs: runsOf(parent, askingSteps({ id: 'child' })), env: { HEADWAY_MAX_RUNNING: '1' } })
	);
	const { id } = await start(app, 'parent', {});
	await expect.poll(async () => (await app.jobs.children('local', id)).length).toBe(2);
	const [first = '', second = ''] = (await app.jobs.children('local', id)).map((child) => child.id);
	await until(app, first, ({ seq }) => seq > 10);
	disk.fill();
	await stuck(app, first);
	await app.jobs.cancel('local', id);
	await expect.poll(() => provider.count('cancel'), { timeout: 2_000 }).toBe(1);
	disk.makeRoom();
	for (const job of [id, first, second])
		expect(await ended(app, job)).toMatchObject({ status: 'cancelled', receipt: { reason: 'user' } });
	expect(provider.count('create')).toBe(1);
}, 60_000);

test('TS-15 a store of files that fails ends the job with a sentence that says what to do', async () => {
	const go = new Gate();
	const work = async (ctx: StepsContext) => {
		ctx.phase('first');
		await go.passed;
		await ctx.artifact({ name: 'a.txt', mediaType: 'text/plain', bytes: 'text' });
		return { sum: 1 };
	};
	const app = await makeApp({ runs: runsOf(stepsThat(work)) });
	const { artifacts } = dataPaths(app.config.dataDir);
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ phase }) => phase === 'first');
	rmSync(artifacts, { recursive: true });
	writeFileSync(artifacts, 'in its place');
	onTestFinished(() => rmSync(artifacts, { force: true }));
	go.open();
	const { error } = await ended(app, id);
	expect(error).toMatchObject({ code: 'unavailable', retryable: true });
	expect(error?.message).toMatch(/could not be stored: the storage of the server failed/);
});
