import type { Context, Figure, Measure } from './measure.ts';
import { bareHttp, startRig } from './peers.ts';
import type { Rig, Side as Server } from './peers.ts';
import type { Opened } from './server.ts';
import { openSqliteLog } from './sqlite-loop.ts';

const lengths = [100, 1_000, 10_000, 100_000];
const sqlite = 'bare better-sqlite3 read, no HTTP';
/** What returning costs with a snapshot does not depend on the log: how much slower the longest may be than the one of 1,000. */
const level = 'Headway, live.watch, 1,000 events';

/** How long one who comes back needs to be where the job is. */
const reattach: Measure = {
	name: 'reattach',
	about: 'A reader comes back to a log: milliseconds from connecting to the last event, or to the snapshot and `live`.',
	async run(context) {
		const rig = await startRig(context);
		try {
			const figures: Figure[] = [];
			let short: number[] = [];
			for (const length of lengths) {
				const { plain, watched } = await measure(rig, length, context);
				if (length === 1_000) short = watched.ours;
				if (length === 100_000) watched.targets = [{ against: level, times: 1 }];
				if (length === 100_000) watched.peers.push({ name: level, rounds: short });
				figures.push(plain, watched);
			}
			return figures;
		} finally {
			rig.stop();
		}
	}
};
export default reattach;

interface Filled extends Opened {
	name: string;
	close(): Promise<unknown>;
}

/** One log length: the whole log by the plain endpoint beside the peers, and by `live.watch`, which may send a snapshot. */
async function measure(rig: Rig, length: number, context: Context): Promise<{ plain: Figure; watched: Figure }> {
	const [app, ...others] = rig.sides.filter(({ name }) => !name.includes('plain'));
	if (!app) throw new Error('the app is missing');
	const { url, watchUrl = url, close } = await fill(app, length);
	const filled: Filled[] = [];
	const log = openSqliteLog(length);
	try {
		for (const side of others) filled.push({ name: side.name, ...(await fill(side, length)) });
		const watching = filled.filter((peer) => peer.watchUrl !== undefined);
		const whole = (address: string) => () => rig.load.replay(address, length);
		const tasks = [
			...[whole(url), () => rig.load.replay(watchUrl, 0), ...filled.map((peer) => whole(peer.url))],
			...[async () => log.readAll(), ...watching.map((peer) => () => rig.load.replay(peer.watchUrl ?? '', 0))]
		];
		for (const task of tasks) await task();
		const rounds = context.quick ? 3 : length > 10_000 ? 5 : 15;
		const [ours = [], watched = [], ...rest] = await context.interleaved(tasks, rounds);
		const names = [...filled.map(({ name }) => name), sqlite];
		const peers = names.map((name, index) => ({ name, rounds: rest[index] ?? [] }));
		const earlier = watching.map(({ name }, index) => ({ name, rounds: rest[names.length + index] ?? [] }));
		const events = `${length.toLocaleString('en-US')} events`;
		const targets = length === 10_000 ? { targets: [{ against: bareHttp, times: 3 }] } : {};
		const common = { unit: 'ms', better: 'lower' } as const;
		return {
			plain: { what: `all ${events}, plain endpoint`, ...common, ours, peers, ...targets },
			watched: { what: `${events}, live.watch`, ...common, ours: watched, peers: earlier }
		};
	} finally {
		log.close();
		await close();
		for (const peer of filled) await peer.close();
	}
}

/** A channel with a log of so many notes. */
async function fill({ server }: Server, length: number): Promise<Opened & { close(): Promise<unknown> }> {
	const opened = await server.call<Opened>('open');
	await server.call('publish', { channel: opened.channel, from: 1, count: length, everyMs: 2, size: 100 });
	return { ...opened, close: () => server.call('close', opened.channel) };
}
