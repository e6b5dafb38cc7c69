import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../support/free-port.ts';
import { certificateIn, notRoot } from './own-server.ts';

/** A PostgreSQL server of the machine's own, on a data folder that goes with it. */
export interface PostgresServer {
	readonly port: number;
	/** `postgres://…` of the role that may only read, for the database `shop`. */
	readonly url: string;
	/** The same for a role that may do everything. */
	readonly mighty: string;
	/** The certificate that it signed itself, for `localhost`; null without the program that makes one. */
	readonly certificate: string | null;
	/** What a statement of the mighty role gives, as text. */
	sql(statements: string): string;
	stop(): Promise<void>;
}

/** Where PostgreSQL's programs are; null where it is not installed. */
export function postgresFolder(): string | null {
	const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').toSorted() : [];
	const folders = [
		...versions.toReversed().map((version) => `/usr/lib/postgresql/${version}/bin`),
		'/usr/local/bin',
		'/usr/bin'
	];
	return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** Starts one and runs the statements in its database `shop`, as its owner. */
export async function startPostgres(statements: string): Promise<PostgresServer> {
	const programs = postgresFolder() ?? '';
	const folder = mkdtempSync(join(tmpdir(), 'headway-postgres-'));
	const data = join(folder, 'data');
	const user = notRoot();
	mkdirSync(data);
	chmodSync(folder, 0o755);
	if (user) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
	const options = { ...user, cwd: folder, stdio: 'pipe' as const };
	execFileSync(
		join(programs, 'initdb'),
		['-D', data, '-U', 'owner', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'],
		options
	);
	const port = await freePort();
	const flags = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
	const certificate = certificateIn(folder, user);
	if (certificate)
		flags.push('-c', 'ssl=on', '-c', `ssl_cert_file=${certificate.path}`, '-c', `ssl_key_file=${certificate.key}`);
	const server = spawn(join(programs, 'postgres'), flags, { ...user, cwd: folder, stdio: 'ignore' });
	const psql = (database: string, text: string) => {
		const args = [
			'-h',
			'127.0.0.1',
			'-p',
			String(port),
			'-U',
			'owner',
			'-d',
			database,
			'-v',
			'ON_ERROR_STOP=1',
			'-qAt'
		];
		return execFileSync(join(programs, 'psql'), [...args, '-c', text], { encoding: 'utf8', stdio: 'pipe' }).trim();
	};
	await answers(programs, port);
	psql('postgres', 'CREATE DATABASE shop');
	psql('shop', statements);
	return {
		...{ port, certificate: certificate?.path ?? null },
		url: `postgres://reader:secret-of-the-reader@127.0.0.1:${port}/shop`,
		mighty: `postgres://owner@127.0.0.1:${port}/shop`,
		sql: (text) => psql('shop', text),
		async stop() {
			const over = once(server, 'exit');
			server.kill('SIGQUIT');
			await over;
			rmSync(folder, { recursive: true, force: true });
		}
	};
}

async function answers(programs: string, port: number): Promise<void> {
	const args = ['-h', '127.0.0.1', '-p', String(port), '-t', '1'];
	for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((next) => setTimeout(next, 100)))
		if (spawnSync(join(programs, 'pg_isready'), args).status === 0) return;
	throw new Error('PostgreSQL did not begin to answer');
}
