import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeFolder } from '$lib/server/folder-lock.ts';
import { temporaryFolder } from '../../support/app.ts';

const holdBy = (folder: string, pid: number | undefined) =>
	writeFileSync(join(folder, 'headway.lock'), `${hostname()}:${pid}`);

test('DC-02 a data folder that a living process uses is refused in words, and taken over once that process is gone', async () => {
	const folder = temporaryFolder();
	const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
	onTestFinished(() => void other.kill('SIGKILL'));
	holdBy(folder, other.pid);
	expect(() => takeFolder(folder)).toThrow(`Another Headway (process ${other.pid}) uses the data folder`);
	other.kill('SIGKILL');
	await once(other, 'exit');
	const release = takeFolder(folder);
	expect(existsSync(join(folder, 'headway.lock'))).toBe(true);
	release();
	expect(existsSync(join(folder, 'headway.lock'))).toBe(false);
});
