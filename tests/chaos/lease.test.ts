import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { eq } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { endsJob, type JobEvent } from '$lib/jobs/event.ts';
import type { JobRow } from '$lib/server/db/schema.ts';
import { jobs } from '$lib/server/db/schema.ts';
import { FencedError } from '$lib/server/event-log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
	aJob,
	aRunningJob,
	failed,
	makeCore,
	notes,
	succeeded,
	terms,
	upTo,
	wholeLog,
	type Core
} from '../lib/server/core.ts';
import { rounds } from './properties.ts';
import { choicesFor, length } from './seed.ts';

/** What can happen to a job, and who does it: a runner acts on the lease that it last had, though it may have lost it. */
const step = fc.oneof(
	fc.record({ do: fc.constantFrom('claim', 'renew', 'append', 'finish', 'fail', 'release'), by: fc.nat(2) }),
	fc.record({ do: fc.constant('cancel'), by: fc.constant(0) }),
	fc.record({ do: fc.constant('wait'), by: fc.nat(20) })
);
type Step = { do: string; by: number };

/** Three runners, one job, and what each of them was told. */
class Protocol {
	readonly core: Core;
	readonly clock = new FakeClock();
	readonly jobId: string;
	/** The epoch that each runner believes to hold. */
	readonly #held = [0, 0, 0];
	/** The epochs whose finish was accepted. */
	readonly finished: { epoch: number; status: string }[] = [];
	readonly appended: { epoch: number; seq: number | null }[] = [];

	private constructor(core: Core, clock: FakeClock, jobId: string) {
		[this.core, this.clock, this.jobId] = [core, clock, jobId];
	}

	static async begin(core: Core, clock: FakeClock): Promise<Protocol> {
		return new Protocol(core, clock, (await core.store.enqueue(aJob())).row.id);
	}

	async take({ do: what, by }: Step): Promise<void> {
		const { store, log } = this.core;
		const epoch = this.#held[by] ?? 0;
		if (what === 'wait') await this.clock.advance(by * 1_000);
		if (what === 'cancel') await store.requestCancel('local', this.jobId, 'user');
		if (what === 'claim') {
			const claimed = await store.claim(terms({ runner: `host:${by}:a` }));
			if (claimed) this.#held[by] = claimed.epoch;
		}
		if (what === 'renew') await store.renew(this.jobId, epoch, this.clock.now() + 15_000);
		if (what === 'release') await store.release(this.jobId, epoch);
		if (what === 'append') {
			const events = [{ type: 'note', data: { text: String(epoch) } }];
			const added = await log.append(this.jobId, epoch, events).catch((error: unknown) => {
				if (error instanceof FencedError) return [];
				throw error;
			});
			this.appended.push(...added.map(({ seq }) => ({ epoch, seq })));
		}
		if (what === 'finish' || what === 'fail') {
			const ending = what === 'finish' ? succeeded : failed;
			if (await store.finish(this.jobId, epoch, ending)) this.finished.push({ epoch, status: ending.status });
		}
	}

	row(): JobRow {
		return this.core.db.select().from(jobs).where(eq(jobs.id, this.jobId)).get()!;
	}
}

/** Seq contiguous, each epoch's events before the next one's, nothing after the end, and every accepted write there. */
function checkLog(protocol: Protocol, events: readonly JobEvent[]): void {
	expect(events.map(({ seq }) => seq)).toEqual(upTo(events.length));
	const epochs = events.flatMap(({ type, data }) => (type === 'note' ? [Number((data as { text: string }).text)] : []));
	expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
	expect(epochs).toEqual(protocol.appended.map(({ epoch }) => epoch));
	const ends = events.filter(({ type }) => endsJob(type));
	expect(ends.length).toBeLessThanOrEqual(1);
	if (ends[0]) expect(events.at(-1)).toBe(ends[0]);
}

/** The row, the log and what the finishers were told are one truth. */
function checkEnd(protocol: Protocol, events: readonly JobEvent[]): void {
	const { status, seq, epoch } = protocol.row();
	expect(seq).toBe(events.length);
	expect(protocol.finished.length).toBeLessThanOrEqual(1);
	const told = protocol.finished[0];
	if (told) expect([status, epoch]).toEqual([told.status, told.epoch]);
	const terminal = { done: 'succeeded', error: 'failed', cancelled: 'cancelled' }[events.at(-1)?.type ?? ''];
	expect(terminal ?? 'open').toBe(['queued', 'running'].includes(status) ? 'open' : status);
}

test(
	'BY-01 RS-11 however claims, leases, writes, ends and stops interleave: one writer at a time, one end, no write lost',
	async () => {
		const clock = new FakeClock();
		const core = makeCore({ clock });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
				const protocol = await Protocol.begin(core, clock);
				for (const each of steps) await protocol.take(each);
				const events = await wholeLog(core, protocol.jobId);
				checkLog(protocol, events);
				checkEnd(protocol, events);
				// The next round has the store to itself.
				core.db.delete(jobs).run();
			}),
			rounds(choicesFor('leases'), 150)
		);
	},
	60_000 * length
);

test('CX-13 TS-19 eight processes that claim at once: each job is taken by exactly one of them', async () => {
	const core = makeCore();
	for (const n of upTo(60)) await core.store.enqueue(aJob({ title: String(n) }));
	const claimer = fileURLToPath(new URL('claimer.ts', import.meta.url));
	const claimed = await Promise.all(
		upTo(8).map(async () => {
			const child = spawn(process.execPath, [claimer, core.folder]);
			onTestFinished(() => void child.kill('SIGKILL'));
			let text = '';
			child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
			await once(child, 'close');
			return text.split('\n').filter(Boolean);
		})
	);
	const all = claimed.flat();
	expect(all.filter((line) => line.startsWith('error'))).toEqual([]);
	const ids = all.map((line) => line.split(' ')[0]);
	expect(new Set(ids).size).toBe(60);
	expect(ids).toHaveLength(60);
	expect(claimed.filter((each) => each.length > 0).length).toBeGreaterThan(1);
	expect(all.every((line) => line.endsWith(' 1'))).toBe(true);
}, 30_000);

test('BY-01 every append of an epoch that is over is refused, however often it is sent again', async () => {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const { id } = await aRunningJob(core);
	await core.log.append(id, 1, notes(3));
	await clock.advance(15_001);
	await core.store.claim(terms({ runner: 'host:2:b' }));
	const before = await wholeLog(core, id);
	for (const _ of upTo(20)) await expect(core.log.append(id, 1, notes(3))).rejects.toBeInstanceOf(FencedError);
	expect(await core.store.finish(id, 1, succeeded)).toBe(false);
	expect(await wholeLog(core, id)).toEqual(before);
});
