import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';

/** Who runs a database server of a test: PostgreSQL and MariaDB refuse to be root. Null: whoever runs the tests. */
export function notRoot(): { uid: number; gid: number } | null {
	if (process.getuid?.() !== 0) return null;
	const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
	return { uid: idOf('-u'), gid: idOf('-g') };
}

/** A certificate for `localhost` that signed itself, and its key, for a server that runs as `user`; null without the program that makes one. */
export function certificateIn(folder: string, user: ReturnType<typeof notRoot>): { path: string; key: string } | null {
	const [path, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
	const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', path];
	const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
	if (spawnSync('openssl', [...made, ...named]).status !== 0) return null;
	chmodSync(path, 0o644);
	chmodSync(key, 0o600);
	if (user) chownSync(key, user.uid, user.gid);
	return { path, key };
}
