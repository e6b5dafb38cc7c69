import { csvText } from '../../text/csv.ts';
import { HeadwayError } from '../../jobs/error.ts';
import { shortened } from '../../text/shortened.ts';
import { defineRun, type InputOf, type QueryResult, type RunContext } from '../operation.ts';
import { askForQuery } from './asking.server.ts';
import { problemWith, type Problem } from './check.ts';
import {
	chart,
	MOST_ATTEMPTS,
	type Attempt,
	type ChartResult,
	type ChartRows,
	type ChartState,
	type Drawn,
	type TableView,
	type Wish
} from './model.ts';
import { refusal, reusedFrom, type EarlierChart, type Reused } from './reuse.ts';
import { chartTypes, fulfilled, likeliest, rowObjects, specFor, type Spec } from './spec.ts';
import { shownRows, tableViews } from './views.ts';

type Context = RunContext<typeof chart>;
type Input = InputOf<typeof chart>;

/** A query that was taken, and its rows: all of them, and those that are shown. */
interface Taken {
	attempt: Attempt;
	all: Pick<QueryResult, 'columns' | 'rows'>;
	shown: ChartRows;
}

/** Makes a chart: the tables, a query, its rows, the drawing. What a lost run or an earlier chart has is not asked for again. */
export default defineRun(chart, async (input, ctx) => {
	ctx.phase('planning');
	ctx.activity('Planning');
	const reused = await reusedBy(input, ctx);
	const charting = new Charting(input, ctx, reused);
	ctx.phase('understanding');
	const tables = await charting.understand();
	const taken = await charting.query(tables);
	ctx.phase('transforming');
	ctx.activity('Choosing how to draw it');
	const drawn = draw(taken, ctx);
	ctx.phase('completing');
	ctx.activity('Keeping the rows and the chart');
	return complete(taken, drawn, ctx);
});

const nothing: Reused = { tables: null, attempt: null, rows: null };

async function reusedBy({ from, question, source }: Input, ctx: Context): Promise<Reused> {
	if (!from) return nothing;
	const earlier = (await ctx.job(from.jobId)) as unknown as EarlierChart;
	const refused = refusal(earlier, from.phase, { question, source });
	if (refused) throw new HeadwayError('invalid_input', refused, { fields: [{ path: 'input.from', message: refused }] });
	return reusedFrom(earlier, from.phase);
}

/** One chart's way from its tables to rows that were looked at. */
class Charting {
	readonly #input: Input;
	readonly #ctx: Context;
	readonly #reused: Reused;
	readonly #before: ChartState;
	#last: Attempt | null = null;
	/** The reasoning that a lost process had shown of the query that is asked for next. */
	#thought: string;
	/** Why the last query was not taken. */
	#problem: string | null = null;

	constructor(input: Input, ctx: Context, reused: Reused) {
		this.#input = input;
		this.#ctx = ctx;
		this.#reused = reused;
		this.#before = ctx.resumed?.state ?? chart.state();
		this.#thought = ctx.resumed?.content.reasoning ?? '';
	}

	/** The tables, as they are shown and told. */
	async understand(): Promise<TableView[]> {
		const { tables, signal } = this.#ctx;
		if (this.#before.tables) return this.#before.tables.tables;
		this.#ctx.activity(this.#reused.tables ? 'Taking over the schema' : 'Reading the schema');
		const views = this.#reused.tables ?? tableViews(await tables.describe(this.#input.source, signal));
		this.#ctx.emit('tables', views);
		return views.tables;
	}

	/** Asks until a query's rows make the chart, at most three times; a person's own query is run as it is. */
	async query(tables: readonly TableView[]): Promise<Taken> {
		this.#ctx.phase('generating');
		for (let number = Math.max(1, this.#before.attempts.length); ; number += 1) {
			const attempt = await this.#attempt(number, tables);
			const isLast = attempt.by === 'person' || number >= MOST_ATTEMPTS;
			const taken = attempt.status === 'refused' ? null : await this.#run(attempt, isLast);
			if (taken) return taken;
			if (isLast) throw this.#gaveUp(attempt);
		}
	}

	/** The query of this number: the one that is known, or one that is asked for. */
	async #attempt(number: number, tables: readonly TableView[]): Promise<Attempt> {
		const known = this.#before.attempts.find((attempt) => attempt.number === number);
		if (known) {
			if (known.status === 'refused') this.#problem = known.problem;
			return known;
		}
		const attempt =
			number === 1 ? (this.#given() ?? (await this.#ask(number, tables))) : await this.#ask(number, tables);
		this.#ctx.emit('attempt', attempt);
		this.#last = attempt;
		return attempt;
	}

	/** A query that needs no asking. */
	#given(): Attempt | null {
		const { query, question } = this.#input;
		const begun = { number: 1, status: 'running', problem: null, rows: null, ms: null } as const;
		if (this.#reused.attempt) return { ...this.#reused.attempt, ...begun };
		if (query === undefined) return null;
		const wish = { title: shortened(question, 120), chart: 'bar', x: null, y: null, colour: null, unit: null } as const;
		return { ...begun, query, explanation: 'A query of your own.', wish, by: 'person' };
	}

	async #ask(number: number, tables: readonly TableView[]): Promise<Attempt> {
		const { question, source } = this.#input;
		const activity = number === 1 ? 'Writing the query' : `Writing the query, ${ofAttempts(number)}`;
		const last = this.#last ?? this.#before.attempts.findLast((attempt) => attempt.number < number) ?? null;
		const before = number === 1 || !last ? null : { query: last.query, problem: this.#problem ?? last.problem ?? '' };
		const facts = { tables, question, before, dialect: this.#ctx.tables.dialectOf(source) };
		const reply = await askForQuery({ facts, step: `query-${number}`, activity, thought: this.#thought }, this.#ctx);
		this.#thought = '';
		const begun = { number, by: 'model', rows: null, ms: null } as const;
		const noWish: Wish = { title: '', chart: 'table', x: null, y: null, colour: null, unit: null };
		if (!reply.ok)
			return {
				...begun,
				query: null,
				explanation: '',
				wish: noWish,
				status: 'refused',
				problem: (this.#problem = reply.problem)
			};
		const { query, explanation, wish } = reply.answer;
		if (query !== null) return { ...begun, query, explanation, wish, status: 'running', problem: null };
		const why = explanation === '' ? 'The model does not say why.' : explanation;
		this.#ctx.emit('attempt', { ...begun, query, explanation, wish, status: 'refused', problem: why });
		throw new HeadwayError('refused', `The tables cannot answer this question. ${why}`);
	}

	/** Runs a query and looks at its rows; null when they are refused, with the reason for the next one. */
	async #run(attempt: Attempt, isLast: boolean): Promise<Taken | null> {
		const { number } = attempt;
		this.#ctx.phase('executing');
		this.#ctx.activity(number === 1 ? 'Running the query' : `Running the query, ${ofAttempts(number)}`);
		const all = await this.#rowsOf(attempt);
		if (typeof all === 'string') return this.#refuse(attempt, all, null);
		this.#ctx.phase('validating');
		this.#ctx.activity(number === 1 ? 'Looking at the rows' : `Looking at the rows, ${ofAttempts(number)}`);
		const shown = shownRows(all);
		const problem = problemWith(shown, attempt.wish);
		if (problem && !isTaken(problem, attempt, isLast)) return this.#refuse(attempt, problem.message, shown);
		const told = attempt.by === 'person' ? null : (problem?.message ?? null);
		if (problem && told !== null) this.#ctx.notice('warning', 'no_chart', `The rows are shown as a table. ${told}`);
		const wish = { ...attempt.wish, chart: drawnAs(attempt, told, shown) };
		const { ms } = shown;
		const taken = { ...attempt, wish, status: 'accepted', problem: told, rows: all.rows.length, ms } as const;
		this.#ctx.emit('attempt', taken);
		this.#ctx.emit('rows', shown);
		return { attempt: taken, all: { columns: shown.columns, rows: all.rows }, shown };
	}

	/** The rows, or what is wrong with the query. A source that is gone, or out of reach, ends the run. */
	async #rowsOf({ query, by }: Attempt): Promise<QueryResult | string> {
		const { rows } = this.#reused;
		if (rows && query === this.#reused.attempt?.query) return rows;
		const { tables, signal } = this.#ctx;
		try {
			return await tables.query(this.#input.source, query ?? '', { signal });
		} catch (error) {
			const isOfQuery = error instanceof HeadwayError && (error.code === 'invalid_input' || error.code === 'timeout');
			signal.throwIfAborted();
			if (!isOfQuery) throw error;
			// What a person wrote is for them to put right, in the engine's own words.
			if (by === 'person') throw error;
			return error.message;
		}
	}

	#refuse(attempt: Attempt, problem: string, shown: ChartRows | null): null {
		this.#problem = problem;
		const { rows = null, ms = null } = shown ? { rows: shown.rows.length, ms: shown.ms } : {};
		const refused: Attempt = { ...attempt, status: 'refused', problem, rows, ms };
		this.#ctx.emit('attempt', refused);
		this.#last = refused;
		return null;
	}

	#gaveUp({ by }: Attempt): HeadwayError {
		const problem = this.#problem ?? '';
		if (by === 'person') return new HeadwayError('invalid_input', problem);
		return new HeadwayError(
			'incomplete',
			`${MOST_ATTEMPTS} queries were tried, and none gave rows for a chart. The last one: ${problem} Ask in other words, or write the query yourself.`
		);
	}
}

const ofAttempts = (number: number) => `attempt ${number} of ${MOST_ATTEMPTS}`;

/** A person's query says nothing of a chart; what the model wished and cannot be drawn is a table. */
function drawnAs({ by, wish }: Attempt, problem: string | null, shown: ChartRows): Wish['chart'] {
	if (by === 'person') return likeliest(shown);
	return problem === null ? wish.chart : 'table';
}

/** A person's own rows are shown whatever they are; the model's at the end, as a table, when there are any. */
function isTaken({ kind }: Problem, { by }: Attempt, isLast: boolean): boolean {
	return by === 'person' || (isLast && kind === 'shape');
}

function draw({ attempt, shown }: Taken, ctx: Context): Drawn {
	const wish = fulfilled(shown, { ...attempt.wish, title: attempt.wish.title || 'Chart' });
	const drawn = { spec: specFor(shown, wish), chart: wish.chart, types: chartTypes(shown, wish), wish };
	ctx.emit('spec', drawn);
	return drawn;
}

/** The rows as CSV, all that the query gave, and the drawing with its data in it. */
async function complete(
	{ attempt, all, shown }: Taken,
	{ spec, chart, wish }: Drawn,
	ctx: Context
): Promise<ChartResult> {
	const csv = csvText([all.columns.map(({ name }) => name), ...all.rows]);
	await ctx.artifact({ name: 'rows.csv', mediaType: 'text/csv', bytes: csv });
	ctx.progress(0.5, 'measured');
	await ctx.artifact({ name: 'spec.json', mediaType: 'application/json', bytes: withData(spec, shown) });
	const { columns, rows, truncated } = shown;
	return {
		...{ query: attempt.query ?? '', columns, rows, truncated, spec, chart },
		...{ title: wish.title, explanation: attempt.explanation, attempts: attempt.number }
	};
}

function withData(spec: Spec, rows: ChartRows): string {
	return `${JSON.stringify({ ...spec, data: { name: 'rows', values: rowObjects(rows) } }, null, '\t')}\n`;
}
