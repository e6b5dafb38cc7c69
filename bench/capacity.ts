import { deliver, warmUp } from './deliver.ts';
import type { Load } from './load-client.ts';
import type { Context, Measure } from './measure.ts';
import { allPeers, bareHttp, split, startRig } from './peers.ts';
import type { Side } from './peers.ts';

const readers = 500;
/** Events a second at which the search begins, and between which it stays: 1,000 to 8 million deliveries a second. */
const first = 16;
const lowest = 2;
const highest = 16_384;
/** How far apart the last rate that was carried and the first that was not may be. */
const fineness = 1.2;
/** What holds at a rate that a server is said to carry. */
const slowestMs = 100;
/** How much longer than planned publishing may take: a server that is busy sending publishes late. */
const lateness = 1.1;

/** A rate that was carried, in events and in deliveries a second; zeros when none was. */
interface Carried {
	rate: number;
	perSecond: number;
}

/** The most deliveries a second. */
const capacity: Measure = {
	name: 'capacity',
	about: `The most deliveries a second to ${readers} readers of one job with everything delivered in order and p99 under ${slowestMs} ms.`,
	async run(context) {
		const rig = await startRig(context);
		try {
			await warmUp(rig);
			const known = new Map<string, number>();
			const unlimited = new Set<string>();
			const taken = await context.interleaved(
				rig.sides.map((side) => async () => {
					const { rate, perSecond } = await search(side, rig.load, context, known.get(side.name));
					if (rate > 0) known.set(side.name, rate);
					if (rate === highest) unlimited.add(side.name);
					return perSecond;
				}),
				context.quick ? 1 : Math.min(context.rounds, 3)
			);
			const others = allPeers.filter((name) => name !== bareHttp && rig.sides.some((side) => side.name === name));
			return [
				{
					...{ what: `${readers} readers, deliveries`, unit: 'a second', better: 'higher' },
					...split(rig.sides, taken, (most) => most),
					targets: [{ against: bareHttp, times: 10 }, ...others.map((against) => ({ against, times: 1 }))],
					...(unlimited.size > 0 ? { note: atLeast([...unlimited]) } : {})
				}
			];
		} finally {
			rig.stop();
		}
	}
};
export default capacity;

/** What a figure is that the search, and not the server, has ended. */
const atLeast = (names: readonly string[]): string =>
	`At least: ${(highest * readers).toLocaleString('en-US')} are the most that is tried, and ${names.join(' and ')} carried them.`;

/**
 * Raises the rate until the server no longer carries it, then halves the step between the last that it did and the first
 * that it did not. Begins below the `known` rate where an earlier round found one. Gives the rate and its deliveries a second.
 */
async function search(side: Side, load: Load, context: Context, known: number | undefined): Promise<Carried> {
	let carried: Carried = { rate: 0, perSecond: 0 };
	let refused = Infinity;
	let rate = known ? Math.max(lowest, known / 1.5) : first;
	while (rate >= lowest && carried.rate < highest && refused / carried.rate > fineness) {
		const perSecond = await attempt(side, load, rate, context);
		if (perSecond === null) refused = Math.min(refused, rate);
		else carried = { rate, perSecond };
		if (carried.rate === 0) rate /= known ? 1.5 : 2;
		else if (refused < Infinity) rate = Math.sqrt(carried.rate * refused);
		else rate = Math.min(highest, rate * (known ? 1.5 : 4));
	}
	context.say(`${side.name}: ${Math.round(carried.perSecond).toLocaleString('en-US')} deliveries/s`);
	return carried;
}

/** Deliveries a second at that rate; null when the server did not carry it, in three attempts of which none was hopeless. */
async function attempt(side: Side, load: Load, rate: number, context: Context): Promise<number | null> {
	const seconds = context.quick ? 0.4 : 0.8;
	// Timers have a millisecond: above that several events come at a time, as from several providers.
	const size = Math.ceil(rate / 500);
	const plan = { readers, count: Math.ceil((rate * seconds) / size) * size, everyMs: (1_000 * size) / rate, size };
	for (let tries = 0; tries < 3; tries += 1) {
		const run = await deliver(side, load, { ...plan, quietMs: 1_000 });
		const inTime = run.publishedMs <= run.plannedMs * lateness + 20;
		if (run.delivered === 1 && run.p99 < slowestMs && inTime) return run.perSecond;
		if (run.p99 > 5 * slowestMs) return null;
	}
	return null;
}
