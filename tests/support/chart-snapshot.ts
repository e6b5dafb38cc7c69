import { emptySnapshot, type JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import { chart } from '../../src/lib/operations/chart/model.ts';
import type { Attempt, Cell, ChartResult, ChartState, ChartType } from '../../src/lib/operations/chart/model.ts';
import { chartTypes, fulfilled, specFor } from '../../src/lib/operations/chart/spec.ts';
import { START, tell, type Told } from './snapshot.ts';

const question = 'How many rides were there by weather?';

/** A chart, folded by the app's own reducer from what it is told. */
export function chartJob(
	told: readonly Told[] = [],
	facts: Partial<JobSnapshot> = {}
): JobSnapshot<ChartState, ChartResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000003', operation: 'chart', title: question },
		...{ input: { question, source: { name: 'bike-rides' }, model: 'demo' }, options: {}, createdAt: START },
		...{ logEpoch: 'e1', parentId: null, phases: chart.phases, state: chart.state() }
	});
	const folded = told.reduce<JobSnapshot>((job, event) => tell(job, event), seed);
	return { ...folded, ...facts } as JobSnapshot<ChartState, ChartResult>;
}

/** The beginnings of a run. */
export const begun: Told[] = [
	['queued', { operation: 'chart', title: question, retryOf: null }],
	['started', { epoch: 1, provider: 'demo', model: 'demo', adopted: false }],
	['phase', { phase: 'planning', fraction: 0 }]
];

const weather = {
	...{ name: 'weather', type: 'text', nulls: 2, distinct: 3, min: 'clear', max: 'snow' },
	...{ samples: ['clear', 'rain', 'snow'], primaryKey: false, references: null }
};
const id = {
	...{ name: 'id', type: 'integer', nulls: 0, distinct: 1_200, min: 1, max: 1_200 },
	...{ samples: [1, 2, 3], primaryKey: true, references: null }
};
const station = { ...id, name: 'station', primaryKey: false, references: 'stations.id' };

/** Its tables are known. */
export const described: Told[] = [
	...begun,
	['phase', { phase: 'understanding', fraction: 0.1 }, 1],
	['tables', { tables: [{ name: 'rides', rows: 1_200, columns: [id, weather, station] }], omitted: 0 }, 2]
];

const wish = { title: 'Rides by weather', chart: 'bar', x: 'weather', y: 'rides', colour: null, unit: null } as const;

/** A query, as far as it has come. */
export function attempt(facts: Partial<Attempt> = {}): Told {
	const query = 'SELECT weather, count(*) AS rides FROM rides GROUP BY weather';
	const said = { number: 1, query, explanation: 'Counts the rides of each weather.', wish, by: 'model' };
	return ['attempt', { ...said, status: 'running', problem: null, rows: null, ms: null, ...facts }, 3];
}

export const columns = [
	{ name: 'weather', type: 'text' },
	{ name: 'rides', type: 'integer' }
] as const;

/** The rows that a query gave; the last attempt was taken. */
export function rows(
	values: readonly (readonly Cell[])[] = [
		['rain', 300],
		['clear', 880],
		['snow', 20]
	]
): Told[] {
	return [
		attempt({ status: 'accepted', rows: values.length, ms: 4 }),
		['rows', { columns, rows: values, truncated: false, ms: 4 }, 4]
	];
}

/** The drawing of those rows. */
export function drawn(values: readonly Cell[][], type: ChartType = 'bar'): Told {
	const rowset = { columns: [...columns], rows: values.map((row) => [...row]) };
	const fitting = fulfilled(rowset, { ...wish, chart: type });
	const types = chartTypes(rowset, fitting);
	return ['spec', { spec: specFor(rowset, fitting), chart: fitting.chart, types, wish: fitting }, 5];
}

/** All of a run that ends well, with what it cost in dollars. */
export function whole(
	usd = 0.0012,
	values: Cell[][] = [
		['rain', 300],
		['clear', 880],
		['snow', 20]
	]
): Told[] {
	const last = drawn(values);
	const { spec, chart: drawnAs } = last[1] as { spec: object; chart: ChartType };
	const result = {
		...{ query: (attempt()[1] as Attempt).query, columns, rows: values, truncated: false, spec, chart: drawnAs },
		...{ title: wish.title, explanation: 'Counts the rides of each weather.', attempts: 1 }
	};
	const end = { result, resultAvailable: true, cost: { usd, known: true }, usage: null };
	return [...described, ...rows(values), last, ['done', end, 6]];
}
