import { describe, expect, test } from 'vitest';
import type { CancelReason } from '$lib/jobs/job.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { ResearchState } from '$lib/operations/research/model.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, start, temporaryFolder, until } from '../../support/app.ts';

/** Every race here is run against the demo provider: a real server, over HTTP. */
const query = 'How do tides work?';
const slow = { HEADWAY_DEMO_PACE: '4' };

interface Control {
	ledger: { method: string; path: string; status: number }[];
	responses: { id: string; status: string }[];
}

async function order(app: App, faults: object[]): Promise<void> {
	await fetch(app.demo?.controlUrl ?? '', {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ faults })
	});
}

const look = async (app: App) => (await (await fetch(app.demo?.controlUrl ?? '')).json()) as Control;
const creates = ({ ledger }: Control) =>
	ledger.filter(({ method, path }) => method === 'POST' && path.endsWith('/responses')).length;
const cancels = ({ ledger }: Control) => ledger.filter(({ path }) => path.endsWith('/cancel')).length;
const searched = ({ state }: JobSnapshot) => (state as ResearchState).calls.length > 0;

/** One ending, contiguous, and nothing at the provider that still runs. */
async function expectOneTruth(app: App, id: string): Promise<void> {
	const events = await allEvents(app, id);
	expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
	const ends = events.filter(({ type }) => ['done', 'error', 'cancelled'].includes(type));
	expect(ends).toHaveLength(1);
	expect(events.at(-1)).toBe(ends[0]);
	const { responses } = await look(app);
	expect(responses.filter(({ status }) => status === 'in_progress' || status === 'queued')).toEqual([]);
}

async function research(app: App, depth = 'quick') {
	return (await start(app, 'research', { query, depth })).id;
}

describe('a cancel', () => {
	test('CX-06 BY-05 before the first event ends as cancelled, with one create and one cancel', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app);
		await until(app, id, ({ responseId }) => responseId !== null);
		await app.jobs.cancel('local', id);
		const { receipt, status } = await ended(app, id);
		expect({ status, ...receipt }).toMatchObject({ status: 'cancelled', provider: 'confirmed', cost: { known: true } });
		expect([creates(await look(app)), cancels(await look(app))]).toEqual([1, 1]);
		await expectOneTruth(app, id);
	}, 20_000);

	test('CX-10 CX-11 while it waits in the queue asks nothing of the provider, and costs nothing', async () => {
		const app = await makeApp({ env: { ...slow, HEADWAY_MAX_RUNNING: '1' } });
		const first = await research(app);
		await until(app, first, searched);
		const second = await research(app);
		await app.jobs.cancel('local', second);
		expect(await ended(app, second)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user', provider: 'not_needed', cost: { usd: 0, known: true } }
		});
		expect(creates(await look(app))).toBe(1);
		await app.jobs.cancel('local', first);
		await ended(app, first);
		await expectOneTruth(app, second);
	}, 20_000);

	test('CX-13 CX-11 from ten doors at once is one cancel, with the reason of the first', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app);
		await until(app, id, searched);
		const reasons: CancelReason[] = ['user', ...Array.from({ length: 9 }, () => 'disconnect' as const)];
		await Promise.all(reasons.map((reason) => app.jobs.cancel('local', id, reason)));
		expect((await ended(app, id)).receipt).toMatchObject({ reason: 'user', provider: 'confirmed' });
		expect(cancels(await look(app))).toBe(1);
		await expectOneTruth(app, id);
	}, 20_000);

	test('CX-06 CX-10 against the end of the provider: either the whole result or a receipt, never both', async () => {
		const app = await makeApp();
		const outcomes: string[] = [];
		for (let delay = 0; delay < 8; delay += 1) {
			const id = await research(app);
			// The report is being written: the end is a moment away, each time another moment.
			await until(app, id, ({ content }) => (content.report?.length ?? 0) > delay * 150);
			await app.jobs.cancel('local', id);
			const snapshot = await ended(app, id);
			outcomes.push(snapshot.status);
			expect(snapshot.receipt === null).toBe(snapshot.status === 'succeeded');
			expect(snapshot.result === null).toBe(snapshot.status !== 'succeeded');
			expect(snapshot.cost).toEqual({ usd: 0, known: true });
			await expectOneTruth(app, id);
		}
		expect(outcomes).toContain('cancelled');
	}, 60_000);

	test('BY-05 CX-06 that the provider answers with an error at first is confirmed at the second try', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app);
		await until(app, id, searched);
		await order(app, [{ name: 'cancel_error', times: 1 }]);
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).receipt).toMatchObject({ provider: 'confirmed', cost: { known: true } });
		expect(cancels(await look(app))).toBe(2);
		await expectOneTruth(app, id);
	}, 20_000);

	test('BY-05 CX-06 CX-10 that the provider refuses for long is said to be unconfirmed, and confirmed later', async () => {
		const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '1' } });
		const id = await research(app, 'deep');
		await until(app, id, searched);
		await order(app, [{ name: 'cancel_error', times: -1 }]);
		const asked = Date.now();
		await app.jobs.cancel('local', id);
		const { receipt } = await ended(app, id);
		expect(Date.now() - asked).toBeLessThan(10_000);
		expect(receipt).toMatchObject({ provider: 'unconfirmed', usage: null });
		await fetch(`${app.demo?.controlUrl}/faults`, { method: 'DELETE' });
		await expect
			.poll(async () => (await app.jobs.snapshot('local', id)).receipt?.provider, { timeout: 30_000, interval: 250 })
			.toBe('confirmed');
		await expectOneTruth(app, id);
	}, 60_000);

	test('CX-11 OP-07 against the time limit: whichever came first is the reason, and there is one ending', async () => {
		const app = await makeApp({ env: slow });
		const { id } = await start(app, 'research', { query, depth: 'deep' }, { timeLimit: 1 });
		await until(app, id, ({ responseId }) => responseId !== null);
		await expect
			.poll(async () => (await app.jobs.snapshot('local', id)).elapsedMs, { interval: 5 })
			.toBeGreaterThan(950);
		await app.jobs.cancel('local', id);
		const snapshot = await ended(app, id);
		expect(['user', 'timeout']).toContain(snapshot.receipt?.reason);
		expect(snapshot.status).toBe(snapshot.receipt?.reason === 'user' ? 'cancelled' : 'failed');
		expect(cancels(await look(app))).toBe(1);
		await expectOneTruth(app, id);
	}, 20_000);

	test('CX-11 BY-01 against a shutdown is carried out: by this process, or by the next', async () => {
		const dataDir = temporaryFolder();
		const first = await makeApp({ env: slow, dataDir });
		const id = await research(first, 'deep');
		await until(first, id, searched);
		await Promise.all([first.jobs.cancel('local', id), first.close()]);
		const second = await makeApp({ env: slow, dataDir });
		expect(await ended(second, id)).toMatchObject({
			status: 'cancelled',
			receipt: { reason: 'user', cost: { usd: 0, known: true } }
		});
		await expectOneTruth(second, id);
	}, 30_000);
});

describe('finish now', () => {
	test('BY-06 CX-10 and then a cancel: the cancel wins, with the cost of both requests', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app, 'deep');
		await until(app, id, searched);
		await app.jobs.finish('local', id);
		await until(app, id, ({ content }) => content.report !== undefined);
		await app.jobs.cancel('local', id);
		expect(await ended(app, id)).toMatchObject({
			status: 'cancelled',
			receipt: { provider: 'confirmed', cost: { usd: 0, known: true } }
		});
		expect([creates(await look(app)), cancels(await look(app))]).toEqual([2, 2]);
		await expectOneTruth(app, id);
	}, 30_000);

	test('BY-06 CX-06 and a cancel in the same moment: cancelled, and nothing is written any more', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app, 'deep');
		await until(app, id, searched);
		await app.jobs.finish('local', id);
		await app.jobs.cancel('local', id);
		expect((await ended(app, id)).status).toBe('cancelled');
		expect(creates(await look(app))).toBe(1);
		await expectOneTruth(app, id);
	}, 30_000);

	test('BY-06 after a cancel is refused: the cancel was first', async () => {
		const app = await makeApp({ env: slow });
		const id = await research(app);
		await until(app, id, searched);
		await app.jobs.cancel('local', id);
		await expect(app.jobs.finish('local', id)).rejects.toThrow(/being cancelled|Only a running job/);
		expect((await ended(app, id)).status).toBe('cancelled');
		await expectOneTruth(app, id);
	}, 20_000);

	test('BY-06 BY-01 and a shutdown in the same moment: the next process finishes it, and gathers nothing again', async () => {
		const dataDir = temporaryFolder();
		const first = await makeApp({ env: slow, dataDir });
		const id = await research(first, 'deep');
		await until(first, id, searched);
		await Promise.all([first.jobs.finish('local', id), first.close()]);
		const second = await makeApp({ env: slow, dataDir });
		const snapshot = await ended(second, id);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { complete: false } });
		expect(creates(await look(second))).toBeLessThanOrEqual(1);
		await expectOneTruth(second, id);
	}, 30_000);
});
