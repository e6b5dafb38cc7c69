import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

/** Whether a process of this machine is there. One that is not ours to signal is there as well. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as { code?: string }).code === 'EPERM';
	}
}

/**
 * Takes a data folder for this process: a second server on it would run half of the jobs without being heard by the first.
 * What a killed process left is taken over. Throws a `ConfigError` that names the process; returns what lets the folder go.
 */
export function takeFolder(folder: string): () => void {
	const file = join(folder, 'headway.lock');
	const mine = `${hostname()}:${process.pid}`;
	const [host, pid] = readHolder(file).split(':');
	if (host === hostname() && Number(pid) !== process.pid && isAlive(Number(pid)))
		throw new ConfigError(
			`Another Headway (process ${pid}) uses the data folder ${folder}. Stop it, or set HEADWAY_DATA to another folder. If there is none, delete ${file}.`
		);
	write(folder, file, mine);
	return () => {
		if (readHolder(file) === mine) rmSync(file, { force: true });
	};
}

function readHolder(file: string): string {
	try {
		return readFileSync(file, 'utf8').trim();
	} catch {
		return '';
	}
}

function write(folder: string, file: string, holder: string): void {
	try {
		mkdirSync(folder, { recursive: true });
		writeFileSync(file, holder);
	} catch {
		throw new ConfigError(
			`The data folder ${folder} cannot be written. Make it writable for this user, or set HEADWAY_DATA to another folder.`
		);
	}
}
