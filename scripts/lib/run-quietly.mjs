import { spawn } from 'node:child_process';

/** The groups of processes that run now, so that an interrupt can end them all. */
const running = new Set();

/**
 * Runs a command without showing its output. Resolves, never rejects, with `{ code, output, seconds }`; a command that
 * cannot start or outlives `timeoutMs` has code -1 and says so at the end of its output.
 */
export function runQuietly(command, args, { timeoutMs = 15 * 60_000, ...options } = {}) {
	const began = Date.now();
	// A group of its own, so that a time-out also ends the workers and browsers that the tool has started.
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
	running.add(child);
	return new Promise((resolve) => {
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			endGroup(child);
		}, timeoutMs);
		const finish = (code, note = '') => {
			clearTimeout(timer);
			running.delete(child);
			resolve({ code, output: output + note, seconds: (Date.now() - began) / 1000 });
		};
		child.on('error', (error) => finish(-1, `\n${command} could not be started: ${error.message}\n`));
		child.on('close', (code) => {
			if (late) finish(-1, `\nStopped after ${Math.round(timeoutMs / 1000)} s without an end.\n`);
			else finish(code ?? -1);
		});
	});
}

/** Ends everything that `runQuietly` has running. */
export function stopAll() {
	for (const child of running) endGroup(child);
}

function endGroup(child) {
	try {
		process.kill(-child.pid, 'SIGKILL');
	} catch {
		child.kill('SIGKILL');
	}
}
