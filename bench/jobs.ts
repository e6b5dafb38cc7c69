import { deliver, warmUp } from './deliver.ts';
import type { Delivery } from './deliver.ts';
import type { Measure } from './measure.ts';
import { bareHttp, split, startRig } from './peers.ts';

/** Five events a second in each of 200 jobs, two readers each: 2,000 deliveries a second. */
const plan = { channels: 200, readers: 2, count: 10, everyMs: 200 };
/** The longest from a step to the client (AG-04), also while many jobs stream (CH-11). */
const stepMs = 100;

/** Many jobs with few readers each. */
const jobs: Measure = {
	name: 'jobs',
	about: '200 jobs at once, each with 2 readers and 5 events/s: latency from publishing to the parsed event.',
	async run(context) {
		const rig = await startRig(context);
		try {
			await warmUp(rig);
			const taken = await context.interleaved(
				rig.sides.map((side) => () => deliver(side, rig.load, plan)),
				Math.min(context.rounds, 3)
			);
			const of = (value: (round: Delivery) => number) => split(rig.sides, taken, value);
			return [
				{
					...{ what: 'delivered in order', unit: '%', better: 'higher', targets: [{ limit: 100 }] },
					...of((run) => 100 * run.delivered)
				},
				{ what: 'latency p50', unit: 'ms', better: 'lower', ...of((run) => run.p50) },
				{ what: 'latency p99', unit: 'ms', better: 'lower', ...of((run) => run.p99), targets: [{ limit: stepMs }] },
				{
					...{ what: 'server CPU for 100,000 deliveries', unit: 's', better: 'lower', ...of((run) => run.cpu) },
					note: `Every event is appended by a job of its own and committed before it is sent; ${bareHttp} only sends it.`
				}
			];
		} finally {
			rig.stop();
		}
	}
};
export default jobs;
