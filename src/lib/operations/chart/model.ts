import { z } from 'zod';
import { countedAny } from '../../text/counted.ts';
import { shortened } from '../../text/shortened.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

/** How often the model may be asked for a query in one run (OP-03). */
export const MOST_ATTEMPTS = 3;
/** How many rows are shown and drawn; `rows.csv` has all that the query gave, up to 10,000. */
export const MOST_ROWS = 2_000;
/** The longest query that a person may give, in characters. */
const LONGEST_QUERY = 20_000;

/** What a chart can be drawn as; `table` is no drawing at all. */
export const chartType = z.enum(['bar', 'line', 'area', 'point', 'arc', 'histogram', 'table']);
export type ChartType = z.infer<typeof chartType>;

/** Where a run may take up what an earlier one had (BY-13): its tables, its tables and query, or its rows as well. */
export const retryPhase = z.enum(['generating', 'executing', 'transforming']);
export type RetryPhase = z.infer<typeof retryPhase>;

const source = z.union(
	[
		z.strictObject({ fileId: z.string().regex(/^file_[0-9a-f]{20}$/, 'is not the id of an uploaded file') }),
		/** A data set that ships with Headway, or a database that the operator configured. */
		z.strictObject({ name: z.string().trim().min(1).max(100) })
	],
	{ error: 'Say where the tables are: { fileId } of an uploaded file, or { name } of a data source.' }
);
export type ChartSource = z.output<typeof source>;

const input = z
	.strictObject({
		question: z
			.string()
			.trim()
			.min(1, 'Ask a question about the data.')
			.max(2_000, 'Ask a question of at most 2,000 characters.'),
		source,
		/** A query of the person's own: it is run as it is, and no model is asked. */
		query: z
			.string()
			.trim()
			.min(1, { error: 'Write a query, or leave it out.', abort: true })
			.max(LONGEST_QUERY, { error: 'Write a query of at most 20,000 characters.', abort: true })
			.refine(isReading, 'Only reading is allowed: the query must begin with SELECT, WITH or VALUES.')
			.optional(),
		/** Goes on from a phase of an earlier chart, with what that one had until there. */
		from: z.strictObject({ jobId: z.string().min(1).max(100), phase: retryPhase }).optional(),
		...whereFields
	})
	.refine(({ query, from }) => query === undefined || from === undefined || from.phase === 'generating', {
		path: ['from'],
		message: 'A query of your own is run by itself: leave `from` out, or retry from `generating`.'
	});
export type ChartInput = z.output<typeof input>;

const columnType = z.enum(['integer', 'real', 'text', 'boolean', 'date', 'timestamp', 'blob', 'null']);
export type ColumnType = z.infer<typeof columnType>;
const scalar = z.union([z.string(), z.number(), z.null()]);

/** A table as it is shown and told to the model; its columns as `TableColumn` has them, long values shortened. */
const tableView = z.object({
	name: z.string(),
	/** Null where it was not counted. */
	rows: z.number().nullable(),
	columns: z.array(
		z.object({
			name: z.string(),
			type: columnType,
			nulls: z.number().nullable(),
			distinct: z.number().nullable(),
			min: scalar,
			max: scalar,
			samples: z.array(scalar),
			primaryKey: z.boolean(),
			/** `table.column` that it refers to. */
			references: z.string().nullable()
		})
	)
});
export type TableView = z.infer<typeof tableView>;

/** What the model wishes to be drawn; `x`, `y` and `colour` are names of columns of the rows. */
export const wish = z.object({
	title: z.string(),
	chart: chartType,
	x: z.string().nullable(),
	y: z.string().nullable(),
	colour: z.string().nullable(),
	/** What the numbers are in, such as `kg` or `€`. */
	unit: z.string().nullable(),
	/** Which of the columns the unit is of; that of `y` where it is not said. */
	measured: z.enum(['x', 'y']).optional()
});
export type Wish = z.infer<typeof wish>;

const attempt = z.object({
	/** From 1. */
	number: z.number().int().positive(),
	/** Null where the answer held none. */
	query: z.string().nullable(),
	explanation: z.string(),
	wish,
	/** Who wrote it: the model, or the person. */
	by: z.enum(['model', 'person']),
	/** `running` until its rows were looked at. */
	status: z.enum(['running', 'accepted', 'refused']),
	/** What is wrong with it, as a sentence: why it was not taken, or is shown as a table only. */
	problem: z.string().nullable(),
	/** How many rows it gave; null where it did not run to its end. */
	rows: z.number().int().nullable(),
	/** How long it ran, in milliseconds. */
	ms: z.number().nullable()
});
export type Attempt = z.infer<typeof attempt>;

const resultColumn = z.object({ name: z.string(), type: columnType });
export type ResultColumn = z.infer<typeof resultColumn>;
const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type Cell = z.infer<typeof cell>;

const rows = z.object({
	columns: z.array(resultColumn),
	/** At most `MOST_ROWS`. */
	rows: z.array(z.array(cell)),
	/** There are more rows than these. */
	truncated: z.boolean(),
	ms: z.number()
});
export type ChartRows = z.infer<typeof rows>;

/** A Vega-Lite specification, version 6, without its data, which are named `rows`. */
const vegaLite = z.record(z.string(), z.unknown());

const drawn = z.object({
	spec: vegaLite,
	/** What it is drawn as, and what it can be switched to (`spec.ts` makes those: `specFor`). */
	chart: chartType,
	types: z.array(chartType),
	/** The wish as it was fulfilled: `x`, `y` and `colour` name columns that are there. */
	wish
});
export type Drawn = z.infer<typeof drawn>;

const events = {
	/** The tables of the source; `omitted` counts those and the columns that are not told for want of room. */
	tables: z.object({ tables: z.array(tableView), omitted: z.number().int() }),
	/** A query: told when it is known, and again under its number once its rows were looked at. */
	attempt,
	rows,
	spec: drawn
};

const result = z.object({
	query: z.string(),
	columns: z.array(resultColumn),
	rows: z.array(z.array(cell)),
	/** There are more rows than these. */
	truncated: z.boolean(),
	spec: vegaLite,
	chart: chartType,
	title: z.string(),
	explanation: z.string(),
	/** How many queries were tried. */
	attempts: z.number().int().positive()
});
export type ChartResult = z.infer<typeof result>;

/** What a chart has shown so far. */
export interface ChartState {
	tables: ({ at: number } & z.infer<(typeof events)['tables']>) | null;
	attempts: ({ at: number } & Attempt)[];
	rows: ({ at: number } & ChartRows) | null;
	spec: ({ at: number } & Drawn) | null;
}

/** A chart from a question about tables: their schema, a query, its rows, the drawing. */
export const chart = defineOperation({
	id: 'chart',
	title: 'Chart',
	description: 'Answers a question about your tables with a query, its rows and a chart.',
	icon: 'chart-column',
	input,
	result,
	milestones: true,
	// OP-03: each ends at the milestone that the requirement names, 10, 20, 30, 50, 70, 90 and 100 %.
	phases: [
		{ name: 'planning', label: 'Planning', weight: 10 },
		{ name: 'understanding', label: 'Understanding the schema', weight: 10 },
		{ name: 'generating', label: 'Generating the query', weight: 10 },
		{ name: 'executing', label: 'Executing the query', weight: 20 },
		{ name: 'validating', label: 'Validating the rows', weight: 20 },
		{ name: 'transforming', label: 'Transforming the data', weight: 20 },
		{ name: 'completing', label: 'Completing the chart', weight: 10 }
	],
	events,
	state: (): ChartState => ({ tables: null, attempts: [], rows: null, spec: null }),
	reduce(state, event) {
		const { at } = event;
		switch (event.type) {
			case 'tables':
				return { ...state, tables: { at, ...event.data } };
			case 'attempt':
				return { ...state, attempts: withAttempt(state.attempts, { at, ...event.data }) };
			case 'rows':
				return { ...state, rows: { at, ...event.data } };
			case 'spec':
				return { ...state, spec: { at, ...event.data } };
		}
	},
	asksModel: ({ query }) => query === undefined,
	failures: { refused: 'No chart was made' },
	titleOf: ({ question }) => shortened(question.replace(/\s+/g, ' '), 80),
	variantOf: ({ query, from }) =>
		query === undefined && (from?.phase ?? 'generating') === 'generating' ? 'asked' : 'run again',
	refersTo: ({ source, from }) => ({
		...('fileId' in source ? { files: [source.fileId], tables: [source.fileId] } : {}),
		...('name' in source ? { sources: [source.name] } : {}),
		...(from ? { jobs: [from.jobId] } : {})
	}),
	keptOf({ tables, attempts, rows }) {
		return countedAny(
			[tables?.tables.length ?? 0, 'table described', 'tables described'],
			[attempts.filter(({ query }) => query !== null).length, 'query', 'queries'],
			[rows?.rows.length ?? 0, 'row', 'rows']
		);
	},
	limits: { timeoutMs: 15 * 60_000, running: 4 },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 10_000
});

/** Whether a query begins as one that reads; what it does is looked at where it runs. */
export function isReading(sql: string): boolean {
	const bare = sql.replace(/^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/, '');
	return /^(?:select|with|values)\b/i.test(bare);
}

/** One that comes again keeps its place and time. */
function withAttempt(attempts: ChartState['attempts'], told: ChartState['attempts'][number]): ChartState['attempts'] {
	if (!attempts.some(({ number }) => number === told.number)) return [...attempts, told];
	return attempts.map((known) => (known.number === told.number ? { ...told, at: known.at } : known));
}
