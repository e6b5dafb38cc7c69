/** The servers that are compared, each a process of its own, and the load that reads them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from 'redis';
import { ensureProgram } from '../scripts/lib/debian-programs.mjs';
import { startLoad } from './load-client.ts';
import type { Load } from './load-client.ts';
import type { Context } from './measure.ts';
import { Remote } from './process.ts';
import type { Opened } from './server.ts';

export const bareHttp = 'bare node:http';
export const stockTrpc = 'stock tRPC';
export const betterSse = 'better-sse';
export const socketIo = 'socket.io';
export const resumable = 'resumable-stream on Redis';
/** Headway's other door, which is no peer: the same server, as plain SSE. */
export const plainDoor = 'Headway, plain endpoint';

/** One server under comparison, through one of its doors. */
export interface Side {
	name: string;
	server: Remote;
	/** Where a channel's notes are read through this door. */
	address(opened: Opened): string;
	/** Starts the same server anew, for what only a fresh process shows. */
	again(): Promise<Remote>;
}

/** What is running for a measure: Headway through both doors first, then the peers that could be had. */
export interface Rig {
	sides: Side[];
	load: Load;
	stop(): void;
}

const modules: Record<string, string> = {
	[bareHttp]: './bare-server.ts',
	[stockTrpc]: './trpc-server.ts',
	[betterSse]: './better-sse-server.ts',
	[socketIo]: './socketio-server.ts',
	[resumable]: './resumable-server.ts'
};
export const allPeers = Object.keys(modules);

/**
 * Starts the app, the peers that are named, and the load. BENCH_BEFORE is the folder of another checkout, whose app is
 * measured beside this one's. Stop it, also when the measure fails. */
export async function startRig(context: Context, peers: readonly string[] = allPeers): Promise<Rig> {
	const ended: (() => void)[] = [];
	const sides: Side[] = [];
	const stop = () => ended.splice(0).forEach((end) => end());
	const start = async (module: string, env: Record<string, string> = {}) => {
		const again = () => Remote.start(module, env, ['--expose-gc']);
		const server = await again();
		ended.push(() => server.stop());
		return { server, again };
	};
	const add = async (name: string) => {
		const env = name === resumable ? await startRedis(context, ended) : {};
		if (env) sides.push({ name, ...(await start(modules[name] ?? '', env)), address: ({ url }) => url });
	};
	try {
		const app = await start('./app-server.ts');
		sides.push({ name: 'Headway', ...app, address: ({ url, watchUrl }) => watchUrl ?? url });
		sides.push({ name: plainDoor, ...app, address: ({ url }) => url });
		const earlier = process.env['BENCH_BEFORE'];
		if (earlier) {
			const before = await start(pathToFileURL(join(earlier, 'bench', 'app-server.ts')).href);
			sides.push({ name: 'Headway before', ...before, address: ({ url, watchUrl }) => watchUrl ?? url });
			sides.push({ name: 'Headway before, plain endpoint', ...before, address: ({ url }) => url });
		}
		const load = await startLoad((why) =>
			context.leftOut('the load client in C, so that the Node one limits the figures', why)
		);
		ended.push(() => load.stop());
		for (const name of peers) {
			if (name === socketIo && load.language === 'Node') context.leftOut(name, 'only the load client in C reads it');
			else await add(name);
		}
		return { sides, load, stop };
	} catch (error) {
		stop();
		throw error;
	}
}

/** A Redis of our own on a free port, in memory only; null where there is none to be had. */
async function startRedis(context: Context, ended: (() => void)[]): Promise<{ REDIS_URL: string } | null> {
	const redis = await ensureProgram('redis', { root: join(import.meta.dirname, '..') });
	if (!redis) {
		context.leftOut(resumable, 'there is no redis-server here, and Debian has none to fetch (set REDIS_PATH)');
		return null;
	}
	const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'headway-bench-redis-'))];
	const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
	const child = spawn(redis.path, options, { env: redis.env, stdio: 'ignore' });
	ended.push(() => {
		child.kill();
		rmSync(folder, { recursive: true, force: true });
	});
	const url = `redis://127.0.0.1:${port}`;
	const client = createClient({ url, socket: { reconnectStrategy: (tries) => (tries < 100 ? 50 : false) } });
	client.on('error', () => undefined);
	await client.connect();
	client.destroy();
	return { REDIS_URL: url };
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	return port;
}

/** What a measure's sides gave, as the sides of a figure: Headway's rounds apart from the others'. */
export function split<T>(sides: readonly { name: string }[], taken: readonly T[][], value: (round: T) => number) {
	const [ours = [], ...others] = taken.map((rounds) => rounds.map(value));
	const peers = others.map((rounds, index) => ({ name: sides[index + 1]?.name ?? '', rounds }));
	return { ours, peers };
}
