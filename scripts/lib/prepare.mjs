import { build, isBuilt } from './built.mjs';
import { install, isInstalled } from './installed.mjs';
import { withLock } from './lock.mjs';
import { findNode } from './node-runtime.mjs';
import { at, root } from './project.mjs';

/** Outside `node_modules` and `build`, because both are replaced while it is held. */
const lock = () => at('.svelte-kit', 'headway.lock');

/** A step of the preparation that failed, with the tool's whole output. */
export class PreparationError extends Error {
	constructor(message, output) {
		super(message);
		this.name = 'PreparationError';
		this.output = output;
	}
}

/** Installs what is missing and returns the Node to go on with. Starts that run at once wait for one another. */
export async function ensureInstalled(say) {
	if (!isInstalled(root)) await exclusively(say, isInstalled, 'Installing the dependencies…', () => install(root));
	const node = findNode(root);
	if (node === null) {
		const advice = `Node ${process.version} is too old, and the newer one from npm was not installed. Run \`npm rebuild node\`, or install Node 22.17 or newer.`;
		throw new PreparationError(advice, '');
	}
	return node;
}

/** Builds the app if its sources have changed since the last build. */
export async function ensureBuilt(node, say) {
	if (!isBuilt(root)) await exclusively(say, isBuilt, 'Building the app…', () => build(root, node));
}

async function exclusively(say, isDone, sentence, work) {
	const locked = async () => {
		if (isDone(root)) return;
		say(sentence);
		const { code, output } = await work();
		if (code !== 0) throw new PreparationError(`${sentence.replace('…', '')} failed.`, output);
	};
	await withLock(lock(), locked, () => say('Waiting for another start to finish its preparation…'));
}
