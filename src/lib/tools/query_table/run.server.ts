import { HeadwayError } from '../../jobs/error.ts';
import type { TableSource } from '../../operations/operation.ts';
import { defineToolRun, type ToolContext } from '../tool.ts';
import { queryTable } from './model.ts';

/** More rows than these no model reads; a query that counts needs one. */
const MOST_ROWS = 200;

/** Asks the table's own process. */
export default defineToolRun(queryTable, async ({ fileId, sql }, ctx) => {
	const source = { fileId };
	try {
		const { signal } = ctx;
		const { columns, rows, truncated, ms } = await ctx.tables.query(source, sql, { signal, maxRows: MOST_ROWS });
		return { columns: columns.map(({ name }) => name), rows: rows.map((row) => [...row]), truncated, ms };
	} catch (error) {
		if (error instanceof HeadwayError && error.code === 'invalid_input')
			throw new HeadwayError('invalid_input', `${error.message}${await tablesOf(source, ctx)}`);
		throw error;
	}
});

/** A wrong name is put right only by who knows the right ones. */
async function tablesOf(source: TableSource, { tables, signal }: ToolContext): Promise<string> {
	const known = await tables.describe(source, signal).catch(() => []);
	if (known.length === 0) return '';
	const told = known.slice(0, 10).map(({ name, columns }) => {
		const names = columns.slice(0, 50).map((column) => `"${column.name}"`);
		return `"${name}" (${names.join(', ')})`;
	});
	return ` The file has: ${told.join('; ')}.`;
}
