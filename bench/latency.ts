import { deliver, warmUp } from './deliver.ts';
import type { Delivery } from './deliver.ts';
import type { Figure, Measure } from './measure.ts';
import { bareHttp, split, startRig } from './peers.ts';

/** Readers of one job, which has so many events at 50 a second. */
const audiences = [
	{ readers: 1, count: 200 },
	{ readers: 100, count: 100 },
	{ readers: 1_000, count: 100 }
];
const everyMs = 20;
/** The longest from a step to the client (AG-04); a fifth of what RS-09 allows. */
const stepMs = 100;

/** Event latency from publishing to the parsed event, and what a delivery costs the server. */
const latency: Measure = {
	name: 'latency',
	about: 'One job at 50 events/s of about 120 bytes: milliseconds from publishing to the parsed event in the reader.',
	async run(context) {
		const rig = await startRig(context);
		const figures: Figure[] = [];
		try {
			await warmUp(rig);
			for (const { readers, count } of audiences) {
				context.say(`${readers} readers, ${context.rounds} rounds of ${rig.sides.length} sides`);
				const plan = { readers, count, everyMs };
				const taken = await context.interleaved(
					rig.sides.map((side) => () => deliver(side, rig.load, plan)),
					readers === 1_000 ? context.rounds : Math.min(context.rounds, 3)
				);
				figures.push(...figuresOf(readers, rig.sides, taken));
			}
			return figures;
		} finally {
			rig.stop();
		}
	}
};
export default latency;

function figuresOf(readers: number, sides: readonly { name: string }[], taken: Delivery[][]): Figure[] {
	const who = `${readers.toLocaleString('en-US')} reader${readers === 1 ? '' : 's'}`;
	const of = (value: (round: Delivery) => number) => split(sides, taken, value);
	const ratio = readers === 1_000 ? [{ against: bareHttp, times: 0.8 }] : [];
	return [
		{
			...{ what: `${who}, delivered in order`, unit: '%', better: 'higher', ...of((run) => 100 * run.delivered) },
			targets: [{ limit: 100 }]
		},
		{ what: `${who}, latency p50`, unit: 'ms', better: 'lower', ...of((run) => run.p50) },
		{
			what: `${who}, latency p99`,
			unit: 'ms',
			better: 'lower',
			...of((run) => run.p99),
			targets: [{ limit: stepMs }, ...ratio]
		},
		{
			...{ what: `${who}, server CPU for 100,000 deliveries`, unit: 's', better: 'lower' },
			...{ ...of((run) => run.cpu), targets: ratio }
		}
	];
}
