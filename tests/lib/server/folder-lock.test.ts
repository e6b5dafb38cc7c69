import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isAlive, takeFolder } from '$lib/server/folder-lock.ts';
import { temporaryFolder } from '../../support/app.ts';

// Processes are started, on cores that others use too.
vi.setConfig({ testTimeout: 30_000 });

const source = resolve('src/lib/server/folder-lock.ts');

/** Another process that takes the folder and then does as `then` says; resolves with what it said of it. */
async function takenElsewhere(folder: string, then = 'setInterval(() => {}, 1_000)') {
	const code = `import { takeFolder } from ${JSON.stringify(source)};
		try { takeFolder(${JSON.stringify(folder)}); console.log('taken'); } catch (error) { console.log(error.message); process.exit(); }
		${then}`;
	const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code]);
	onTestFinished(() => void child.kill('SIGKILL'));
	const [said] = (await once(child.stdout, 'data')) as [Buffer];
	return { child, said: String(said).trim() };
}

async function killed(child: ChildProcess): Promise<void> {
	child.kill('SIGKILL');
	await once(child, 'exit');
}

test('DC-02 a data folder that a living process uses is refused in words, and taken over once that process is gone', async () => {
	const folder = temporaryFolder();
	const { child, said } = await takenElsewhere(folder);
	expect(said).toBe('taken');
	expect(() => takeFolder(folder)).toThrow(`Another Headway (process ${child.pid}) uses the data folder ${folder}.`);
	await killed(child);
	const { release, unclean } = takeFolder(folder);
	expect(unclean).toBe(true);
	expect(existsSync(join(folder, 'headway.lock'))).toBe(true);
	release();
	expect(existsSync(join(folder, 'headway.lock'))).toBe(false);
	const again = takeFolder(folder);
	expect(again.unclean).toBe(false);
	again.release();
});

test('DC-02 of eight processes that take a folder at the same moment one has it', async () => {
	const folder = temporaryFolder();
	const said = await Promise.all(Array.from({ length: 8 }, () => takenElsewhere(folder)));
	const refused = said.filter((each) => each.said !== 'taken');
	expect(refused).toHaveLength(7);
	for (const each of refused) expect(each.said).toMatch(/^Another Headway.* uses the data folder/);
});

test('DC-02 a process number that another program has by now does not keep the folder', () => {
	const folder = temporaryFolder();
	// This one lives, is not a Headway, and has the number that the killed one had.
	writeFileSync(join(folder, 'headway.lock'), `${hostname()}:${process.ppid}`);
	const { unclean, release } = takeFolder(folder);
	expect(unclean).toBe(true);
	release();
});

test('DC-06 a folder that cannot be made ends the start with a sentence, also where its parent says that it does not exist', async () => {
	const below = join(temporaryFolder(), 'file');
	writeFileSync(below, '');
	expect(() => takeFolder(join(below, 'data'))).toThrow(
		`The data folder ${below}/data cannot be made: ${below} is a file. Set HEADWAY_DATA to a folder.`
	);
	const link = join(temporaryFolder(), 'link');
	symlinkSync('/no/such/folder', link);
	expect(() => takeFolder(link)).toThrow(/^The data folder \S+link cannot be written \(ENO\w+\)\./);
	// Another process: what hangs there would hang the tests. /proc is a folder of Linux; elsewhere it cannot be made either.
	const { said } = await takenElsewhere('/proc/headway-data');
	expect(said).toMatch(/^The data folder \/proc\/headway-data cannot be written \([^)]+\)\. Make it writable/);
});

test('DC-06 a folder is made with those above it, whatever its name', () => {
	const folder = join(temporaryFolder(), 'my data', '50 % #1?', 'it’s');
	const { release } = takeFolder(folder);
	expect(existsSync(join(folder, 'headway.lock'))).toBe(true);
	release();
});

test('BY-01 a process that ended and was not waited for is not alive', async () => {
	// A shell that starts one and becomes a program that never waits for it.
	const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
	onTestFinished(() => void shell.kill('SIGKILL'));
	const [said] = (await once(shell.stdout, 'data')) as [Buffer];
	await expect.poll(() => isAlive(Number(String(said)))).toBe(false);
	expect(isAlive(process.ppid)).toBe(true);
});
