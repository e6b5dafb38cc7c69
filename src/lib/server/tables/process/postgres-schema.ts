import type { FoundTable } from './database-connection.ts';
import type { PostgresClient } from './postgres-connection.ts';
import { typeNamed, valueFrom } from './postgres-types.ts';

/** The tables that can be named without their schema and that the role may read. */
export async function tablesIn(client: PostgresClient): Promise<FoundTable[]> {
	const { rows } = await client.rows(`
		SELECT c.relname, CASE WHEN c.relkind IN ('r', 'p', 'm') THEN greatest(c.reltuples, 0)::bigint END, a.attname,
			coalesce(nullif(t.typbasetype, 0), a.atttypid)::bigint,
			EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))::text,
			(SELECT f.relname || '.' || fa.attname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
				JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[1]
				WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
			AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
			AND has_column_privilege(c.oid, a.attnum, 'SELECT')
		ORDER BY c.relname, a.attnum LIMIT 5000`);
	const tables = new Map<string, FoundTable>();
	for (const [name = null, estimate = null, column, id, isKey, references] of rows) {
		const rowCount = estimate === null ? null : Number(estimate);
		const table = tables.get(name ?? '') ?? { name: name ?? '', estimate: rowCount, columns: [] };
		tables.set(table.name, table);
		const type = Number(id);
		table.columns.push({
			...{ name: column ?? '', type: typeNamed(type), told: (text) => told(text, type) },
			...{ primaryKey: isKey === 'true', references: references ?? null }
		});
	}
	return [...tables.values()];
}

/** A boolean as its word. */
function told(text: string | null, type: number): string | number | null {
	const value = typeNamed(type) === 'boolean' ? text : valueFrom(text, type);
	return typeof value === 'boolean' ? String(value) : value;
}
