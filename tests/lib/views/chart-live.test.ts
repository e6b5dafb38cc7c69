import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import Live from '../../../src/lib/operations/chart/Live.svelte';
import { attempt, begun, chartJob, described, drawn, rows, whole } from '../../support/chart-snapshot.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';
import type { Told } from '../../support/snapshot.ts';

const skeletons = () =>
	[...document.querySelectorAll<HTMLElement>('[data-skeleton]')].map(({ dataset }) => dataset.skeleton);
const toggle = (name: RegExp) => screen.getByRole('button', { name });
const show = (told: readonly Told[], live = true) => render(Live, { job: chartJob(told), live });
const ended = (told = whole(), start = vi.fn(async () => undefined)) => {
	render(Live, { job: chartJob(told), live: false, start });
	return start;
};
const open = (name: RegExp) => fireEvent.click(toggle(name));
const refusal = Object.assign(new Error('input.query: Only reading is allowed.'), {
	data: { fields: [{ path: 'input.query', message: 'Only reading is allowed.' }] }
});
const failure = {
	...{ code: 'invalid_result', message: 'No query gave rows.', retryable: true, receipt: null },
	...{ cost: { usd: 0, known: true }, usage: null }
};
const stopped = {
	...{ reason: 'user', requestedAt: 1, provider: 'confirmed', acknowledgedAt: 1, stoppedAt: 1, cleanedUp: [] },
	...{ cost: { usd: null, known: false }, usage: null, kept: [] }
};
const thought: Told[] = [...described, ['content', { target: 'reasoning', text: 'I count by weather.' }, 2]];
const refused = attempt({ status: 'refused', problem: 'It gave no rows.', rows: 0 });

beforeAll(() => {
	installResizeObserver();
	// jsdom has no device that could be dark.
	vi.stubGlobal('matchMedia', () => new EventTarget());
});

describe('a chart, live', () => {
	test('IR-11 skeletons stand where the tables, the chart and its rows are expected', () => {
		show(begun);
		expect(skeletons()).toEqual(['The tables will show here', 'The chart will show here', 'Its rows will show here']);
	});

	test('OP-03 IR-06 the schema shows with types, ranges, samples and keys, and when it came', () => {
		show(described);
		const column = (name: string) => document.querySelector<HTMLElement>(`[data-column="${name}"]`)!;
		expect(screen.getByText('1,200 rows')).toBeInTheDocument();
		expect(column('id')).toHaveTextContent('primary key');
		expect(column('id')).toHaveTextContent('1 to 1200');
		expect(column('weather')).toHaveTextContent('text');
		expect(column('weather')).toHaveTextContent('clear, rain, snow');
		expect(column('weather')).toHaveTextContent('3 values, 2 missing');
		expect(column('station')).toHaveTextContent('refers to stations.id');
		expect(document.querySelector('[data-live] time')).toHaveTextContent('+0:02');
		expect(skeletons()).toContain('The query will show here');
	});

	test('TS-02 IR-02 IR-10 its reasoning streams in a section of its own, is whole with the query, and folds when the rows come', async () => {
		const reasoning = () => document.querySelector<HTMLElement>('[data-reasoning]')!;
		const { rerender } = show(described);
		expect(document.querySelector('[data-reasoning]')).toBeNull();
		await rerender({ job: chartJob(thought), live: true });
		expect(toggle(/^Reasoning/)).toHaveAttribute('aria-expanded', 'true');
		expect(within(reasoning()).getByText('I count by weather.')).toBeVisible();
		expect(within(reasoning()).getByText('Streaming')).toBeVisible();
		await rerender({ job: chartJob([...thought, attempt()]), live: true });
		expect(within(reasoning()).getByText('Complete')).toBeVisible();
		await rerender({ job: chartJob([...thought, ...rows()]), live: true });
		expect(toggle(/^Reasoning/)).toHaveAttribute('aria-expanded', 'false');
		const job = chartJob([...thought, ...whole().slice(described.length)]);
		const usage = { inputTokens: 9, cachedTokens: null, outputTokens: 9, reasoningTokens: 5, searches: null };
		await rerender({ job: { ...job, usage }, live: false });
		expect(toggle(/^Reasoning/)).toHaveAttribute('aria-expanded', 'false');
		await open(/^Reasoning/);
		expect(within(reasoning()).getByText('I count by weather.')).toBeVisible();
		expect(reasoning()).toHaveTextContent('Complete · 5 tokens');
	});

	test('TS-02 what is thought of a second query streams again, under the same heading', () => {
		show([...thought, refused, ['content', { target: 'reasoning', text: '\n\nBy weather, then.' }, 5]]);
		expect(screen.getAllByRole('button', { name: 'Reasoning' })).toHaveLength(1);
		expect(document.querySelector('[data-reasoning] [data-stream]')).toHaveAttribute('data-stream', 'streaming');
		expect(screen.getByText('By weather, then.')).toBeVisible();
	});

	test.each<[string, Told[], string]>([
		['fails while it thinks', [['error', { ...failure, code: 'provider_error' }]], 'failed'],
		['was cancelled', [['cancelled', { reason: 'user', receipt: stopped }]], 'stopped'],
		['has no query to give', [refused, ['error', { ...failure, code: 'refused' }]], 'complete']
	])('TS-09 CX-05 the reasoning of one that %s stays open and says how it ended', (_, end, state) => {
		show([...thought, ...end], false);
		expect(toggle(/^Reasoning/)).toHaveAttribute('aria-expanded', 'true');
		expect(document.querySelector('[data-reasoning] [data-stream]')).toHaveAttribute('data-stream', state);
	});

	test('OP-03 a query of one’s own that fails says failed, not stopped', () => {
		show([...described, attempt({ by: 'person' }), ['error', failure]], false);
		expect(document.querySelector('[data-attempt]')).toHaveTextContent('Your query failed');
	});

	test('OP-03 each attempt stays, with its query and the reason why it was not taken', () => {
		show([...described, refused, attempt({ number: 2, query: 'SELECT 1' })]);
		const [first, second] = screen.getAllByRole('listitem').filter((item) => item.hasAttribute('data-attempt'));
		expect(first).toHaveTextContent('Attempt 1 of 3');
		expect(first).toHaveTextContent('It gave no rows.');
		expect(within(first!).getByRole('group', { name: 'Code in sql' })).toHaveTextContent(/^SELECT weather/);
		expect(second).toHaveTextContent('Attempt 2 of 3');
		expect(second).toHaveTextContent('running');
		expect(second).toHaveTextContent('SELECT 1');
		expect(toggle(/^Query/)).toHaveTextContent('2 attempts');
	});

	test('OP-03 a reason that is all there is to say is said once', () => {
		const why = 'There is nothing about curtains.';
		show([...described, attempt({ status: 'refused', query: null, explanation: why, problem: why })]);
		expect(screen.getAllByText(why)).toHaveLength(1);
	});

	test('OP-03 of rows that are more than are shown, the CSV is that of all of them', () => {
		const more = rows().map(([type, data, at]): Told => [
			type,
			type === 'rows' ? { ...(data as object), truncated: true } : { ...(data as object), rows: 2_500 },
			at
		]);
		const url = '/api/jobs/job_00000000000000000003/artifacts/rows.csv';
		const file = { name: 'rows.csv', mediaType: 'text/csv', size: 9, sha256: 'a'.repeat(64), url };
		show([...described, ...more, ['artifact', file, 5]], false);
		const link = screen.getByRole('link', { name: 'CSV, 2,500 rows' });
		expect(link).toHaveAttribute('href', url);
		expect(link).toHaveAttribute('download', 'rides-by-weather.csv');
	});

	test('OP-03 a query that was refused says nothing of what the chart will be', () => {
		show([...described, refused]);
		expect(document.querySelector('[data-result] h2')).toHaveTextContent('How many rides were there by weather?');
		expect(skeletons()).toContain('The query will show here');
	});

	test('OP-03 the rows show as a table before the chart is there, and its place is kept', () => {
		show([...described, ...rows()]);
		expect(screen.getByRole('table', { name: 'Rides by weather' })).toHaveTextContent('880');
		expect(document.querySelector('[data-awaited]')).toBeInTheDocument();
		expect(screen.queryByRole('slider')).toBeNull();
		for (const name of [/^Tables/, /^Query/]) expect(toggle(name)).toHaveAttribute('aria-expanded', 'false');
		// What stands above the rows has its room already.
		const types = screen.getAllByRole('radio');
		expect(types.map((type) => type.getAttribute('aria-label'))).toEqual(['Bars', 'Pie', 'Table']);
		for (const type of types) expect(type).toBeDisabled();
		expect(screen.getByRole('button', { name: 'SVG' })).toHaveAttribute('aria-disabled', 'true');
	});

	test('OP-03 the chart says in words what it shows, and can be switched to what fits its rows', async () => {
		show([
			...described,
			...rows(),
			drawn([
				['rain', 300],
				['clear', 880],
				['snow', 20]
			])
		]);
		const figure = screen.getByRole('figure', { name: 'Rides by weather' });
		const marks = screen.getByRole('slider', { name: 'Rides by weather: marks' });
		expect(marks).toHaveAccessibleDescription(
			'Bar chart of rides by weather: 3 bars. The highest is clear, 880; the lowest is snow, 20.'
		);
		const types = screen.getAllByRole('radio').map((type) => type.getAttribute('aria-label'));
		expect(types).toEqual(['Bars', 'Pie', 'Table']);
		expect(screen.getByRole('radio', { name: 'Bars' })).toHaveAttribute('aria-checked', 'true');
		await fireEvent.click(screen.getByRole('radio', { name: 'Pie' }));
		expect(figure).toHaveTextContent('73 % of the whole');
		await fireEvent.click(screen.getByRole('radio', { name: 'Table' }));
		expect(figure).toHaveTextContent('Table of 3 rows and 2 columns.');
		expect(screen.queryByRole('slider')).toBeNull();
		expect(screen.queryByRole('button', { name: 'SVG' })).toBeNull();
	});

	test('IR-09 IR-10 the result is set apart, and what came before is there, collapsed', () => {
		ended();
		expect(document.querySelector('[data-result]')).toHaveTextContent('Counts the rides of each weather.');
		for (const name of [/^Tables/, /^Query/]) expect(toggle(name)).toHaveAttribute('aria-expanded', 'false');
		expect(skeletons()).toEqual([]);
	});

	test('IR-08 CX-05 what a stopped chart had stays open, and closes when it is told to', async () => {
		ended([...described, ...rows(), ['cancelled', { reason: 'user', receipt: stopped }]]);
		expect(toggle(/^Tables/)).toHaveAttribute('aria-expanded', 'true');
		expect(screen.getByText('It ended before there was a chart.')).toBeInTheDocument();
		expect(screen.getByRole('table', { name: 'Rides by weather' })).toBeInTheDocument();
		await open(/^Tables/);
		expect(toggle(/^Tables/)).toHaveAttribute('aria-expanded', 'false');
	});

	test('OP-03 a changed query is run as a new job: same question, same data, no model', async () => {
		const start = ended();
		await open(/^Change the query/);
		const field = screen.getByRole('textbox', { name: 'Query' });
		expect(field).toHaveValue('SELECT weather, count(*) AS rides FROM rides GROUP BY weather');
		await fireEvent.input(field, { target: { value: 'SELECT 2 ' } });
		await fireEvent.click(screen.getByRole('button', { name: 'Run' }));
		const { question, source, model } = chartJob().input as Record<string, unknown>;
		expect(start).toHaveBeenCalledWith('chart', { question, source, model, query: 'SELECT 2' }, {});
	});

	test('OP-03 a changed query may be called something else, and nothing it shows is called by the old question', async () => {
		const start = ended();
		await open(/^Change the query/);
		const called = screen.getByLabelText('What it shows');
		expect(called).toHaveValue('How many rides were there by weather?');
		await fireEvent.input(called, { target: { value: 'Rides by station' } });
		await fireEvent.click(screen.getByRole('button', { name: 'Run' }));
		expect(start).toHaveBeenCalledWith('chart', expect.objectContaining({ question: 'Rides by station' }), {});
	});

	test('OP-03 where there is no query, because the tables do not answer, one can be written', async () => {
		const none = attempt({ status: 'refused', query: null, problem: 'There is nothing about curtains.' });
		const start = ended([...described, none, ['error', { ...failure, code: 'refused' }]]);
		expect(screen.queryByRole('button', { name: 'Change the query' })).toBeNull();
		await open(/^Write a query/);
		expect(screen.getByRole('button', { name: 'Run' })).toHaveAttribute('aria-disabled', 'true');
		await fireEvent.input(screen.getByRole('textbox', { name: 'Query' }), { target: { value: 'SELECT 1' } });
		await fireEvent.click(screen.getByRole('button', { name: 'Run' }));
		expect(start).toHaveBeenCalledWith('chart', expect.objectContaining({ query: 'SELECT 1' }), {});
	});

	test('OP-03 BY-13 what is run again takes nothing over from the job before that one', async () => {
		const start = vi.fn(async () => undefined);
		const { question, source } = chartJob().input as Record<string, unknown>;
		const input = { question, source, query: 'SELECT 1', from: { jobId: 'job_older', phase: 'generating' } };
		render(Live, { job: chartJob(whole(), { input }), live: false, start });
		await open(/^Retry from a phase/);
		await fireEvent.click(screen.getByRole('button', { name: 'From generating the query' }));
		const from = { jobId: 'job_00000000000000000003', phase: 'generating' };
		expect(start).toHaveBeenCalledWith('chart', { question, source, from }, {});
	});

	test('OP-03 a query that cannot be started says why at the field', async () => {
		ended(
			whole(),
			vi.fn(async () => Promise.reject(refusal))
		);
		await open(/^Change the query/);
		await fireEvent.click(screen.getByRole('button', { name: 'Run' }));
		await waitFor(() =>
			expect(screen.getByRole('textbox', { name: 'Query' })).toHaveAccessibleDescription(/ Only reading is allowed\.$/)
		);
	});

	test('BY-13 a retry from a phase says first what it keeps and what that saves, and names the job it goes on from', async () => {
		const start = ended();
		await open(/^Retry from a phase/);
		const executing = screen.getByRole('button', { name: 'From executing the query' });
		expect(executing).toHaveAccessibleDescription(
			'Keeps its tables and query, and costs nothing. That saves $0.0012: what asking the model cost this time.'
		);
		expect(screen.getByRole('button', { name: 'From generating the query' })).toHaveAccessibleDescription(
			'Keeps its tables. The model is asked again: about $0.0012, as it was this time.'
		);
		await fireEvent.click(executing);
		const { question, source, model } = chartJob().input as Record<string, unknown>;
		const from = { jobId: 'job_00000000000000000003', phase: 'executing' };
		expect(start).toHaveBeenCalledWith('chart', { question, source, model, from }, {});
	});

	test('BY-13 a query that was refused may cost another, and the page does not say that it costs nothing', async () => {
		ended([...described, refused, ['error', failure]]);
		await open(/^Retry from a phase/);
		expect(screen.getByRole('button', { name: 'From executing the query' })).toHaveAccessibleDescription(
			'Keeps its tables and query. The query is run again; where its rows are refused again, the model is asked for another, and what that costs is not known.'
		);
	});

	test('BY-13 where asking the model cost nothing, the page says that it is asked all the same', async () => {
		ended(whole(0));
		await open(/^Retry from a phase/);
		expect(screen.getByRole('button', { name: 'From generating the query' })).toHaveAccessibleDescription(
			'Keeps its tables. The model is asked again, which cost nothing this time.'
		);
	});

	test('BY-13 what an earlier job does not have cannot be gone on from, and the page says why', async () => {
		const start = ended([...described, refused, ['error', failure]]);
		await open(/^Retry from a phase/);
		const transforming = screen.getByRole('button', { name: 'From transforming the data' });
		expect(transforming).toHaveAttribute('aria-disabled', 'true');
		expect(transforming).toHaveAccessibleDescription('That chart has no rows. Retry from executing the query.');
		await fireEvent.click(transforming);
		expect(start).not.toHaveBeenCalled();
	});
});
