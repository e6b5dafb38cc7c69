import { describe, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { FencedError } from '$lib/server/event-log.ts';
import { EventWriter, GROUP_MS } from '$lib/server/event-writer.ts';
import { seeded } from '../jobs/generated-runs.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { aRunningJob, makeCore, succeeded, wholeLog, type Core } from './core.ts';

const note = (text: string) => ({ type: 'note', data: { text } });
const content = (text: string, target = 'report', replace?: boolean) => ({
	type: 'content',
	data: { target, text, ...(replace && { replace }) }
});

async function makeWriter() {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const { id: jobId } = await aRunningJob(core);
	const failures: unknown[] = [];
	const writer = new EventWriter({ log: core.log, clock, jobId, epoch: 1, onFailure: (error) => failures.push(error) });
	/** The bodies in the log, without the `queued` event. */
	const logged = async () => (await wholeLog(core, jobId)).slice(1).map(({ data }) => (data as { text: string }).text);
	return { core, clock, jobId, writer, failures, logged };
}

/** How many transactions wrote events: an append at a time rings the bell once. */
function countAppends(core: Core): () => number {
	let appends = 0;
	const append = core.log.append.bind(core.log);
	core.log.append = (...given) => {
		appends += 1;
		return append(...given);
	};
	return () => appends;
}

describe('the event writer', () => {
	test('OP-10 the first event after a pause is in the log at once, without the clock moving', async () => {
		const { writer, logged, clock } = await makeWriter();
		writer.add(note('a'));
		await settle();
		expect(await logged()).toEqual(['a']);
		await clock.advance(1_000);
		writer.add(note('b'));
		await settle();
		expect(await logged()).toEqual(['a', 'b']);
	});

	test('AG-04 the first words of a text wait for no group, with all that came before them; the next ones do', async () => {
		const { core, writer, clock, jobId } = await makeWriter();
		const appends = countAppends(core);
		writer.add(note('a'));
		writer.add(note('b'));
		writer.hold();
		writer.add(content('First '));
		writer.release(7);
		writer.add(content('words'));
		await settle();
		const types = (await wholeLog(core, jobId)).map(({ type }) => type);
		expect(types).toEqual(['queued', 'note', 'note', 'content']);
		expect(appends()).toBe(2);
		await clock.advance(GROUP_MS);
		expect(appends()).toBe(3);
	});

	test('OP-10 those that follow within 15 ms go together, and none waits longer than that', async () => {
		const { core, writer, logged, clock } = await makeWriter();
		const appends = countAppends(core);
		writer.add(note('a'));
		for (const text of ['b', 'c', 'd']) {
			await clock.advance(4);
			writer.add(note(text));
		}
		expect(await logged()).toEqual(['a']);
		await clock.advance(GROUP_MS - 12);
		expect(await logged()).toEqual(['a', 'b', 'c', 'd']);
		expect(appends()).toBe(2);
		expect(GROUP_MS).toBeLessThanOrEqual(15);
	});

	test('OP-10 while events keep coming there is one write every 15 ms, not one for each', async () => {
		const { core, writer, clock, logged } = await makeWriter();
		const appends = countAppends(core);
		for (let ms = 0; ms < 300; ms += 1) {
			writer.add(note(String(ms)));
			await clock.advance(1);
		}
		await clock.advance(GROUP_MS);
		expect(await logged()).toHaveLength(300);
		expect(appends()).toBeLessThanOrEqual(300 / GROUP_MS + 2);
	});

	test('OP-10 an event keeps the time at which it was added, not that of its write', async () => {
		const { core, writer, clock, jobId } = await makeWriter();
		const began = clock.now();
		writer.add(note('a'));
		await clock.advance(5);
		writer.add(note('b'));
		await clock.advance(GROUP_MS);
		expect((await wholeLog(core, jobId)).slice(1).map(({ at }) => at - began)).toEqual([0, 5]);
	});

	test('OP-10 neighbouring pieces of one text are one event; other events and texts keep them apart', async () => {
		const { core, writer, clock, jobId } = await makeWriter();
		// Both texts have begun: their first words go out alone.
		for (const target of ['report', 'other']) writer.add(content('0', target));
		const added = [
			content('a'),
			content('b'),
			content('x', 'other'),
			content('c'),
			note('n'),
			content('d'),
			content('e'),
			content('new', 'report', true),
			content('!')
		];
		for (const event of added) writer.add(event);
		await clock.advance(GROUP_MS);
		const bodies = (await wholeLog(core, jobId))
			.slice(3)
			.map(({ data }) => data as { text: string; target?: string; replace?: boolean });
		expect(bodies.map(({ text }) => text)).toEqual(['ab', 'x', 'c', 'n', 'de', 'new!']);
		expect(bodies.at(-1)).toEqual({ target: 'report', text: 'new!', replace: true });
	});

	test('OP-10 however events are grouped, order and text are kept (30 random runs)', async () => {
		const random = seeded(10);
		for (let run = 0; run < 30; run += 1) {
			const { core, writer, clock, jobId } = await makeWriter();
			const expected = { report: '', other: '', order: '' };
			for (let n = 0; n < 30; n += 1) {
				const [target, letter] = random() < 0.7 ? (['report', 'r'] as const) : (['other', 'o'] as const);
				writer.add(content(`${letter}${n};`, target));
				expected[target] += `${letter}${n};`;
				expected.order += `${letter}${n};`;
				if (random() < 0.3) await clock.advance(Math.floor(random() * 20));
			}
			await writer.flush();
			const log = (await wholeLog(core, jobId)).slice(1) as (JobEvent & { data: { target: string; text: string } })[];
			const all = (target?: string) =>
				log
					.filter(({ data }) => !target || data.target === target)
					.map(({ data }) => data.text)
					.join('');
			expect({ report: all('report'), other: all('other'), order: all() }).toEqual(expected);
		}
	});

	test('BY-01 what one provider event brings about is one transaction with its cursor', async () => {
		const { core, writer, jobId, logged } = await makeWriter();
		const cursors: (number | null)[] = [];
		const append = core.log.append.bind(core.log);
		core.log.append = (id, epoch, events, patch) => {
			cursors.push(patch?.cursor ?? null);
			return append(id, epoch, events, patch);
		};
		writer.hold();
		writer.add(note('a'));
		writer.add(note('b'));
		await settle();
		expect(await logged()).toEqual([]);
		writer.release(41);
		await settle();
		expect(await logged()).toEqual(['a', 'b']);
		expect(cursors).toEqual([41]);
		expect((await core.queries.get('local', jobId)).cursor).toBe(41);
	});

	test('OP-10 an operation that holds on is not waited for: after 15 ms its events go out', async () => {
		const { writer, clock, logged } = await makeWriter();
		writer.hold();
		writer.add(note('a'));
		await clock.advance(GROUP_MS);
		expect(await logged()).toEqual(['a']);
	});

	test('OP-10 flush resolves when everything is in the log, also facts without an event', async () => {
		const { core, writer, jobId, logged } = await makeWriter();
		writer.add(note('a'));
		writer.add(note('b'));
		writer.note({ providerState: 'creating' });
		await writer.flush();
		expect(await logged()).toEqual(['a', 'b']);
		expect((await core.queries.get('local', jobId)).providerState).toBe('creating');
	});

	test('CX-14 a failed write is told, and nothing after it reaches the log', async () => {
		const { core, writer, clock, jobId, failures } = await makeWriter();
		await core.store.finish(jobId, 1, succeeded);
		const before = await wholeLog(core, jobId);
		writer.add(note('late'));
		await clock.advance(GROUP_MS);
		expect(failures[0]).toBeInstanceOf(FencedError);
		writer.add(note('later'));
		await expect(writer.flush()).rejects.toBeInstanceOf(FencedError);
		expect(await wholeLog(core, jobId)).toEqual(before);
	});
});
