import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { runQuietly } from './run-quietly.mjs';

/** Programs of others that Headway is tested with, and measured against: Debian's packages and what is in them. */
export const programs = {
	nginx: { package: 'nginx', file: 'usr/sbin/nginx', version: ['-v'], variable: 'NGINX_PATH' },
	caddy: { package: 'caddy', file: 'usr/bin/caddy', version: ['version'], variable: 'CADDY_PATH' },
	redis: {
		...{ package: 'redis-server', also: ['redis-tools'], file: 'usr/bin/redis-server' },
		...{ version: ['--version'], variable: 'REDIS_PATH' }
	},
	mariadb: {
		...{ package: 'mariadb-server-core', also: ['mariadb-client-core'], file: 'usr/sbin/mariadbd' },
		...{ version: ['--no-defaults', '--version'], variable: 'MARIADB_PATH' }
	}
};

/** Where a program may already be, best first: the one the person names, the system's, then the one that was fetched before. */
export function programCandidates(name, env, fetched) {
	const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/sbin', '/usr/local/sbin'];
	const system = folders.map((folder) => join(folder, basename(programs[name].file)));
	return [env[programs[name].variable], ...system, join(fetched, programs[name].file)].filter(Boolean);
}

/**
 * `{ path, env }` of a program that starts: one that is there, else Debian's package, unpacked below `node_modules/.cache`
 * without being installed, which needs no root. Null when none could be had.
 */
export async function ensureProgram(name, { root, env = process.env }) {
	const fetched = join(root, 'node_modules', '.cache', 'headway-programs', name);
	const present = await firstThatStarts(name, env, fetched);
	if (present || !existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg-deb')) return present;
	const { package: debian, also = [] } = programs[name];
	const packages = [debian, ...also];
	await unpack(packages, fetched);
	const alone = await firstThatStarts(name, env, fetched);
	if (alone) return alone;
	const libraries = await Promise.all(packages.map(librariesOf));
	await unpack([...new Set([...packages, ...libraries.flat()])], fetched);
	return firstThatStarts(name, env, fetched);
}

async function firstThatStarts(name, env, fetched) {
	const own = { ...env, LD_LIBRARY_PATH: libraryFolders(fetched).join(delimiter) };
	for (const path of programCandidates(name, env, fetched)) {
		const used = path.startsWith(fetched) ? own : env;
		if (!existsSync(path)) continue;
		const { code } = await runQuietly(path, programs[name].version, { timeoutMs: 20_000, env: used });
		if (code === 0) return { path, env: used };
	}
	return null;
}

/** The folders of shared libraries in an unpacked package, e.g. `usr/lib/x86_64-linux-gnu`. */
function libraryFolders(fetched) {
	return ['lib', 'usr/lib'].flatMap((folder) => {
		const path = join(fetched, folder);
		if (!existsSync(path)) return [];
		return readdirSync(path)
			.filter((entry) => entry.includes('-linux-'))
			.map((entry) => join(path, entry));
	});
}

/** Downloads packages with Debian's own client, which checks their signatures, and unpacks them into one folder, whole or not at all. */
async function unpack(packages, into) {
	mkdirSync(join(into, '..'), { recursive: true });
	const work = mkdtempSync(`${into}-`);
	try {
		if (!(await download(packages, work))) return;
		const files = join(work, 'files');
		for (const archive of readdirSync(work).filter((file) => file.endsWith('.deb')))
			await runQuietly('dpkg-deb', ['-x', join(work, archive), files]);
		rmSync(into, { recursive: true, force: true });
		if (existsSync(files)) renameSync(files, into);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

async function download(packages, cwd) {
	const get = () => runQuietly('apt-get', ['download', ...packages], { cwd, timeoutMs: 120_000 });
	if ((await get()).code === 0) return true;
	// A fresh system may know no package yet; only root may ask for the lists.
	if (process.getuid?.() !== 0) return false;
	await runQuietly('apt-get', ['update'], { timeoutMs: 120_000 });
	return (await get()).code === 0;
}

/** The libraries that a package stands on, without the C library, which every system has its own of. */
async function librariesOf(name) {
	const { output } = await runQuietly('apt-cache', ['depends', '--no-recommends', '--no-suggests', name]);
	const depends = [...output.matchAll(/^\s+Depends: ([\w.+-]+)$/gm)].map(([, found]) => found);
	return depends.filter((found) => /^(lib|zlib)/.test(found) && !/^libc6$|-tools$/.test(found));
}
