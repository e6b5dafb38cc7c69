import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Longer than any install or build; a pid seen in an older lock belongs to somebody else by now. */
const oldestMs = 20 * 60_000;

/**
 * Holds the lock file while `work` runs, and waits for another process that holds it. The lock of a process that died is
 * taken over. `onWait` is called once when there is somebody to wait for.
 */
export async function withLock(path, work, onWait = () => {}) {
	mkdirSync(dirname(path), { recursive: true });
	for (let waits = 0; !take(path); waits++) {
		if (waits === 1) onWait();
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	try {
		return await work();
	} finally {
		rmSync(path, { force: true });
	}
}

function take(path) {
	const own = `${path}.${process.pid}`;
	writeFileSync(own, String(process.pid));
	try {
		// A link appears with its content or not at all, so nobody ever reads a lock without a pid.
		linkSync(own, path);
		return true;
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
		if (isLeftBehind(path)) removeLeftBehind(path);
		return false;
	} finally {
		rmSync(own, { force: true });
	}
}

/** Whether the lock's process is gone, so that nobody will ever release it. */
export function isLeftBehind(path, now = Date.now()) {
	try {
		const pid = Number(readFileSync(path, 'utf8'));
		if (now - statSync(path).mtimeMs > oldestMs || pid === process.pid) return true;
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return error.code === 'ESRCH';
	}
}

function removeLeftBehind(path) {
	const aside = `${path}.left-behind.${process.pid}`;
	try {
		renameSync(path, aside);
		// Between the look and the rename another may have taken over: then what was moved is alive and goes back.
		if (!isLeftBehind(aside)) linkSync(aside, path);
	} catch (error) {
		if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
	} finally {
		rmSync(aside, { force: true });
	}
}
