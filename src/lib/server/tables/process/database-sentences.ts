import { WrongInput } from './request.ts';

/** Of a query that would change something, or reach out of the tables. */
export const ONLY_READING = 'Only reading is allowed: one SELECT over the tables of this source.';

/** Of a role that is no mere reader. */
export const MORE_THAN_READING =
	'The role of this data source may do more than read tables. Ask who runs this server to configure one that only reads.';

/** What the codes of PostgreSQL, MySQL, TLS and the network mean to who configured the database. */
const reasons: readonly (readonly [codes: RegExp, why: string])[] = [
	[/^(?:28\w{3}|ER_ACCESS_DENIED\w*)$/, 'it does not let this role in with this password'],
	[
		/^(?:3D000|42501|ER_BAD_DB_ERROR|ER_DBACCESS_DENIED_ERROR)$/,
		'there is no such database, or its role may not use it'
	],
	[/^(?:ENOTFOUND|EAI_AGAIN)$/, 'its host is not found'],
	[/^ECONNREFUSED$/, 'nothing listens at its host and port'],
	[/^(?:ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|no answer)$/, 'it does not answer as such a database would'],
	[/^(?:53300|ER_\w*(?:CON_COUNT|CONNECTIONS|LIMIT_REACHED)\w*)$/, 'it takes no more connections just now'],
	[/^(?:ENOENT|EACCES)$/, 'a file that its address names cannot be read'],
	[/CERT|SSL|TLS|SIGNATURE/, 'its certificate is not trusted, or it offers none']
];

/** Of a database that could not be connected to: the code, what that means, and who can do something. Without its address. */
export function notReached(error: unknown): WrongInput {
	const { code = 'no answer' } = error as { code?: string };
	const why = reasons.find(([codes]) => codes.test(code))?.[1];
	const message = `The database cannot be reached (${code})${why === undefined ? '' : `: ${why}`}.`;
	return new WrongInput(`${message} Ask who runs this server to look at HEADWAY_DATA_SOURCES.`, 'unavailable');
}

/** Of a statement that the database gave up at its time. */
export function tookTooLong(ms: number): WrongInput {
	const seconds = Number((ms / 1_000).toFixed(1));
	const message = `The query was stopped after ${seconds} s. Narrow it, or count and group instead of reading everything.`;
	return new WrongInput(message, 'timeout');
}
