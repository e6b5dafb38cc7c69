import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startLocked, type LockedTerms } from '$lib/processes/locked-process.ts';
import { temporaryFolder } from '../../support/app.ts';

vi.setConfig({ testTimeout: 30_000 });

const usual: LockedTerms = { reads: [], bytes: 512 * 1024 ** 2, ms: 20_000 };

/** What code that is started so prints, what it complains of, and the signal that it ended with. */
async function ran(code: string, terms: Partial<LockedTerms> = {}) {
	const child = startLocked(
		['--input-type=module', '--eval', code],
		{ ...usual, ...terms },
		{ stdio: ['ignore', 'pipe', 'pipe'] }
	);
	const [[, signal], printed, complaint] = await Promise.all([
		once(child, 'close'),
		all(child.stdout),
		all(child.stderr)
	]);
	return { signal: signal as string | null, printed: printed.trim().split('\n'), complaint };
}

const all = (stream: ChildProcess['stdout']) => (stream ? text(stream) : Promise.resolve(''));

/** Code that tries something and prints the code of the error that it meets. */
const attempts = (file: string, port: number) => `
import fs from 'node:fs';
import net from 'node:net';
import { spawnSync } from 'node:child_process';
const attempt = (name, work) => { try { console.log(name, work() ?? 'done'); } catch (error) { console.log(name, error.code); } };
attempt('read', () => fs.readFileSync(${JSON.stringify(file)}, 'utf8'));
attempt('write', () => fs.writeFileSync(${JSON.stringify(`${file}-2`)}, 'x'));
attempt('run', () => spawnSync('id').error?.code ?? 'ran');
attempt('addon', () => process.dlopen({ exports: {} }, '/x.node'));
attempt('environment', () => Object.keys(process.env).join() || 'empty');
console.log('connect', await new Promise((resolve) => {
	try {
		net.connect(${port}, '127.0.0.1').on('connect', () => resolve('connected')).on('error', ({ code }) => resolve(code));
	} catch ({ code }) {
		resolve(code);
	}
}));
process.exit(0);
`;

test('CH-08 a locked process reaches no file, no network, no program, and nothing of our environment', async () => {
	const { file, port } = await secrets();
	const { printed } = await ran(attempts(file, port));
	expect(printed).toEqual([
		...['read ERR_ACCESS_DENIED', 'write ERR_ACCESS_DENIED', 'run ERR_ACCESS_DENIED', 'addon ERR_DLOPEN_DISABLED'],
		...['environment empty', 'connect ERR_ACCESS_DENIED']
	]);
	expect(existsSync(`${file}-2`)).toBe(false);
});

test('CH-08 what its terms name, it reaches', async () => {
	const { folder, file, port } = await secrets();
	const { printed } = await ran(attempts(file, port), { writes: [folder], network: true });
	expect(printed).toEqual([
		...['read secret', 'write done', 'run ERR_ACCESS_DENIED', 'addon ERR_DLOPEN_DISABLED'],
		...['environment empty', 'connect connected']
	]);
});

test('CX-15 it ends by itself when it takes more memory than it may, though it is busy and the memory is not V8’s', async () => {
	const hungry = 'const all = []; for (;;) all.push(Buffer.alloc(10_000_000, 1));';
	expect(await ran(hungry)).toMatchObject({ signal: 'SIGKILL', complaint: 'limit:memory' });
});

test('CX-15 it ends by itself when its time is over', async () => {
	expect(await ran('for (;;);', { ms: 300 })).toMatchObject({ signal: 'SIGKILL', complaint: 'limit:time' });
});

test('CX-15 it ends by itself when the process that started it is gone, whatever it is in the middle of', async () => {
	const module = new URL('../../../src/lib/processes/locked-process.ts', import.meta.url).href;
	const starter = `
import { startLocked } from ${JSON.stringify(module)};
const terms = ${JSON.stringify({ ...usual, ms: 600_000 })};
const child = startLocked(['--eval', 'console.log(1); for (;;);'], terms, { stdio: ['ignore', 'pipe', 'ignore'] });
child.stdout.once('data', () => console.log(child.pid));
`;
	const server = spawn(process.execPath, ['--input-type=module', '--eval', starter], {
		stdio: ['ignore', 'pipe', 'ignore']
	});
	onTestFinished(() => void server.kill('SIGKILL'));
	const [printed] = (await once(server.stdout, 'data')) as [Buffer];
	const pid = Number(printed);
	onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
	expect(isRunning(pid)).toBe(true);
	server.kill('SIGKILL');
	await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000 });
});

/** A folder with a file in it, and a port that somebody listens at. */
async function secrets(): Promise<{ folder: string; file: string; port: number }> {
	const folder = join(temporaryFolder(), 'own');
	mkdirSync(folder);
	const file = join(folder, 'secret');
	writeFileSync(file, 'secret');
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	return { folder, file, port: (server.address() as AddressInfo).port };
}

/** Not one that ended and whose end nobody asked for yet. */
function isRunning(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}
