import { describe, expect, test } from 'vitest';
import { measured, partsOf, type BatchPart } from '$lib/operations/batch/model.ts';
import { resultsCsv, totalsOf } from '$lib/operations/batch/results.ts';

const part = (key: string, facts: Partial<BatchPart> = {}): BatchPart => ({
	...{ key, jobId: `job_${key}`, title: `part ${key}`, status: 'succeeded', artifacts: [], error: null },
	...{ progress: { fraction: 1, basis: 'measured' }, score: null, elapsedMs: 1_500, cost: { usd: 0.1, known: true } },
	...facts
});

describe('what parts add up to', () => {
	test('OP-08 solved are those with the full score, and the mean is of those that have one', () => {
		const totals = totalsOf([part('1', { score: 1 }), part('2', { score: 0.5 }), part('3'), part('4', { score: 0 })]);
		expect(totals).toMatchObject({ ended: 4, succeeded: 4, scored: 3, solved: 1, meanScore: 0.5, elapsedMs: 6_000 });
		expect(totals.cost).toEqual({ usd: expect.closeTo(0.4), known: true });
		expect(totalsOf([part('1')]).meanScore).toBeNull();
	});

	test('OP-08 BY-08 a sum of costs is known only once each of them is', () => {
		const running = part('2', { status: 'running', cost: { usd: 0.2, known: true } });
		expect(totalsOf([part('1'), running]).cost).toEqual({ usd: expect.closeTo(0.3), known: false });
		const unknown = part('2', { cost: { usd: null, known: false } });
		expect(totalsOf([part('1'), unknown]).cost).toEqual({ usd: 0.1, known: false });
		expect(totalsOf([]).cost).toEqual({ usd: null, known: false });
	});

	test('IR-12 a part that an older version stored has no score, and its cost is not known', () => {
		const { score: _s, elapsedMs: _e, cost: _c, ...old } = part('1');
		expect(totalsOf([measured(old as BatchPart)])).toMatchObject({
			...{ scored: 0, elapsedMs: 0, cost: { usd: null, known: false } }
		});
		const whole = part('1');
		expect(measured(whole)).toBe(whole);
	});
});

describe('the results as CSV', () => {
	const planned = partsOf({
		operation: 'steps',
		input: {},
		vary: { name: ['plain', 'a "b",\nc'], model: ['m1', 'm2'] }
	});
	const lines = (parts: BatchPart[]) => resultsCsv(planned, parts).split('\r\n');

	test('OP-08 there is a line for each part with what varies in it, how it ended, its score, time, cost and job', () => {
		const failed = part('2', { status: 'failed', error: { code: 'provider_quota', message: 'No credit, none.' } });
		const told = lines([part('1', { score: 1 / 3 }), failed]);
		expect(told.slice(0, 3)).toEqual([
			'part,title,name,model,status,score,seconds,cost_usd,cost_known,job,error',
			'1,part 1,plain,m1,succeeded,0.333333333333,1.5,0.1,true,job_1,',
			'2,part 2,plain,m2,failed,,1.5,0.1,true,job_2,"No credit, none."'
		]);
		expect(told.at(-1)).toBe('');
	});

	test('OP-08 quotes, commas and line ends stay within their field, and what has not ended has no figures', () => {
		const text = resultsCsv(planned, [part('3', { status: 'running', cost: { usd: 0.05, known: false } })]);
		expect(text).toContain('3,part 3,"a ""b"",\nc",m1,running,,,,,job_3,\r\n');
		expect(text).toContain('4,"a ""b"", c","a ""b"",\nc",m2,not started,,,,,,\r\n');
	});

	test('OP-08 a whole puzzle in a field is cut, so that a spreadsheet can hold it', () => {
		const inputs = [{ puzzle: 'p'.repeat(5_000) }, { puzzle: 'q' }];
		const [, first = ''] = resultsCsv(partsOf({ operation: 'analysis', inputs }), []).split('\r\n');
		expect(Math.max(...first.split(',').map(({ length }) => length))).toBe(1_000);
	});
});
