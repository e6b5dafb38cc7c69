import type { Load } from './load-client.ts';
import type { Measure } from './measure.ts';
import { bareHttp, split, startRig } from './peers.ts';
import type { Side } from './peers.ts';
import type { Opened } from './server.ts';

const readers = 2_000;
/** Readers that come and go before: what the first ones cost is not each one's. */
const warmUp = 100;
const settleMs = 400;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Memory {
	rss: number;
	heap: number;
	external: number;
}

/** Memory for each reader that only waits. */
const idle: Measure = {
	name: 'idle',
	about: `Memory for each of ${readers.toLocaleString('en-US')} readers of one job in which nothing happens, each round in a fresh process, after collections.`,
	async run(context) {
		const rig = await startRig(context);
		try {
			const taken = await context.interleaved(
				rig.sides.map((side) => () => hold(side, rig.load)),
				context.quick ? 1 : Math.min(context.rounds, 3)
			);
			const targets = [{ against: bareHttp, times: 1 }];
			return [
				{
					...{ what: 'resident, each idle reader', unit: 'KB', better: 'lower', targets },
					...split(rig.sides, taken, ({ rss }) => rss / readers / 1_024)
				},
				{
					...{ what: 'heap and external, each idle reader', unit: 'KB', better: 'lower' },
					...split(rig.sides, taken, ({ heap, external }) => (heap + external) / readers / 1_024)
				}
			];
		} finally {
			rig.stop();
		}
	}
};
export default idle;

/** What the readers add to a fresh server, in bytes. */
async function hold({ again, address }: Side, load: Load): Promise<Memory> {
	const server = await again();
	try {
		const opened = await server.call<Opened>('open');
		await load.subscribe(address(opened), warmUp);
		await load.close();
		const before = await settled(server);
		await load.subscribe(address(opened), readers);
		const after = await settled(server);
		await load.close();
		return {
			rss: after.rss - before.rss,
			heap: after.heap - before.heap,
			external: after.external - before.external
		};
	} finally {
		server.stop();
	}
}

async function settled(server: Side['server']): Promise<Memory> {
	await pause(settleMs);
	await server.call<Memory>('memory');
	await pause(settleMs);
	return server.call<Memory>('memory');
}
