import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findNode } from './node-runtime.mjs';
import { runQuietly } from './run-quietly.mjs';

/** The names of locked packages that `node_modules` lacks or has in another version; optional ones may be absent. */
export function missingPackages(locked, installed) {
	return Object.entries(locked)
		.filter(([path, wanted]) => path !== '' && !wanted.optional && installed[path]?.version !== wanted.version)
		.map(([path]) => path.replace(/^.*node_modules\//, ''));
}

/**
 * Whether `node_modules` holds what `package-lock.json` asks for. npm writes its own record as the last step of an
 * install, so an interrupted one has none, and an install that the person ran by hand counts too.
 */
export function isInstalled(root) {
	const record = join(root, 'node_modules', '.package-lock.json');
	if (!existsSync(record) || findNode(root) === null) return false;
	return missingPackages(packagesOf(join(root, 'package-lock.json')), packagesOf(record)).length === 0;
}

function packagesOf(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
	} catch {
		return {};
	}
}

/** Installs exactly what is locked, development dependencies included. Resolves with npm's exit code and output. */
export function install(root, env = process.env) {
	const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
	// The Node in node_modules is about to be removed: npm must be run by the one from outside.
	const path = (env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
	const options = { cwd: root, env: { ...env, PATH: path.join(delimiter) } };
	const own = env.npm_execpath?.endsWith('npm-cli.js') && env.npm_node_execpath;
	if (own) return runQuietly(env.npm_node_execpath, [env.npm_execpath, ...args], options);
	return runQuietly(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
		...options,
		shell: process.platform === 'win32'
	});
}
