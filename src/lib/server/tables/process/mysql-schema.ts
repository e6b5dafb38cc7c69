import type { FoundTable } from './database-connection.ts';
import type { MysqlClient } from './mysql-connection.ts';
import { declaredType, valueFrom, type MysqlType } from './mysql-types.ts';

/** The tables of the database in the address, with the columns that the role may read. */
export async function tablesIn(client: MysqlClient): Promise<FoundTable[]> {
	const columns = await client.rows(`
		SELECT t.TABLE_NAME, CASE t.TABLE_TYPE WHEN 'BASE TABLE' THEN coalesce(t.TABLE_ROWS, 0) END,
			c.COLUMN_NAME, c.COLUMN_TYPE, c.COLUMN_KEY
		FROM information_schema.TABLES t JOIN information_schema.COLUMNS c USING (TABLE_SCHEMA, TABLE_NAME)
		WHERE t.TABLE_SCHEMA = DATABASE() AND FIND_IN_SET('select', c.PRIVILEGES) > 0
		ORDER BY t.TABLE_NAME, c.ORDINAL_POSITION LIMIT 5000`);
	const references = await referencesIn(client);
	const tables = new Map<string, FoundTable>();
	for (const [name, estimate, column, declared, key] of columns) {
		const rowCount = estimate === null || estimate === undefined ? null : Number(estimate);
		const table = tables.get(name ?? '') ?? { name: name ?? '', estimate: rowCount, columns: [] };
		tables.set(table.name, table);
		const type = declaredType(declared ?? '');
		table.columns.push({
			...{ name: column ?? '', type: type.type, told: (text) => told(text, type) },
			...{ primaryKey: key === 'PRI', references: references.get(`${name}.${column}`) ?? null }
		});
	}
	return [...tables.values()];
}

/** What columns refer to, of keys of one column, by `table.column`. */
async function referencesIn(client: MysqlClient): Promise<Map<string, string>> {
	const rows = await client.rows(`
		SELECT min(TABLE_NAME), min(COLUMN_NAME), min(REFERENCED_TABLE_NAME), min(REFERENCED_COLUMN_NAME)
		FROM information_schema.KEY_COLUMN_USAGE
		WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE()
		GROUP BY TABLE_NAME, CONSTRAINT_NAME HAVING count(*) = 1`);
	return new Map(rows.map(([table, column, other, key]) => [`${table}.${column}`, `${other}.${key}`]));
}

/** A boolean as the number that it is there. */
function told(text: string | null, type: MysqlType): string | number | null {
	const value = valueFrom(text, type);
	return typeof value === 'boolean' ? Number(value) : value;
}
