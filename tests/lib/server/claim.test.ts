import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { aJob, makeCore, succeeded, terms, upTo, type Core } from './core.ts';

/** Claims until nothing may run; the titles in order. */
async function claimAll(
	core: Core,
	limits = { server: 100, owner: 100, operation: {} as Record<string, number> }
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
		const claimed = await claimAll(core, { server: 5, owner: 3, operation: { other: 2 } });
		const count = (part: string) => claimed.filter((title) => title.includes(part)).length;
		expect(claimed).toHaveLength(5);
		expect(count('a ')).toBeLessThanOrEqual(3);
		expect(count('b ')).toBeLessThanOrEqual(3);
		expect(count('other')).toBeLessThanOrEqual(2);
	});

	test('OP-08 a blocked kind does not block those behind it', async () => {
		const core = makeCore();
		for (const owner of ['a', 'a', 'a', 'b']) await core.store.enqueue(aJob({ owner, title: owner }));
		expect(await claimAll(core, { server: 10, owner: 1, operation: {} })).toEqual(['a', 'b']);
	});

	test('CX-12 an end makes room for the next', async () => {
		const core = makeCore();
		const limits = { server: 1, owner: 1, operation: {} };
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
		const limits = { server: 1, owner: 1, operation: {} };
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
