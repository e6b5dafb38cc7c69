import { expect, test } from 'vitest';
import type { Clock } from '$lib/server/clock.ts';
import { Sweep, type Swept } from '$lib/server/live/sweep.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A stream that began now, is quiet, and is to last for 5 min. */
class Quiet implements Swept {
	readonly renewAt: number;
	sentAt: number;
	pings = 0;
	stopped = false;
	readonly #sweep: Sweep;

	constructor(sweep: Sweep) {
		this.#sweep = sweep;
		this.sentAt = sweep.time;
		this.renewAt = sweep.time + 300_000;
		sweep.add(this);
	}

	ping(): void {
		this.pings += 1;
		this.sentAt = this.#sweep.time;
	}

	stop(): void {
		this.stopped = true;
		this.#sweep.remove(this);
	}
}

test.each([-3_600_000, 3_600_000])(
	'RS-08 TS-20 a clock that is set by %i ms neither silences streams nor ends them all at once',
	async (by) => {
		const steps = new FakeClock();
		let set = 0;
		const clock: Clock = { now: () => steps.now() + set, after: (ms, task) => steps.after(ms, task) };
		const stream = new Quiet(new Sweep(clock));
		await steps.advance(10_000);
		set = by;
		await steps.advance(20_000);
		expect(stream).toMatchObject({ pings: 2, stopped: false });
		await steps.advance(300_000);
		expect(stream.stopped).toBe(true);
		expect(steps.pending).toBe(0);
	}
);

test('CX-14 the sweep stands still while there is nobody to look after, and goes on for the next', async () => {
	const clock = new FakeClock();
	const sweep = new Sweep(clock);
	expect(clock.pending).toBe(0);
	const [first, second] = [new Quiet(sweep), new Quiet(sweep)];
	expect(clock.pending).toBe(1);
	first.stop();
	second.stop();
	expect([clock.pending, sweep.size]).toEqual([0, 0]);
	const third = new Quiet(sweep);
	await clock.advance(15_000);
	expect(third.pings).toBe(1);
});
