import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { Slots } from '$lib/server/slots.ts';
import type { RunningLimits } from '$lib/server/claim.ts';
import { aJob, anyProvider, aRunningJob, makeCore, succeeded, terms, upTo, type Core } from './core.ts';

/** Claims until nothing may run; the titles in order. */
async function claimAll(
	core: Core,
	limits: RunningLimits = { server: 100, owner: 100, operation: {}, ...anyProvider }
): Promise<string[]> {
	const titles: string[] = [];
	for (let row = await core.store.claim(terms({ limits })); row; row = await core.store.claim(terms({ limits })))
		titles.push(row.title);
	return titles;
}

describe('claiming', () => {
	test('OP-08 no more run at once than the server, the owner and the operation allow', async () => {
		const core = makeCore();
		const kinds = [
			{ owner: 'a' },
			{ owner: 'a', operation: 'other' },
			{ owner: 'b' },
			{ owner: 'b', operation: 'other' }
		];
		for (const n of upTo(3))
			for (const kind of kinds)
				await core.store.enqueue(aJob({ ...kind, title: `${kind.owner} ${kind.operation ?? 'steps'} ${n}` }));
		const claimed = await claimAll(core, { server: 5, owner: 3, operation: { other: 2 }, ...anyProvider });
		const count = (part: string) => claimed.filter((title) => title.includes(part)).length;
		expect(claimed).toHaveLength(5);
		expect(count('a ')).toBeLessThanOrEqual(3);
		expect(count('b ')).toBeLessThanOrEqual(3);
		expect(count('other')).toBeLessThanOrEqual(2);
	});

	test('OP-08 a blocked kind does not block those behind it', async () => {
		const core = makeCore();
		for (const owner of ['a', 'a', 'a', 'b']) await core.store.enqueue(aJob({ owner, title: owner }));
		expect(await claimAll(core, { server: 10, owner: 1, operation: {}, ...anyProvider })).toEqual(['a', 'b']);
	});

	test('TS-17 no more run at once at a provider than it may have, and what asks none itself is not counted', async () => {
		const core = makeCore();
		for (const provider of ['openai', 'openai', 'openai', 'xai', null, null, null])
			await core.store.enqueue(aJob({ provider, title: provider ?? 'none' }));
		const limits = { server: 100, owner: 100, operation: {}, provider: 2 };
		expect(await claimAll(core, limits)).toEqual(['openai', 'openai', 'xai', 'none', 'none', 'none']);
	});

	test('TS-17 a provider’s limit also holds back a job that waits for its slot to go on', async () => {
		const core = makeCore();
		const limits = { server: 100, owner: 100, operation: {}, provider: 1 };
		const waiting = await aRunningJob(core, { provider: 'openai' });
		const slots = new Slots(core.db, core.bell, core.clock);
		await slots.give(waiting.id, 1, 'person');
		await core.store.enqueue(aJob({ provider: 'openai' }));
		const other = await core.store.claim(terms({ limits }));
		expect(await slots.take(waiting.id, 1, limits)).toBe(false);
		await core.store.finish(other?.id ?? '', 1, succeeded);
		expect(await slots.take(waiting.id, 1, limits)).toBe(true);
	});

	test('TS-17 whoever is behind a thousand that may not run yet still runs', async () => {
		const core = makeCore();
		for (const n of upTo(1_000)) await core.store.enqueue(aJob({ owner: 'many', title: `many ${n}` }));
		await core.store.enqueue(aJob({ owner: 'one', title: 'one' }));
		expect(await claimAll(core, { server: 10, owner: 2, operation: {}, provider: null })).toEqual([
			'many 1',
			'many 2',
			'one'
		]);
		expect(Math.max(...(await core.store.queuePositions()).values())).toBe(998);
	});

	test('CX-12 an end makes room for the next', async () => {
		const core = makeCore();
		const limits = { server: 1, owner: 1, operation: {}, ...anyProvider };
		await core.store.enqueue(aJob({ title: 'first' }));
		await core.store.enqueue(aJob({ title: 'second' }));
		const first = await core.store.claim(terms({ limits }));
		expect(await core.store.claim(terms({ limits }))).toBeNull();
		await core.store.finish(first?.id ?? '', 1, succeeded);
		expect((await core.store.claim(terms({ limits })))?.title).toBe('second');
	});

	test('TS-19 higher priorities run first, equals in the order in which they came', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		for (const [title, priority] of [
			['low', -1],
			['a', 0],
			['b', 0],
			['high', 5]
		] as const) {
			await core.store.enqueue(aJob({ title, options: { priority } }));
			await clock.advance(1);
		}
		expect([...(await core.store.queuePositions()).values()]).toEqual([1, 2, 3, 4]);
		expect(await claimAll(core)).toEqual(['high', 'a', 'b', 'low']);
	});

	test('TS-19 jobs of one instant run in the order in which they came', async () => {
		const core = makeCore();
		const titles = upTo(20).map(String);
		for (const title of titles) await core.store.enqueue(aJob({ title }));
		expect(await claimAll(core)).toEqual(titles);
	});

	test('TS-19 nobody waits for ever: the lowest job runs though higher ones keep coming', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const limits = { server: 1, owner: 1, operation: {}, ...anyProvider };
		await core.store.enqueue(aJob({ title: 'patient', options: { priority: -10 } }));
		const order: string[] = [];
		for (let minute = 0; minute < 60 && !order.includes('patient'); minute += 1) {
			await core.store.enqueue(aJob({ title: 'pushy', options: { priority: 10 } }));
			const row = await core.store.claim(terms({ limits }));
			order.push(row?.title ?? '');
			await core.store.finish(row?.id ?? '', 1, succeeded);
			await clock.advance(60_000);
		}
		expect(order).toHaveLength(21);
		expect(order.at(-1)).toBe('patient');
	});

	test('TS-19 with any stream of higher ones each job waits as long as its priority is lower, and what was before it', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		const limits = { server: 1, owner: 1, operation: {}, provider: null };
		const waited = new Map<string, number>();
		let running = await core.store.claim(terms({ limits }));
		for (let minute = 0; minute < 120; minute += 1) {
			// As many come as can run, all higher than the one that waits.
			await core.store.enqueue(aJob({ title: `pushy ${minute}`, options: { priority: 10 } }));
			if (minute % 20 === 0) await core.store.enqueue(aJob({ title: `patient ${minute}`, options: { priority: -10 } }));
			if (running) await core.store.finish(running.id, 1, succeeded);
			running = await core.store.claim(terms({ limits }));
			waited.set(running?.title ?? '', (clock.now() - (running?.createdAt ?? 0)) / 60_000);
			await clock.advance(60_000);
		}
		const patient = [...waited].filter(([title]) => title.startsWith('patient'));
		expect(patient.map(([title]) => title)).toEqual([
			'patient 0',
			'patient 20',
			'patient 40',
			'patient 60',
			'patient 80'
		]);
		for (const [, minutes] of patient) expect(minutes).toBeLessThanOrEqual(26);
	});

	test('BY-01 a job whose lease ran out is claimed again in a new epoch, before what is queued', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		await core.store.enqueue(aJob({ title: 'orphan' }));
		await core.store.claim(terms());
		await core.store.enqueue(aJob({ title: 'queued', options: { priority: 10 } }));
		expect((await core.store.claim(terms()))?.title).toBe('queued');
		await clock.advance(15_000);
		expect(await core.store.claim(terms())).toBeNull();
		await clock.advance(1);
		expect(await core.store.orphans()).toBe(2);
		expect(await core.store.claim(terms())).toMatchObject({ title: 'orphan', epoch: 2 });
	});

	test('BY-01 a lease that is renewed is not taken, and one that was taken cannot be renewed', async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		await core.store.enqueue(aJob());
		const row = await core.store.claim(terms());
		await clock.advance(10_000);
		expect(await core.store.renew(row?.id ?? '', 1, clock.now() + 15_000)).toBe(true);
		await clock.advance(10_000);
		expect(await core.store.claim(terms())).toBeNull();
		await clock.advance(5_001);
		expect(await core.store.claim(terms())).toMatchObject({ epoch: 2 });
		expect(await core.store.renew(row?.id ?? '', 1, clock.now() + 15_000)).toBe(false);
	});

	test('BY-01 a released job can be claimed at once', async () => {
		const core = makeCore();
		await core.store.enqueue(aJob());
		const row = await core.store.claim(terms());
		await core.store.release(row?.id ?? '', 1);
		expect(await core.store.claim(terms())).toMatchObject({ epoch: 2 });
	});
});
