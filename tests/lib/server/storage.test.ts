import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '$lib/server/config.ts';
import { folderFault } from '$lib/server/data-folder.ts';
import { makeApp, temporaryFolder } from '../../support/app.ts';

const isHeld = (dataDir: string) => existsSync(join(dataDir, 'headway.lock'));

test('DC-06 what lies in the way in a data folder ends the start with a sentence, and lets the folder go', async () => {
	const dataDir = temporaryFolder();
	const inTheWay = join(dataDir, 'tmp');
	writeFileSync(inTheWay, '');
	await expect(makeApp({ dataDir })).rejects.toThrow(
		new ConfigError(
			`The data folder ${dataDir} cannot be written (EEXIST at ${inTheWay}). Make it writable for this user, or set HEADWAY_DATA to another folder.`
		)
	);
	expect(isHeld(dataDir)).toBe(false);
	rmSync(inTheWay);
	await makeApp({ dataDir });
	expect(isHeld(dataDir)).toBe(true);
});

test('DC-06 a demo that cannot start ends the start with a sentence, and does not leave the database as a killed server would', async () => {
	const other = createServer().listen(0, '127.0.0.1');
	onTestFinished(() => void other.close());
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	const dataDir = temporaryFolder();
	await expect(makeApp({ dataDir, env: { HEADWAY_DEMO_PORT: String(port) } })).rejects.toThrow(
		/^The demo provider cannot start \(.*EADDRINUSE.*\)\. Check HEADWAY_DEMO_PORT/
	);
	expect(isHeld(dataDir)).toBe(false);
});

const failed = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

test.each([
	[
		'a full disk',
		failed('ENOSPC', { path: '/data/headway.mark.new' }),
		/^The disk of the data folder \/data is full\./
	],
	['a database without room', new Error('Failed query', { cause: failed('SQLITE_FULL') }), /is full\. Make room/],
	['a folder of another user', failed('EACCES', { path: '/data' }), /cannot be written \(EACCES\)\. Make it writable/],
	[
		'a file of another user',
		failed('EACCES', { path: '/data/tmp/a' }),
		/cannot be written \(EACCES at \/data\/tmp\/a\)/
	],
	['a database of another user', new Error('', { cause: failed('SQLITE_READONLY') }), /written \(SQLITE_READONLY\)/]
])('DC-06 %s ends the start with a sentence', (_what, error, sentence) => {
	const fault = folderFault('/data', error);
	expect(fault).toBeInstanceOf(ConfigError);
	expect((fault as Error).message).toMatch(sentence);
});

test('DC-06 a fault that is not the folder’s stays what it is', () => {
	const refused = failed('ECONNREFUSED');
	expect(folderFault('/data', refused)).toBe(refused);
	const told = new ConfigError('Another Headway uses it.');
	expect(folderFault('/data', told)).toBe(told);
});
