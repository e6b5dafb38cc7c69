import { Worker } from 'node:worker_threads';

// A thread of its own: the main one is inside SQLite for as long as a query runs, and hears of nothing.
const code = `
const { workerData: { bytes, ms, parent } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const begun = performance.now();
const end = (mark) => {
	if (mark) writeSync(2, mark);
	process.kill(process.pid, 'SIGKILL');
};
setInterval(() => {
	if (process.memoryUsage.rss() > bytes) end('limit:memory');
	else if (performance.now() - begun > ms) end('limit:time');
	else if (process.ppid !== parent) end('');
}, 25);
`;

/** Ends this process when it takes more memory or time than it may, or when the one that started it is gone. */
export function guardProcess(limits: { bytes: number; ms: number }): void {
	// Asked here: by the time that the thread runs, the parent may be another one.
	new Worker(code, { eval: true, workerData: { ...limits, parent: process.ppid } }).unref();
}
