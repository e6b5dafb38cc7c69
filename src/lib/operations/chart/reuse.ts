import type { Cost } from '../../jobs/event.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import {
	chart,
	type Attempt,
	type ChartInput,
	type ChartResult,
	type ChartRows,
	type ChartState,
	type RetryPhase
} from './model.ts';

/** A chart as it stood when it ended. */
export type EarlierChart = Pick<JobSnapshot, 'operation' | 'status' | 'cost'> & {
	input: Pick<ChartInput, 'question' | 'source' | 'query' | 'from'>;
	state: ChartState;
	result: ChartResult | null;
};

/** What a run takes over from an earlier one. */
export interface Reused {
	tables: Omit<NonNullable<ChartState['tables']>, 'at'> | null;
	attempt: Attempt | null;
	rows: ChartRows | null;
}

/** A way to go on from an earlier chart (BY-13). */
export interface Retry {
	phase: RetryPhase;
	label: string;
	/** What is taken over, in words. */
	keeps: string;
	/** What the earlier run was billed for what is taken over: the difference in price to asking anew. */
	saves: Cost;
	/** What the rest cost the earlier run, and so about what it will cost again. */
	again: Cost;
	/** Why it is not possible, as a sentence; null when it is. */
	refused: string | null;
}

const nothing: Cost = { usd: 0, known: true };
const unknown: Cost = { usd: null, known: false };

/** Each phase that a chart can be taken up from, with the difference in price. All that is paid for is the asking for queries. */
export function retriesOf(earlier: EarlierChart): Retry[] {
	// What asked no model cost nothing, and says nothing of what asking costs.
	const cost = chart.variantOf?.(earlier.input) === 'asked' ? earlier.cost : unknown;
	// A query whose rows were refused is refused again, and then the model is asked for another.
	const known = lastQuery(earlier.state);
	const isTaken = known === null || known.status === 'accepted' || known.by === 'person';
	return (
		[
			['generating', 'its tables', nothing, cost],
			['executing', 'its tables and query', cost, isTaken ? nothing : unknown],
			['transforming', 'its tables, query and rows', cost, nothing]
		] as const
	).map(([phase, keeps, saves, again]) => {
		const label = chart.phases.find(({ name }) => name === phase)?.label ?? phase;
		return { phase, label, keeps, saves, again, refused: refusal(earlier, phase) };
	});
}

/** Why an earlier chart cannot be taken up from a phase, for this question and source; null when it can. */
export function refusal(
	{ operation, status, input, state, result }: EarlierChart,
	phase: RetryPhase,
	asked: Pick<ChartInput, 'question' | 'source'> = input
): string | null {
	if (operation !== chart.id) return 'That job is no chart. Name one that is.';
	if (status === 'queued' || status === 'running') return 'That chart is still being made. Wait for its end.';
	if (sourceKey(asked.source) !== sourceKey(input.source))
		return 'That chart was made from another source, so nothing of it can be taken over.';
	if (!state.tables) return 'That chart never came to know its tables. Ask anew.';
	if (phase === 'generating') return null;
	if (asked.question.trim() !== input.question.trim())
		return 'That chart answered another question, so its query cannot be taken over. Retry from generating the query.';
	if (!lastQuery(state)) return 'That chart has no query. Retry from generating the query.';
	if (phase === 'executing') return null;
	if (!acceptedQuery(state) || !(result ?? state.rows))
		return 'That chart has no rows. Retry from executing the query.';
	return (result ?? state.rows)?.truncated
		? 'Not all rows of that chart were kept. Retry from executing the query.'
		: null;
}

/** What is taken over from a phase on; call it only where there is no `refusal`. */
export function reusedFrom({ state }: EarlierChart, phase: RetryPhase): Reused {
	const { tables } = state;
	const known = tables && { tables: tables.tables, omitted: tables.omitted };
	if (phase === 'generating') return { tables: known, attempt: null, rows: null };
	if (phase === 'executing') return { tables: known, attempt: lastQuery(state), rows: null };
	return { tables: known, attempt: acceptedQuery(state), rows: state.rows };
}

function lastQuery({ attempts }: ChartState): Attempt | null {
	return (
		attempts.findLast(({ status, query }) => query !== null && status === 'accepted') ??
		attempts.findLast(({ query }) => query !== null) ??
		null
	);
}

function acceptedQuery({ attempts }: ChartState): Attempt | null {
	return attempts.findLast(({ status }) => status === 'accepted') ?? null;
}

function sourceKey(source: ChartInput['source']): string {
	return 'fileId' in source ? `file ${source.fileId}` : `name ${source.name}`;
}
