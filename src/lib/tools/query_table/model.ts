import { z } from 'zod';
import { defineTool } from '../tool.ts';
import { asTable } from './table.ts';

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Asks a table in an attached file. */
export const queryTable = defineTool({
	id: 'query_table',
	title: 'Query a table',
	description:
		'Runs one SQL SELECT (SQLite) over a table in a file that came with the message: CSV, TSV, JSON Lines, Parquet or SQLite. Only reads. Use the table and column names that are listed for the file, in double quotes; let SQL count, sum and sort.',
	icon: 'table',
	input: z.strictObject({
		fileId: z.string().min(1, 'Say which file.').max(64).describe('The id of an attached file'),
		sql: z.string().trim().min(1, 'Write a SELECT.').max(10_000).describe('One SELECT statement')
	}),
	output: z.object({
		columns: z.array(z.string()),
		rows: z.array(z.array(cell)),
		/** There were more rows than were read. */
		truncated: z.boolean(),
		ms: z.number()
	}),
	limits: { timeoutMs: 30_000, calls: 6 },
	filesOf: ({ fileId }) => [fileId],
	titleOf: ({ sql }) => `Query the table: ${sql.replace(/\s+/g, ' ')}`,
	summaryOf: ({ rows, truncated }) =>
		`${rows.length}${truncated ? ' first' : ''} ${rows.length === 1 ? 'row' : 'rows'}`,
	textOf: ({ columns, rows, truncated }) =>
		rows.length === 0
			? `No row. The columns are: ${columns.join(', ')}.`
			: `${asTable(columns, rows)}${truncated ? '\n\nThere are more rows than these.' : ''}`
});
