import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureProgram } from '../../../../scripts/lib/debian-programs.mjs';
import { root } from '../../../../scripts/lib/project.mjs';
import { freePort } from '../../../support/free-port.ts';
import { certificateIn, notRoot } from './own-server.ts';

/** A MariaDB server of the machine's own, on a data folder that goes with it. */
export interface MysqlServer {
	readonly port: number;
	/** `mysql://…` of the role that may only read, for the database `shop`. */
	readonly url: string;
	/** The certificate that it signed itself, for `localhost`; null without the program that makes one. */
	readonly certificate: string | null;
	/** What statements of the owner give, as text: one row in each line, its values apart by tabs. */
	sql(statements: string): string;
	stop(): Promise<void>;
}

/** MariaDB's programs, and what they need in their environment. */
interface MysqlPrograms {
	/** The folder that their `bin`, `sbin` and `share` are in. */
	readonly base: string;
	readonly server: string;
	readonly client: string;
	readonly install: string;
	readonly env: NodeJS.ProcessEnv;
}

/** The system's, or Debian's packages unpacked; null where neither can be had, or run. */
export async function mysqlPrograms(): Promise<MysqlPrograms | null> {
	const found = (await ensureProgram('mariadb', { root })) as { path: string; env: NodeJS.ProcessEnv } | null;
	if (!found) return null;
	const { path: server, env } = found;
	const base = join(dirname(server), '..');
	const [client, install] = [join(base, 'bin', 'mariadb'), join(base, 'bin', 'mariadb-install-db')];
	if (!existsSync(client) || !existsSync(install)) return null;
	// Unpacked in a folder that only root may enter, it cannot be run by anybody else.
	const runs = spawnSync(server, ['--no-defaults', '--version'], { ...notRoot(), env, cwd: '/' }).status === 0;
	return runs ? { base, server, client, install, env } : null;
}

/** Starts one and runs the statements in its database `shop`, as its owner. Throws where there is none. */
export async function startMysql(statements: string): Promise<MysqlServer> {
	const programs = await mysqlPrograms();
	if (!programs) throw new Error('MariaDB is not here, and cannot be fetched');
	const { base, server: program, client, install } = programs;
	const folder = mkdtempSync(join(tmpdir(), 'headway-mysql-'));
	const data = join(folder, 'data');
	const user = notRoot();
	mkdirSync(data);
	chmodSync(folder, 0o755);
	if (user) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
	const options = { ...user, cwd: folder, stdio: 'pipe' as const, env: { ...programs.env, HOME: folder } };
	const made = [
		'--no-defaults',
		`--basedir=${base}`,
		`--datadir=${data}`,
		'--auth-root-authentication-method=normal',
		'--skip-test-db'
	];
	execFileSync(install, [...made, '--innodb-log-file-size=8M'], options);
	const port = await freePort();
	const place = [
		`--basedir=${base}`,
		`--datadir=${data}`,
		`--socket=${join(folder, 'socket')}`,
		`--pid-file=${join(folder, 'pid')}`
	];
	const cheap = ['--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--innodb-log-file-size=8M'];
	const listen = [`--port=${port}`, '--bind-address=127.0.0.1'];
	const certificate = certificateIn(folder, user);
	const secure = certificate === null ? [] : [`--ssl-cert=${certificate.path}`, `--ssl-key=${certificate.key}`];
	const server = spawn(program, ['--no-defaults', ...place, ...listen, ...cheap, ...secure], {
		...options,
		stdio: 'ignore'
	});
	// Without a locale in the environment the client takes what it is given for Latin-1.
	const named = ['--no-defaults', '--default-character-set=utf8mb4', `--socket=${join(folder, 'socket')}`];
	const asked = [...named, '-uroot', '-N', '-B', '--raw'];
	const sql = (database: string, text: string) =>
		execFileSync(client, [...asked, database], {
			input: text,
			encoding: 'utf8',
			stdio: 'pipe',
			env: programs.env
		}).trim();
	await answers(programs, asked);
	sql('mysql', 'CREATE DATABASE shop CHARACTER SET utf8mb4');
	sql('shop', statements);
	return {
		...{ port, certificate: certificate?.path ?? null },
		url: `mysql://reader:secret-of-the-reader@127.0.0.1:${port}/shop`,
		sql: (text) => sql('shop', text),
		async stop() {
			const over = once(server, 'exit');
			server.kill('SIGKILL');
			await over;
			rmSync(folder, { recursive: true, force: true });
		}
	};
}

async function answers({ client, env }: MysqlPrograms, asked: readonly string[]): Promise<void> {
	for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((next) => setTimeout(next, 100)))
		if (spawnSync(client, [...asked, '-e', 'SELECT 1'], { env }).status === 0) return;
	throw new Error('MariaDB did not begin to answer');
}
