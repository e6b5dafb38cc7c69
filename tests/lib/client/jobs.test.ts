import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Jobs } from '$lib/client/jobs.svelte.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { begun, done, researchJob, START, summaryOf, type Told } from '../../support/snapshot.ts';
import { FakeServer } from './fake-server.ts';

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const provider = { id: 'demo', label: 'Demo', demo: true, model: 'm' };
const system = { provider, providers: [], version: '1', websocket: false, serverNow: START };

/** A page's jobs on a played network, without other tabs. */
async function openPage(list: JobSnapshot[] = []) {
	const server = new FakeServer();
	const jobs = new Jobs({ list: list.map((job) => summaryOf(job)), system }, server.client, true, null);
	onTestFinished(() => jobs.close());
	await settle();
	return { server, jobs };
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const job = (id: string, told: readonly Told[] = begun, facts: Partial<JobSnapshot> = {}) =>
	researchJob(told, { id, ...facts });
const content = (jobId: string, seq: number, text: string) => ({
	jobId,
	seq,
	at: START,
	type: 'content',
	data: { target: 'report', text }
});

test('DC-03 one connection serves the list and every followed job, from the seq that the page was loaded with', async () => {
	const { server, jobs } = await openPage();
	server.stream.connect();
	jobs.follow(job('job_a'));
	jobs.follow(job('job_b', begun, { seq: 40 }));
	await settle(60);
	expect(server.streams.filter(({ open }) => open)).toHaveLength(1);
	expect(server.stream.input).toEqual({
		feed: true,
		follow: [
			{ jobId: 'job_a', after: 3 },
			{ jobId: 'job_b', after: 40 }
		]
	});
});

test('DC-03 each event goes to its own job, and one that was let go is not followed any more', async () => {
	const { server, jobs } = await openPage();
	const [a, b] = [jobs.follow(job('job_a')), jobs.follow(job('job_b'))];
	await settle(60);
	server.stream.connect();
	server.stream.send({ events: [content('job_a', 4, 'for a'), content('job_b', 4, 'for b')] });
	await settle(50);
	expect([a.snapshot.content, b.snapshot.content]).toEqual([{ report: 'for a' }, { report: 'for b' }]);
	a.release();
	await settle(60);
	expect(server.stream.input.follow).toEqual([{ jobId: 'job_b', after: 4 }]);
	server.stream.send({ events: [content('job_a', 5, 'too late')] });
	await settle(50);
	expect(a.snapshot.content).toEqual({ report: 'for a' });
});

test('RS-10 an ended job is shown without being followed', async () => {
	const { server, jobs } = await openPage();
	const over = jobs.follow(job('job_a', [...begun, done('The end.')]));
	await settle(60);
	expect(over.caughtUp).toBe(true);
	expect(server.streams).toHaveLength(1);
	expect(server.stream.input.follow).toEqual([]);
});

test('RS-07 a snapshot in a frame brings a job that was far behind up to date', async () => {
	const { server, jobs } = await openPage();
	const followed = jobs.follow(job('job_a'));
	await settle(60);
	server.stream.connect();
	server.stream.send({
		snapshots: [job('job_a', [...begun, ['content', { target: 'report', text: 'far' }]], { seq: 3_000 })]
	});
	server.stream.send({ kind: 'live', events: [content('job_a', 3_001, ' ahead')] });
	await settle(50);
	expect(followed.snapshot.content).toEqual({ report: 'far ahead' });
	expect(followed.caughtUp).toBe(true);
});

test('DC-03 the list takes what the feed brings, newest first, and knows what is active', async () => {
	const { server, jobs } = await openPage([job('job_1', begun, { createdAt: START })]);
	server.stream.connect();
	server.stream.send({ feed: [summaryOf(job('job_2', begun, { createdAt: START + 1_000 }))] });
	server.stream.send({ feed: [summaryOf(job('job_1', [...begun, done('x')], { createdAt: START }))] });
	await settle(10);
	expect(jobs.list.map(({ id, status }) => [id, status])).toEqual([
		['job_2', 'running'],
		['job_1', 'succeeded']
	]);
	expect(jobs.active.map(({ id }) => id)).toEqual(['job_2']);
});

test('DC-03 the connection says how it is: connecting, live, retrying, live again', async () => {
	const { server, jobs } = await openPage();
	expect(jobs.connection.state).toBe('connecting');
	server.stream.connect();
	await settle();
	expect(jobs.connection.state).toBe('live');
	server.stream.fail();
	await settle();
	expect(jobs.connection.state).toBe('retrying');
	await settle(1_000);
	server.stream.connect();
	server.stream.send({ kind: 'live' });
	await settle();
	expect(jobs.connection.state).toBe('live');
});

test('DC-03 following one more job, or letting one go, does not show as a broken connection', async () => {
	const { server, jobs } = await openPage();
	server.stream.connect();
	await settle();
	const followed = jobs.follow(job('job_a'));
	await settle(60);
	expect(server.streams).toHaveLength(2);
	expect(jobs.connection.state).toBe('live');
	server.stream.connect();
	await settle();
	followed.release();
	await settle(60);
	expect(server.streams).toHaveLength(3);
	expect(jobs.connection.state).toBe('live');
	await settle(10_000);
	expect(jobs.connection.state).toBe('retrying');
});

test('TS-11 an answer other than 200 ends an EventSource for good; the page opens another from its cursors', async () => {
	const { server, jobs } = await openPage();
	jobs.follow(job('job_a'));
	await settle(60);
	server.stream.connect();
	server.stream.send({ kind: 'live', events: [content('job_a', 4, 'x')] });
	await settle();
	server.stream.fail(true);
	await settle(1_000);
	expect(server.streams).toHaveLength(3);
	expect(server.stream.input).toEqual({ feed: true, follow: [{ jobId: 'job_a', after: 4 }], logEpoch: 'e1' });
	server.stream.connect();
	await settle();
	expect(jobs.connection.state).toBe('live');
});

test('TS-11 a connect without an answer is given up after 10 s and tried again', async () => {
	const { server, jobs } = await openPage();
	await settle(9_900);
	expect(server.streams).toHaveLength(1);
	await settle(1_000);
	expect(server.streams).toHaveLength(2);
	expect(jobs.connection.state).toBe('retrying');
	expect(server.streams[0]?.open).toBe(false);
});

test('RS-08 a stream that falls silent, pings too, is opened anew', async () => {
	const { server } = await openPage();
	server.stream.connect(40_000);
	for (let beat = 0; beat < 5; beat += 1) {
		await settle(15_000);
		server.stream.ping();
	}
	await settle();
	expect(server.streams).toHaveLength(1);
	await settle(41_000);
	expect(server.streams.length).toBeGreaterThan(1);
	expect(server.stream.open).toBe(true);
});

test('TS-11 going offline shows, and coming back opens the stream anew', async () => {
	const { server, jobs } = await openPage();
	server.stream.connect();
	await settle();
	const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
	dispatchEvent(new Event('offline'));
	expect(jobs.connection.state).toBe('offline');
	server.stream.fail(true);
	await settle();
	expect(jobs.connection.state).toBe('offline');
	online.mockReturnValue(true);
	const attempts = server.streams.length;
	dispatchEvent(new Event('online'));
	await settle();
	expect(server.streams).toHaveLength(attempts + 1);
	server.stream.connect();
	await settle();
	expect(jobs.connection.state).toBe('live');
});

test('TS-11 a server on the same device is live although the device is offline', async () => {
	const { server, jobs } = await openPage();
	server.stream.connect();
	await settle();
	vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
	dispatchEvent(new Event('offline'));
	await settle();
	server.stream.connect();
	await settle();
	expect(jobs.connection.state).toBe('live');
});

test('BY-02 a start whose answer was lost is sent again under the same key', async () => {
	const { server, jobs } = await openPage();
	let lost = 1;
	server.answer = () => {
		if (lost-- > 0) throw new TypeError('fetch failed');
		return job('job_a');
	};
	const started = jobs.start('research', { query: 'How do tides work?' }, { stream: false });
	await settle(1_000);
	expect((await started).id).toBe('job_a');
	expect(server.calls).toHaveLength(2);
	expect(server.calls[0]).toEqual(server.calls[1]);
	expect(server.calls[0]).toMatchObject({
		path: 'operations.research.start',
		input: { input: { query: 'How do tides work?' }, options: { stream: false } }
	});
	await jobs.start('research', { query: 'How do tides work?' });
	expect((server.calls[2]?.input as { key: string }).key).not.toBe((server.calls[0]?.input as { key: string }).key);
});

test('CX-10 a cost that is known only after the end comes to the page that shows the job', async () => {
	const { server, jobs } = await openPage();
	const unsure = { cost: { usd: null, known: false } };
	const shown = jobs.follow(job('job_a', [...begun, done('x')], unsure));
	server.stream.connect();
	const later = job('job_a', [...begun, done('x')], { cost: { usd: 0.07, known: true } });
	server.answer = () => later;
	server.stream.send({ feed: [summaryOf(later)] });
	await settle(50);
	expect(shown.snapshot.cost).toEqual({ usd: 0.07, known: true });
	server.stream.send({ feed: [summaryOf(later)] });
	await settle(50);
	expect(server.calls.map(({ path }) => path)).toEqual(['jobs.snapshot']);
});

test('DC-03 the commands reach their procedures, and a deleted job leaves the list', async () => {
	const { server, jobs } = await openPage([job('job_a', [...begun, done('x')])]);
	server.answer = () => job('job_b');
	await jobs.cancel('job_a');
	await jobs.finish('job_a');
	await jobs.answer('job_a', 'q', 1);
	expect((await jobs.retry('job_a')).id).toBe('job_b');
	await jobs.remove('job_a');
	expect(server.calls.map(({ path }) => path)).toEqual([
		'jobs.cancel',
		'jobs.finish',
		'jobs.answer',
		'jobs.retry',
		'jobs.remove'
	]);
	expect(server.calls[2]?.input).toEqual({ id: 'job_a', questionId: 'q', value: 1 });
	expect(jobs.list).toEqual([]);
});

test('DC-03 a job that was deleted elsewhere leaves the list, with its parts', async () => {
	const { server, jobs } = await openPage([job('job_a', [...begun, done('x')]), job('job_b')]);
	server.stream.connect();
	server.stream.send({ feed: [], removed: ['job_a'] });
	await settle(50);
	expect(jobs.list.map(({ id }) => id)).toEqual(['job_b']);
});

test('DC-03 a followed job that was deleted elsewhere is told to be gone, and the others go on', async () => {
	const { server, jobs } = await openPage([job('job_a'), job('job_b')]);
	const [a, b] = [jobs.follow(job('job_a')), jobs.follow(job('job_b'))];
	await settle(60);
	server.stream.connect();
	server.answer = ({ input }) => {
		if ((input as { id: string }).id !== 'job_a') return {};
		const error = { code: -32004, message: 'There is no such job.', data: { code: 'NOT_FOUND', reason: 'not_found' } };
		return Response.json({ error }, { status: 404 });
	};
	server.stream.refuse('NOT_FOUND', 'There is no such job.');
	await settle(100);
	expect([a.gone, b.gone]).toEqual([true, false]);
	expect(jobs.list.map(({ id }) => id)).toEqual(['job_b']);
	expect(server.stream.input.follow.map(({ jobId }) => jobId)).toEqual(['job_b']);
});
