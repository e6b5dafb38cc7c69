import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BuiltApp, environment } from './built-app.ts';
import type { Measure } from './measure.ts';

const nothing = 'node -e 0';

async function ready(env: Record<string, string> = {}): Promise<number> {
	const app = await BuiltApp.start(env);
	await app.stop();
	return app.readyMs;
}

async function emptyProcess(): Promise<number> {
	const began = performance.now();
	await once(spawn(process.execPath, ['-e', '0'], { env: environment() }), 'exit');
	return performance.now() - began;
}

const start: Measure = {
	name: 'start',
	about: 'Cold start of the built app on an empty data folder, demo provider included, until /readyz answers 200.',
	async run({ interleaved, quick }) {
		await ready();
		const cold = { NODE_DISABLE_COMPILE_CACHE: '1' };
		const tasks = [ready, emptyProcess, () => ready(cold)].map((task) => () => task());
		const [ours = [], empty = [], uncached = []] = await interleaved(tasks, quick ? 3 : 9);
		const peers = [{ name: nothing, rounds: empty }];
		return [
			{
				...{ what: 'start to ready', unit: 'ms', better: 'lower', ours, peers },
				targets: [{ against: nothing, times: 15 }],
				note: 'A new process on an empty data folder; the file cache and the compile cache were warm.'
			},
			{
				...{ what: 'start to ready, nothing compiled before', unit: 'ms', better: 'lower', ours: uncached, peers },
				note: 'As the first start after a build that left no compile cache.'
			}
		];
	}
};
export default start;
