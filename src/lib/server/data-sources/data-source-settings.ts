import { isIP } from 'node:net';
import type { Dialect } from '../../operations/tables.ts';
import { ConfigError } from '../config-error.ts';

/** A database as the operator configured it. */
export interface DataSourceSettings {
	readonly name: string;
	/** `postgres://role:password@host:port/database`, or `mysql://…`. */
	readonly url: string;
}

const dialects: Readonly<Record<string, Exclude<Dialect, 'SQLite'>>> = {
	...{ 'postgres:': 'PostgreSQL', 'postgresql:': 'PostgreSQL' },
	...{ 'mysql:': 'MySQL', 'mariadb:': 'MySQL' }
};

/** As MySQL's own programs name how a connection is secured. */
const sslModes = ['DISABLED', 'REQUIRED', 'VERIFY_IDENTITY'];
/** Where an address may name certificates and keys: files of the server that Headway runs on. */
const certificates = ['sslrootcert', 'sslcert', 'sslkey', 'ssl-ca'];

/** What PostgreSQL's own programs take in an address, as far as it is of use here. */
const postgresSettings = [
	...['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'uselibpqcompat'],
	...['host', 'options', 'application_name', 'client_encoding']
];

const LOOK = 'HEADWAY_DATA_SOURCES must look like sales=postgres://reader:password@host:5432/database, or mysql://…';
const SIGNS =
	'Write signs other than letters and digits in a password by their codes: a space as %20, a comma as %2C, @ as %40, / as %2F.';

/** Reads `sales=postgres://…,stock=mysql://…`. Throws a `ConfigError` that says which part is wrong, and never a password. */
export function readDataSources(list: string): DataSourceSettings[] {
	const sources = list.split(',').flatMap((part) => (part.trim() ? [sourceOf(part.trim())] : []));
	const twice = sources.find(({ name }, index) => sources.findIndex((other) => other.name === name) !== index);
	if (twice) throw new ConfigError(`HEADWAY_DATA_SOURCES names "${twice.name}" twice.`);
	return sources;
}

function sourceOf(part: string): DataSourceSettings {
	const [, name = '', url = ''] = /^([a-z][a-z0-9_-]{0,30})=(.+)$/.exec(part) ?? [];
	if (!name) throw new ConfigError(`${LOOK}; what stands before "=" must be a name of small letters, digits, - and _.`);
	const dialect = /\s/.test(url) ? null : dialectOf(url);
	if (!dialect) throw new ConfigError(`${LOOK}; the address of "${name}" does not. ${SIGNS}`);
	if (/%(?![0-9a-f]{2})/i.test(url))
		throw new ConfigError(`${LOOK}; the address of "${name}" does not. Write a percent sign in it as %25.`);
	const { hostname, pathname, searchParams } = new URL(url);
	if (hostname === '' || pathname.length < 2)
		throw new ConfigError(`${LOOK}; the address of "${name}" names no host or no database.`);
	if (dialect === 'MySQL') checkSettings(name, hostname, searchParams);
	else checkPostgresSettings(name, searchParams);
	return { name, url };
}

/** What a database speaks, by its address; null for what is no address of one. */
export function dialectOf(url: string): Exclude<Dialect, 'SQLite'> | null {
	return URL.canParse(url) ? (dialects[new URL(url).protocol] ?? null) : null;
}

/** The files that an address names, which whoever connects has to read. */
export function certificatesIn(url: string): string[] {
	const { searchParams } = new URL(url);
	return certificates.flatMap((name) => searchParams.getAll(name)).filter((path) => path !== '');
}

/** `sslmdoe=verify-full` would connect without TLS and say nothing. What is not known is not told: it may be a piece of a password. */
function checkPostgresSettings(name: string, settings: URLSearchParams): void {
	// The driver takes no other word for it.
	const isMeant = (key: string, value: string) => key !== 'ssl' || ['true', '1'].includes(value);
	if ([...settings].every(([key, value]) => postgresSettings.includes(key) && isMeant(key, value))) return;
	const known = postgresSettings.join(', ');
	throw new ConfigError(`${LOOK}; the address of "${name}" has a setting that is not known: it may have ${known}.`);
}

/** One that is passed over could be the one that was to secure the connection. */
function checkSettings(name: string, host: string, settings: URLSearchParams): void {
	const isKnown = ([key, value]: [string, string]) =>
		key === 'ssl-ca' || (key === 'ssl-mode' && sslModes.includes(value));
	const isChecked = settings.get('ssl-mode') === 'VERIFY_IDENTITY' || settings.has('ssl-ca');
	// The driver would take a certificate of "localhost" for it.
	if (isChecked && isIP(host.replace(/^\[|\]$/g, '')) !== 0)
		throw new ConfigError(
			`${LOOK}; the address of "${name}" needs the name of its host: a certificate is checked by that.`
		);
	if ([...settings].every(isKnown)) return;
	const modes = sslModes.join(', ');
	throw new ConfigError(
		`${LOOK}; the address of "${name}" has a setting that is not known: it may say ssl-mode=${modes}, and ssl-ca=/a/file.pem.`
	);
}
