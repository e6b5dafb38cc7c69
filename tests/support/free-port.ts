import { createServer } from 'node:net';

const given = new Set<number>();

/** Processes that test at the same time take from ranges of their own. */
const RANGES = 24;
const RANGE = 500;
const first = 20_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % RANGES) * RANGE;

/**
 * A port that nobody listens on now, never the same one twice. Not one of those that the system gives to outgoing connections
 * (Linux: from 32768 on): a browser could have taken it before the server does.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
	const port = first + Math.floor(Math.random() * RANGE);
	if (given.has(port) || !(await isFree(port, host))) return freePort(host);
	given.add(port);
	return port;
}

function isFree(port: number, host: string): Promise<boolean> {
	const server = createServer().listen(port, host);
	return new Promise((resolve, reject) => {
		server.once('listening', () => server.close(() => resolve(true)));
		server.once('error', (error: NodeJS.ErrnoException) =>
			error.code === 'EADDRINUSE' ? resolve(false) : reject(error)
		);
	});
}
