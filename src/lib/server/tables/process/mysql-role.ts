import { MORE_THAN_READING } from './database-sentences.ts';
import type { MysqlClient } from './mysql-connection.ts';
import { grantsBeyondReading } from './mysql-grants.ts';
import { WrongInput } from './request.ts';

/** Whether it is MariaDB, which has some words of its own. */
export async function isMaria(client: MysqlClient): Promise<boolean> {
	const [[version] = []] = await client.rows('SELECT VERSION()');
	return /mariadb/i.test(version ?? '');
}

/** A role that may write, see other people's statements or read the server's files and accounts is no reader of tables. */
export async function refuseMighty(client: MysqlClient): Promise<void> {
	const isMighty = grantsBeyondReading(await grantsOf(client)).length > 0;
	if (isMighty || (await canRead(client, 'mysql.user')) || (await canRead(client, 'mysql.global_priv')))
		throw new WrongInput(MORE_THAN_READING, 'unavailable');
}

/** What its role has, with what the roles give that are in force for it. */
async function grantsOf(client: MysqlClient): Promise<string[]> {
	const own = await client.rows('SHOW GRANTS');
	// MariaDB tells of them among the others and has no such words; a server without roles does not know the function.
	const inForce = (await isMaria(client)) ? [] : await client.rows('SELECT CURRENT_ROLE()').catch(() => []);
	const [[roles] = []] = inForce;
	const isPlain = !roles || roles === 'NONE';
	const lent = isPlain ? [] : await client.rows(`SHOW GRANTS FOR CURRENT_USER() USING ${roles}`);
	return [...own, ...lent].map(([line]) => line ?? '');
}

async function canRead(client: MysqlClient, table: string): Promise<boolean> {
	return client.rows(`SELECT 1 FROM ${table} LIMIT 0`).then(
		() => true,
		() => false
	);
}
