import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprint, isBuilt } from '../../scripts/lib/built.mjs';
import { isInstalled, missingPackages } from '../../scripts/lib/installed.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { environmentFor, findNode, isNewEnough } from '../../scripts/lib/node-runtime.mjs';
import { runQuietly } from '../../scripts/lib/run-quietly.mjs';

let root = '';
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'headway-scripts-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string) {
	mkdirSync(join(root, path, '..'), { recursive: true });
	writeFileSync(join(root, path), content);
}

const lockOf = (versions: Record<string, string>) =>
	JSON.stringify({
		packages: Object.fromEntries(
			Object.entries(versions).map(([name, version]) => [name && `node_modules/${name}`, { version }])
		)
	});

test.each([
	['v18.20.0', false],
	['v22.16.9', false],
	['v22.17.0', true],
	['v26.10.0', true]
])('DC-07 Node %s is new enough: %s', (version, expected) => {
	expect(isNewEnough(version)).toBe(expected);
});

test('DC-07 the Node from npm is taken before the one of the system', () => {
	const current = { version: 'v24.0.0', execPath: '/usr/bin/node' };
	expect(findNode('/app', () => true, current)).toBe(join('/app', 'node_modules', 'node', 'bin', 'node'));
	expect(findNode('/app', () => false, current)).toBe('/usr/bin/node');
	expect(findNode('/app', () => false, { ...current, version: 'v20.20.2' })).toBeNull();
});

test('DC-07 what the tools start by name is the same Node', () => {
	const env = environmentFor('/app/node/bin/node', { NODE_ENV: 'production' }, { Path: '/usr/bin' });
	expect(env).toEqual({
		Path: ['/app/node/bin', '/usr/bin'].join(process.platform === 'win32' ? ';' : ':'),
		NODE_ENV: 'production'
	});
});

test('DC-07 a package that is absent or has another version is missing, an optional one may be', () => {
	const locked = {
		'': {},
		'node_modules/svelte': { version: '5.0.0' },
		'node_modules/zod': { version: '4.0.0' },
		'node_modules/vite/node_modules/fsevents': { version: '2.0.0', optional: true }
	};
	expect(missingPackages(locked, { 'node_modules/svelte': { version: '4.0.0' } })).toEqual(['svelte', 'zod']);
	expect(missingPackages(locked, locked)).toEqual([]);
});

test("DC-07 an install is whole when npm's own record matches the lock", () => {
	write('package-lock.json', lockOf({ '': '1.0.0', zod: '4.0.0' }));
	expect(isInstalled(root)).toBe(false);
	write('node_modules/node/bin/node', '');
	write('node_modules/.package-lock.json', lockOf({ zod: '4.0.0' }));
	expect(isInstalled(root)).toBe(true);
	write('package-lock.json', lockOf({ '': '1.0.0', zod: '4.0.1' }));
	expect(isInstalled(root)).toBe(false);
	write('package-lock.json', lockOf({ '': '1.0.0', zod: '4.0.0' }));
	write('node_modules/.package-lock.json', '{ "packages": { "node_modules/zod"');
	expect(isInstalled(root)).toBe(false);
});

test('DC-07 a build is stale after any change to a source, and fresh again when the change is undone', () => {
	write('src/app.ts', 'one');
	write('src/deep/er.ts', 'two');
	const first = fingerprint(root);
	write('build/.headway', first);
	expect(isBuilt(root)).toBe(true);
	write('src/deep/er.ts', 'three');
	expect(isBuilt(root)).toBe(false);
	write('src/deep/er.ts', 'two');
	expect(isBuilt(root)).toBe(true);
	write('src/more.ts', '');
	expect(isBuilt(root)).toBe(false);
});

test('DC-07 a file that moves makes the build stale though its content is the same', () => {
	write('src/one.ts', 'text');
	const before = fingerprint(root);
	rmSync(join(root, 'src/one.ts'));
	write('src/two.ts', 'text');
	expect(fingerprint(root)).not.toBe(before);
});

/** Another process that takes the lock, writes `in` and `out` to a log around a short wait, and ends. */
function contender(hold: number) {
	const lock = new URL('../../scripts/lib/lock.mjs', import.meta.url).href;
	const script = `import { appendFileSync } from 'node:fs';
		import { withLock } from ${JSON.stringify(lock)};
		const log = (word) => appendFileSync(${JSON.stringify(join(root, 'log'))}, word);
		await withLock(${JSON.stringify(join(root, 'a.lock'))}, async () => {
			log('<');
			await new Promise((resolve) => setTimeout(resolve, ${hold}));
			log('>');
		});`;
	return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
}

test('DC-07 starts that run at once prepare one after the other', async () => {
	const contenders = [contender(100), contender(100), contender(100)];
	await Promise.all(contenders.map((child) => once(child, 'exit')));
	const { output } = await runQuietly('cat', [join(root, 'log')]);
	expect(output).toBe('<><><>');
	expect(existsSync(join(root, 'a.lock'))).toBe(false);
});

test('DC-07 the lock of a start that was killed is taken over', async () => {
	const held = contender(60_000);
	await expect.poll(() => existsSync(join(root, 'log'))).toBe(true);
	held.kill('SIGKILL');
	await once(held, 'exit');
	expect(existsSync(join(root, 'a.lock'))).toBe(true);
	expect(await withLock(join(root, 'a.lock'), () => 'taken')).toBe('taken');
});

test('DC-07 the lock is released when the work fails', async () => {
	const failing = () => Promise.reject(new Error('no space'));
	await expect(withLock(join(root, 'a.lock'), failing)).rejects.toThrow('no space');
	expect(existsSync(join(root, 'a.lock'))).toBe(false);
});

test('DC-07 a tool that never ends is stopped with everything it started, and says so', async () => {
	// The sleeper holds the output open: the promise resolves only once it is gone as well.
	const { code, output } = await runQuietly('sh', ['-c', 'sleep 300 & echo working; wait'], { timeoutMs: 500 });
	expect(code).toBe(-1);
	expect(output).toMatch(/^working\n\nStopped after/);
});

test('DC-07 a command that does not exist is a failure with a sentence', async () => {
	const { code, output } = await runQuietly('no-such-command-here', []);
	expect(code).toBe(-1);
	expect(output).toContain('no-such-command-here could not be started');
});
