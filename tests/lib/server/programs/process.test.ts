import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startLocked } from '$lib/processes/locked-process.ts';
import processCode from '$lib/server/programs/program-process.mjs?raw';
import { processTerms, requestOf, runProcess, talk } from '$lib/server/programs/program-process.ts';
import { usual } from '$lib/server/programs/program-sandbox.ts';
import { temporaryFolder } from '../../../support/app.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What code prints that is started as a program's process is. */
async function printed(code: string): Promise<string[]> {
	const child = startLocked(['--input-type=module', '--eval', code], processTerms(usual, 1), {
		stdio: ['ignore', 'pipe', 'ignore']
	});
	return (await text(child.stdout!)).trim().split('\n');
}

test('TS-06 were the engine broken, its process could still reach nothing: no file, no network, no other program', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address() as { port: number };
	const file = join(temporaryFolder(), 'secret');
	writeFileSync(file, 'secret');
	const tried = await printed(`
import fs from 'node:fs';
import net from 'node:net';
import { spawnSync } from 'node:child_process';
const attempt = (name, work) => { try { console.log(name, work() ?? 'done'); } catch (error) { console.log(name, error.code); } };
attempt('read', () => fs.readFileSync(${JSON.stringify(file)}, 'utf8'));
attempt('own', () => fs.readFileSync(${JSON.stringify(join(process.cwd(), 'package.json'))}, 'utf8').length);
attempt('write', () => fs.writeFileSync(${JSON.stringify(`${file}-2`)}, 'x'));
attempt('spawn', () => spawnSync('id').error?.code ?? 'ran');
attempt('addon', () => process.dlopen({ exports: {} }, '/x.node'));
const how = await new Promise((resolve) => {
	try {
		net.connect(${port}, '127.0.0.1').on('connect', () => resolve('connected')).on('error', (error) => resolve(error.code));
	} catch (error) {
		resolve(error.code);
	}
});
console.log('connect', how);
process.exit(0);
`);
	server.close();
	expect(tried.map((line) => line.split(' ')[0])).toEqual(['read', 'own', 'write', 'spawn', 'addon', 'connect']);
	for (const line of tried) expect(line).toMatch(/ ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/);
	expect(existsSync(`${file}-2`)).toBe(false);
});

test('TS-06 a process has no environment of ours', async () => {
	const control = new AbortController();
	const terms = { limits: { ...usual, ms: 60_000 }, signal: control.signal };
	const running = runProcess('function solve() { for (;;); }', [[[1]]], terms);
	const child = () => childrenOf(process.pid).find((pid) => readProc(pid, 'cmdline').includes('--permission'));
	await vi.waitFor(() => expect(child()).toBeDefined(), 10_000);
	expect(readProc(child()!, 'environ')).toBe('');
	control.abort(new Error('enough'));
	await expect(running).rejects.toThrow('enough');
});

test.for([
	[
		'what can be interrupted',
		'function solve() { for (;;); }',
		/"kind":"timeout","message":"It was not done after 0\.2 s: the server is busy\."/
	],
	['what cannot', "function solve() { 'a'.repeat(3e6).indexOf('a'.repeat(15e5) + 'b'); }", /spent:\d+;/]
] as const)(
	'CX-15 a program that gets too little of the processor is ended by the clock: %s',
	async ([, source, said]) => {
		const child = startLocked(['--input-type=module', '--eval', processCode], processTerms(usual, 1), {
			stdio: 'pipe'
		});
		const request = JSON.parse(requestOf(source, [[[1]]], { ...usual, ms: 60_000 })) as { limits: { wallMs: number } };
		request.limits.wallMs = 200;
		child.stdin!.end(JSON.stringify(request));
		const [answered, words] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
		expect(answered + words).toMatch(said);
	}
);

test('CX-15 a process that were broken and wrote without end is ended before its words fill the memory', async () => {
	const flood = `
import { writeSync } from 'node:fs';
const piece = Buffer.alloc(1e5, 'x');
const write = (left) => { try { return left - writeSync(1, piece, 0, Math.min(left, piece.length)); } catch { return left; } };
for (let left = 5e7; left > 0; ) left = write(left);
writeSync(2, 'wrote it all');`;
	const child = startLocked(['--input-type=module', '--eval', flood], processTerms(usual, 1), { stdio: 'pipe' });
	const { runs, words } = await talk(child, '', { silenceMs: 60_000, answers: 1 });
	expect([runs, words]).toEqual([[], '']);
});

test('CX-15 a process whose starter is gone ends by itself, whatever it is in the middle of', async () => {
	const folder = temporaryFolder();
	const [request, script] = [join(folder, 'request.json'), join(folder, 'start.mjs')];
	writeFileSync(request, requestOf('function solve() { for (;;); }', [[[1]]], { ...usual, ms: 600_000 }));
	writeFileSync(
		script,
		`import { openSync } from 'node:fs';
import { startLocked } from ${JSON.stringify(new URL('../../../../src/lib/processes/locked-process.ts', import.meta.url).href)};
const run = ['--input-type=module', '--eval', ${JSON.stringify(processCode)}];
const terms = ${JSON.stringify(processTerms({ ...usual, ms: 600_000 }, 1))};
const child = startLocked(run, terms, { stdio: [openSync(${JSON.stringify(request)}), 'pipe', 'ignore'] });
child.stdout.once('data', () => console.log(child.pid));
`
	);
	const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
	const pid = await new Promise<number>((resolve) => starter.stdout.once('data', (said) => resolve(Number(said))));
	onTestFinished(() => void (isAlive(pid) && process.kill(pid, 'SIGKILL')));
	expect(isAlive(pid)).toBe(true);
	starter.kill('SIGKILL');
	await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);
});

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

function readProc(pid: string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		return '';
	}
}

function childrenOf(parent: number): string[] {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	return pids.filter((pid) => readProc(pid, 'stat').split(') ').at(-1)?.split(' ')[1] === String(parent));
}
