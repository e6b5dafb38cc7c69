import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The oldest Node that SvelteKit, Vite and type stripping run on. */
const oldest = [22, 17];

/** Whether a version such as `v22.17.0` is new enough to build and run the app. */
export function isNewEnough(version) {
	const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
	return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/**
 * The Node to build and run with: the one installed as a dependency, else this one if it is new enough, else null.
 * @param {string} root
 * @param {(path: string) => boolean} exists
 * @param {{ version: string, execPath: string }} current
 */
export function findNode(root, exists = existsSync, current = process) {
	const installed = ['node', 'node.exe'].map((name) => join(root, 'node_modules', 'node', 'bin', name)).find(exists);
	return installed ?? (isNewEnough(current.version) ? current.execPath : null);
}

/** The environment for a tool run by `node`, so that whatever it starts by name finds the same Node. */
export function environmentFor(node, extra = {}, base = process.env) {
	const name = Object.keys(base).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
	return { ...base, [name]: [dirname(node), base[name]].filter(Boolean).join(delimiter), ...extra };
}
