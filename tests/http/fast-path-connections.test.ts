import { EventSource } from 'eventsource';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { allEvents, ended, makeApp, runsOf, start } from '../support/app.ts';
import { compared, watchPath } from './compared.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { servePipelines } from './pipelines.ts';
import { RawConnection, type RawAnswer } from './raw-connection.ts';
import { Stepwise } from './stepwise.ts';
import { watch } from './watching.ts';

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
const watchOf = (jobId: string) => watchPath({ follow: [{ jobId, after: 0 }] });

/** The seqs that an answer of either door brought, in order. */
function seqsIn({ text }: RawAnswer): number[] {
	const blocks = [...text.matchAll(/^data: ([^\n]*)\n/gm)].map(([, json]) =>
		json ? (JSON.parse(json) as unknown) : {}
	);
	return blocks.flatMap((said) => {
		const { events, seq } = said as { events?: JobEvent[]; seq?: number | null };
		return events ? events.map((event) => event.seq ?? 0) : seq ? [seq] : [];
	});
}

async function running() {
	const stepwise = new Stepwise();
	const app = await makeApp({ runs: runsOf(stepwise.operation) });
	const at = await servePipelines(app);
	const { id } = await start(app, 'stepwise', { text: 'a job' });
	return { app, at, id, step: await stepwise.begun(id), plain: `/api/jobs/${id}/events` };
}

/** One that has ended, with its log of so many marks and three events more. */
async function finished(marks = 5) {
	const { step, ...rest } = await running();
	for (let n = 1; n <= marks; n += 1) step.ctx.emit('mark', { n });
	step.finish('ok');
	await ended(rest.app, rest.id);
	return rest;
}

test('CX-14 a stream’s connection ends with it, by either door, and nothing else’s does', async () => {
	const { at, id, plain } = await finished();
	for (const path of [watchOf(id), plain, watchOf('job_00000000000000000000')]) {
		const connection = await RawConnection.open(at.fast);
		for (const before of ['/healthz', '/api/jobs/x/events']) {
			connection.ask(before);
			await (await connection.answer(connection.answers.length)).over();
		}
		connection.ask(path);
		const stream = await connection.answer(2);
		await stream.over();
		expect(connection.answers.map((answer) => answer.header('connection'))).toEqual([
			'keep-alive',
			'keep-alive',
			'close'
		]);
		await expect.poll(() => connection.ended).toBe(true);
		if (path.includes(id)) expect(seqsIn(stream)).toEqual(upTo(8));
	}
	expect(at.taken()).toBe(6);
});

test('CX-14 a stream that is asked for behind other answers comes after them, whole', async () => {
	const { at, app, id, plain } = await finished();
	for (const path of [plain, watchOf(id)]) {
		const connection = await RawConnection.open(at.fast);
		for (const each of ['/healthz', '/healthz', path]) connection.ask(each);
		await (await connection.answer(2)).over();
		expect(connection.answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(seqsIn(connection.answers[2]!)).toEqual(upTo(8));
	}
	await expect.poll(() => app.live.open).toBe(0);
});

test('CX-14 what is asked behind a stream is not answered there, does not disturb it, and leaves nothing open', async () => {
	const { at, app, id, step, plain } = await running();
	const connection = await RawConnection.open(at.fast);
	connection.ask(watchOf(id));
	connection.ask('/healthz');
	connection.ask(plain);
	const first = await connection.answer();
	await first.until('"kind":"live"');
	step.ctx.emit('mark', { n: 1 });
	await first.until('"data":{"n":1}');
	step.finish('ok');
	await first.over();
	await expect.poll(() => connection.closed).toBe(true);
	expect(seqsIn(first)).toEqual(upTo(4));
	expect(connection.answers).toHaveLength(1);
	await expect.poll(() => app.live.open).toBe(0);
});

test('RS-01 a reader of HTTP/1.0 gets the same events without chunks, and the end of the connection as their end', async () => {
	const { at, app, id, plain } = await finished();
	for (const path of [plain, watchOf(id)]) {
		const connection = await RawConnection.open(at.fast);
		connection.ask(path, { version: '1.0' });
		const answer = await connection.answer();
		await answer.over();
		expect(answer.header('transfer-encoding')).toBeNull();
		expect(answer.text).toMatch(/^retry: /);
		expect(seqsIn(answer)).toEqual(upTo(8));
		expect(connection.ended).toBe(true);
	}
	expect(app.live.open).toBe(0);
});

test('CX-14 the end of the connection comes after the end of its stream, from both alike, whatever was asked for', async () => {
	const { at, id, plain } = await finished();
	for (const path of [plain, watchOf(id)])
		for (const url of [at.stock, at.fast])
			for (const asked of ['close', 'keep-alive']) {
				const connection = await RawConnection.open(url);
				connection.ask(path, { headers: { connection: asked } });
				const answer = await connection.answer();
				await answer.over();
				expect(seqsIn(answer)).toEqual(upTo(8));
				await expect.poll(() => connection.ended).toBe(true);
			}
});

test('RS-01 a reader of HTTP/1.0 sees what happens when it happens', async () => {
	const { at, id, step } = await running();
	const connection = await RawConnection.open(at.fast);
	connection.ask(watchOf(id), { version: '1.0', headers: { connection: 'keep-alive' } });
	const answer = await connection.answer();
	await answer.until('"kind":"live"');
	step.ctx.emit('mark', { n: 1 });
	await answer.until('"data":{"n":1}');
	step.finish('ok');
	await answer.over();
	expect(seqsIn(answer)).toEqual(upTo(4));
});

test('CX-14 a reader that has said all it will say is still sent everything, and its end is noticed', async () => {
	const { at, app, id, step, plain } = await running();
	const connection = await RawConnection.open(at.stock, true);
	const fast = await RawConnection.open(at.fast, true);
	for (const each of [connection, fast]) {
		each.ask(plain);
		await (await each.answer()).until('"type":"started"');
		each.socket.end();
	}
	step.ctx.emit('mark', { n: 1 });
	step.finish('ok');
	await ended(app, id);
	// A server of Node's ends a connection whose other side has; both must do the same, and hold nothing afterwards.
	await vi.waitUntil(() => connection.closed || connection.answers[0]?.complete, { timeout: 8_000 });
	await vi.waitUntil(() => fast.closed || fast.answers[0]?.complete, { timeout: 8_000 });
	expect(fast.answers[0]?.complete).toBe(connection.answers[0]?.complete);
	await expect.poll(() => app.live.open).toBe(0);
});

test('TS-18 a reader that is gone without a word, before, in or after the answer, leaves nothing behind', async () => {
	const { at, app, id, plain, step } = await running();
	const listeners = app.bell.size;
	for (let round = 0; round < 60; round += 1) {
		const connection = await RawConnection.open(at.fast);
		connection.ask(round % 2 ? plain : watchOf(id));
		if (round % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
		if (round % 3 === 2) await connection.answer();
		step.ctx.emit('mark', { n: round });
		connection.socket.resetAndDestroy();
	}
	await expect.poll(() => app.live.open).toBe(0);
	expect(app.bell.size).toBe(listeners);
	const metrics = await app.metrics.registry.metrics();
	expect(metrics).not.toMatch(/headway_streams_closed_total\{[^}]*how="failed"\} [1-9]/);
});

test('TS-18 a reader that takes 61 bytes at a time gets megabytes whole, in few and large frames', async () => {
	const { at, app, id, step } = await running();
	const slow = await RawConnection.open(at.fast);
	slow.ask(watchOf(id));
	const answer = await slow.answer();
	await answer.until('"kind":"live"');
	slow.slowly(61);
	for (let n = 1; n <= 300; n += 1) {
		step.ctx.content('report', 'é🐝'.repeat(2_000), true);
		if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
	}
	step.finish('ok');
	await ended(app, id);
	slow.slowly(65_536);
	await answer.over(20_000);
	const log = await allEvents(app, id);
	expect(seqsIn(answer)).toEqual(upTo(log.length));
	expect(answer.text.endsWith('event: return\ndata: \n\n\n')).toBe(true);
}, 30_000);

test('RS-07 TS-11 both doors of the fast path, cut at random places many times, lose no event and say none twice', async () => {
	const { at, app, id, step, plain } = await running();
	const bytes = (connection: number) => 400 + Math.floor(Math.random() * 300 * (10 + connection));
	const proxy = await CuttingProxy.start(at.fast, { hasten: true, bytes });
	const [typed, simple]: JobEvent[][] = [[], []];
	const watching = watch(proxy.url, {
		follow: [{ jobId: id, after: 0 }],
		frame: ({ events }) => typed!.push(...events)
	});
	const source = new EventSource(`${proxy.url}${plain}`);
	onTestFinished(() => source.close());
	for (const type of ['queued', 'started', 'mark', 'done'])
		source.addEventListener(type, ({ data }) => simple!.push(JSON.parse(data) as JobEvent));
	for (let n = 1; n <= 500; n += 1) {
		step.ctx.emit('mark', { n });
		if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
	}
	step.finish('ok');
	await watching;
	await expect.poll(() => simple!.at(-1)?.type, { timeout: 15_000 }).toBe('done');
	const log = await allEvents(app, id);
	expect(proxy.cuts).toBeGreaterThan(10);
	expect(log).toHaveLength(503);
	expect(typed).toEqual(log);
	expect(simple).toEqual(log);
}, 40_000);

test('RS-01 the fast path leaves to SvelteKit what is not its own, and takes what is, whatever the query', async () => {
	const side = await compared();
	const { id } = await side.begin();
	for (const path of [
		'/healthz',
		'/api/trpc/system.info',
		`/api/jobs/${id}`,
		`/api/jobs/${id}/events/`,
		'/api/events/x'
	])
		await side.ask(path, { headers: { connection: 'close' } });
	expect(side.at.taken()).toBe(0);
	for (const path of [
		`/api/jobs/${id}/events?x=%zz`,
		`/api/events?job_id=${id}&job_id=other`,
		watchPath({ feed: true })
	]) {
		const both = await side.ask(path);
		expect(both.fast.status).toBe(both.stock.status);
		expect(both.fast.status).toBe(200);
	}
	expect(side.at.taken()).toBe(3);
});
