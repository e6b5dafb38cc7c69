import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFor } from './node-runtime.mjs';
import { runQuietly } from './run-quietly.mjs';

/** All that decides what a build contains. */
const sources = [
	'src',
	'static',
	'docs',
	'drizzle',
	'README.md',
	'package.json',
	'package-lock.json',
	'svelte.config.js',
	'tsconfig.json',
	'vite.config.ts'
];

/** A hash over the names and contents of everything that a build is made from. */
export function fingerprint(root) {
	const hash = createHash('sha256');
	for (const source of sources) {
		for (const file of filesUnder(root, source)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
	}
	return hash.digest('hex');
}

/** Whether the build in `build/` was made, to its end, from the sources as they are. */
export function isBuilt(root, wanted = fingerprint(root)) {
	const stamp = join(root, 'build', '.headway');
	return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** Builds the app. Resolves with Vite's exit code and output; only a build that ended well is stamped. */
export async function build(root, node) {
	// Taken before the build: a file that is edited meanwhile makes the stamp stale, never the build wrong.
	const wanted = fingerprint(root);
	const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
	const env = environmentFor(node, { NODE_ENV: 'production' });
	const result = await runQuietly(node, [vite, 'build'], { cwd: root, env });
	if (result.code === 0) stamp(root, wanted);
	return result;
}

function stamp(root, wanted) {
	const file = join(root, 'build', '.headway');
	writeFileSync(`${file}.${process.pid}`, wanted);
	renameSync(`${file}.${process.pid}`, file);
}

function filesUnder(root, path) {
	const full = join(root, path);
	if (!existsSync(full)) return [];
	if (!statSync(full).isDirectory()) return [path];
	return readdirSync(full)
		.sort()
		.flatMap((name) => filesUnder(root, `${path}/${name}`));
}
