import type { Collected, Load } from './load-client.ts';
import type { Rig, Side } from './peers.ts';
import type { Opened, Pace } from './server.ts';

/** What a publishing run is made of: so many readers of each of so many channels. */
export interface Plan extends Omit<Pace, 'from'> {
	readers: number;
	/** 1 when absent. */
	channels?: number;
	/** After how long without a note what has not come counts as lost; 4,000 ms when absent. */
	quietMs?: number;
}

/** What came of it. */
export interface Delivery extends Collected {
	/** Share of all notes that came, 0 to 1; 0 when any was out of order. */
	delivered: number;
	/** Deliveries a second, from the first publishing to the last note that came. */
	perSecond: number;
	/** Milliseconds that publishing took, and should have taken. */
	publishedMs: number;
	plannedMs: number;
	/** CPU seconds of the server for 100,000 deliveries. */
	cpu: number;
}

/** How long readers that are connected may need until what they watch is set up, in ms. */
const settleMs = 150;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes to readers that are all connected, and measures what arrives and what it costs the server. */
export async function deliver({ server, address }: Side, load: Load, plan: Plan): Promise<Delivery> {
	const { readers, channels: wanted = 1, count, everyMs, size = 1, quietMs = 4_000 } = plan;
	const opened: Opened[] = [];
	try {
		for (let channel = 0; channel < wanted; channel += 1) opened.push(await server.call<Opened>('open'));
		for (const one of opened) await load.subscribe(address(one), readers);
		await pause(settleMs);
		const plannedMs = (count / size) * everyMs;
		const usedBefore = await server.call<number>('cpu');
		const wait = { expected: count, quietMs, totalMs: 3 * plannedMs + 10_000 };
		const collecting = load.collect(wait);
		const channels = opened.map(({ channel }) => channel);
		const publishing = server.call<number>('publishAll', { channels, from: 1, count, everyMs, size });
		const collected = await collecting;
		const publishedMs = await publishing;
		const used = (await server.call<number>('cpu')) - usedBefore;
		const { notes, disorder, ms } = collected;
		const delivered = disorder > 0 ? 0 : notes / (count * readers * wanted);
		const perSecond = (1_000 * notes) / ms;
		return { ...collected, delivered, perSecond, publishedMs, plannedMs, cpu: (100 * used) / notes };
	} finally {
		await load.close();
		for (const { channel } of opened) await server.call('close', channel);
		await pause(settleMs);
	}
}

/** Lets each side do what only its first readers and events cost it (code that is compiled, statements that are prepared), unmeasured. */
export async function warmUp({ sides, load }: Pick<Rig, 'sides' | 'load'>): Promise<void> {
	for (const side of sides) await deliver(side, load, { readers: 50, count: 100, everyMs: 4 });
}
