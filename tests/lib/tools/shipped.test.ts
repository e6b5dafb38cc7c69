import { describe, expect, test } from 'vitest';
import { HeadwayError } from '$lib/jobs/error.ts';
import { execute } from '$lib/tools/execute.server.ts';
import { Toolbox } from '$lib/tools/toolbox.server.ts';
import { aCall, aDocument, aPassage, FakeRun, Told } from './fake-run.ts';

/** Runs one call of a shipped tool and tells how it ended. */
async function use(tool: string, args: Record<string, unknown>, run = new FakeRun(), cites = true) {
	const told = new Told();
	const { cited } = told;
	const listener = cites ? told : { tool: () => undefined, progress: () => undefined };
	const box = new Toolbox(run.ctx, { projectId: 'p1', files: ['file_1'] });
	const [end] = await execute([aCall('c', tool, args)], box, listener);
	return { ...end!, cited, run };
}
const work = async (expression: string) => {
	const { summary, problem } = await use('calculator', { expression });
	return summary ?? problem;
};

// Its first calculation loads the library.
describe('the calculator', { timeout: 20_000 }, () => {
	test.each([
		['0.1 + 0.2', '0.1 + 0.2 = 0.3'],
		['(19.99 * 12) * 1.19', '(19.99 * 12) * 1.19 = 285.4572'],
		['2^64', '2^64 = 18446744073709551616'],
		['sqrt(2)', 'sqrt(2) = 1.4142135623731'],
		['mean([2, 4, 9])', 'mean([2, 4, 9]) = 5'],
		['5 miles to km', '5 miles to km = 8.04672 km'],
		['3 > 2', '3 > 2 = true'],
		['20!', '20! = 2432902008176640000']
	])('AG-03 %s is worked out exactly', async (expression, summary) => expect(await work(expression)).toBe(summary));

	test.each([
		['1 +', 'Unexpected end of expression'],
		['1 / 0', 'This divides by zero or is too large.'],
		['0 / 0', 'This has no value.'],
		['foo(2)', 'Undefined function foo'],
		['import({ a: 1 })', 'cannot'],
		['evaluate("1+1")', '"evaluate" cannot be used here.'],
		['createUnit(knot)', '"createUnit" cannot be used here.'],
		['config(1)', '"config" cannot be used here.'],
		['cos.constructor(1)', 'Call a function by its name.'],
		['f(x) = x', 'A calculation cannot hold a function of its own.'],
		['a = 5', 'A calculation cannot hold an assignment.'],
		['[1, 2][1]', 'A calculation cannot hold'],
		['"a"', 'This is no calculation.'],
		['1; 2', 'A calculation cannot hold more than one expression.'],
		['{a: 1}', 'A calculation cannot hold an object.'],
		['sqrt', 'This is no calculation.'],
		['constructor', 'No access to property "constructor".']
	])('AG-03 %s is refused with what is wrong', async (expression, problem) => {
		const end = await use('calculator', { expression });
		expect(end).toMatchObject({ state: 'failed', problem: expect.stringContaining(problem) });
		expect(end.problem).toMatch(/\.$/);
	});

	test.each(['zeros(20000, 20000)', 'factorial(100000000)', 'combinations(2000000000, 1000000000)'])(
		'AG-03 %s ends by its limit, and the server goes on meanwhile',
		async (expression) => {
			let ticks = 0;
			const timer = setInterval(() => ticks++, 20);
			const end = await use('calculator', { expression });
			clearInterval(timer);
			expect(end.state).toBe('failed');
			expect(end.problem).toMatch(/takes too long|more memory|too large|could not be worked out/i);
			expect(ticks).toBeGreaterThan(0);
		}
	);

	test('CX-04 a stop ends a calculation within 2 s', async () => {
		const run = new FakeRun();
		const box = new Toolbox(run.ctx, { projectId: null, files: [] });
		const told = new Told();
		const ending = execute([aCall('c', 'calculator', { expression: 'factorial(100000000)' })], box, told);
		await expect.poll(() => told.statesOf('c')).toContain('executing');
		const at = performance.now();
		run.stopped.abort(new Error('stopped'));
		await expect(ending).rejects.toThrow('stopped');
		expect(performance.now() - at).toBeLessThan(2_000);
	});
});

describe('the clock', () => {
	test('AG-03 the time is told in the zone that is asked for, with its offset and in words', async () => {
		// The fake clock stands at the beginning of 20 November 2026, UTC.
		expect((await use('current_time', {})).text).toBe(
			'Friday, 20 November 2026, 00:00 in UTC (2026-11-20T00:00:00+00:00)'
		);
		expect((await use('current_time', { timeZone: 'America/New_York' })).text).toBe(
			'Thursday, 19 November 2026, 19:00 in America/New_York (2026-11-19T19:00:00-05:00)'
		);
		expect((await use('current_time', { timeZone: 'Asia/Kolkata' })).text).toContain('2026-11-20T05:30:00+05:30');
	});

	test('AG-03 a zone that is none is refused', async () => {
		const { problem } = await use('current_time', { timeZone: 'Mars/Olympus' });
		expect(problem).toContain('There is no such time zone.');
	});
});

describe('the documents', () => {
	test('CH-05 a search cites what it found, within the project that is in reach', async () => {
		const { run, cited, summary, text, cites } = await use('search_knowledge', { question: 'What pulls?' });
		expect(run.searches).toEqual([{ question: 'What pulls?', options: { projectId: 'p1', limit: 12 } }]);
		expect(cited[0]?.passages).toMatchObject([{ ordinal: 0 }, { ordinal: 1 }]);
		expect(cites).toEqual([
			{ documentId: 'doc_1', ordinal: 0 },
			{ documentId: 'doc_1', ordinal: 1 }
		]);
		expect([summary, text]).toEqual(['2 passages in 1 document', '2 passages in 1 document']);
		expect(run.embedded).toEqual([]);
	});

	test('OP-04 where nobody takes the passages, they are the text', async () => {
		const { text } = await use('search_knowledge', { question: 'What pulls?' }, new FakeRun(), false);
		expect(text).toBe('The tides, page 2, Moon\nThe moon pulls.\n\nThe tides, page 2, Moon\nThe sun pulls less.');
	});

	test('CH-05 a search goes by meaning too where the documents have vectors of the same model, and only then', async () => {
		const run = new FakeRun();
		run.vectors = 'embedding-1';
		await use('search_knowledge', { question: 'What pulls?' }, run);
		expect(run.embedded).toEqual([{ texts: ['What pulls?'], step: 'embed-c' }]);
		expect(run.searches[0]?.options).toMatchObject({ vector: { model: 'embedding-1' } });
		const other = new FakeRun();
		other.vectors = 'embedding-2';
		await use('search_knowledge', { question: 'What pulls?' }, other);
		expect(other.searches[0]?.options).not.toHaveProperty('vector');
	});

	test('CH-05 a document goes by its title as well as by its id, and one that is not in reach is none', async () => {
		const run = new FakeRun();
		run.documents = [aDocument('doc_1', 'The tides'), aDocument('doc_2', 'The winds')];
		await use('search_knowledge', { question: 'x', documents: ['the winds', 'doc_1'] }, run);
		expect(run.searches[0]?.options).toMatchObject({ documents: ['doc_2', 'doc_1'] });
		const { problem } = await use('search_knowledge', { question: 'x', documents: ['Secrets'] }, run);
		expect(problem).toBe('There is no document “Secrets” in reach.');
	});

	test('CH-05 a document is read from a place on', async () => {
		const { summary, cited } = await use('read_document', { documentId: 'The tides', from: 1, limit: 5 });
		expect(summary).toBe('Passages 2 to 2 of 3 of “The tides”');
		expect(cited[0]?.passages).toEqual([aPassage(1, 'The sun pulls less.')]);
		const { text, problem } = await use('read_document', { documentId: 'doc_1', from: 50 });
		expect(text).toBe('“The tides” has 3 passages, and none from there on.');
		expect(problem).toBeNull();
		expect((await use('read_document', { documentId: 'other' })).problem).toBe(
			'There is no document “other” in reach.'
		);
	});
});

describe('tables', () => {
	test('AG-03 a query gives a table that no value breaks out of', async () => {
		const run = new FakeRun();
		run.onQuery = async () => ({
			columns: [
				{ name: 'city', type: 'text' },
				{ name: 'n', type: 'integer' }
			],
			rows: [
				['a|b\nc', 1],
				[null, 2]
			],
			truncated: true,
			ms: 3
		});
		const { text, summary } = await use('query_table', { fileId: 'file_1', sql: 'SELECT *' }, run);
		expect(text).toBe('| city | n |\n| --- | --- |\n| a\\|b c | 1 |\n|  | 2 |\n\nThere are more rows than these.');
		expect(summary).toBe('2 first rows');
	});

	test('AG-03 a wrong query fails with the engine’s words, and a file of somebody else is not even asked', async () => {
		const run = new FakeRun();
		run.onQuery = async () => Promise.reject(new HeadwayError('invalid_input', 'no such column: x.'));
		expect((await use('query_table', { fileId: 'file_1', sql: 'SELECT x' }, run)).problem).toBe('no such column: x.');
		run.onQuery = async () => Promise.reject(new Error('asked'));
		const { problem } = await use('query_table', { fileId: 'file_9', sql: 'SELECT x' }, run);
		expect(problem).toContain('The file “file_9” in “c” did not come along.');
		expect(run.logged).not.toContainEqual(
			expect.objectContaining({ facts: expect.objectContaining({ error: 'Error: asked' }) })
		);
	});
});

describe('jobs that a tool starts', () => {
	test('AG-03 a research and a picture say what they will do and that it may cost, and give what their job gave', async () => {
		const run = new FakeRun();
		run.onChild = () => [
			{ status: 'succeeded', result: { report: 'Rain.', sources: [{ url: 'http://a/', title: 'A', id: 1 }] } }
		];
		const research = await use('research', { query: 'Why rain?' }, run);
		expect(run.asked[0]?.prompt).toMatch(/^Start a quick web research on “Why rain\?”\? .*may cost money\.$/);
		expect(research).toMatchObject({ state: 'completed', jobId: 'job_c', text: 'Rain.\n\nSources:\n1. A <http://a/>' });
		run.onChild = () => [{ status: 'succeeded', result: { images: [{ name: 'a.png', width: 4, height: 3 }] } }];
		const image = await use('image', { prompt: 'a cat' }, run);
		expect(run.asked[1]?.prompt).toMatch(/^Make a picture of “a cat”\? .*may cost money\.$/);
		expect(image).toMatchObject({ state: 'completed', summary: 'a.png, 4 × 3' });
		expect(run.started.map(({ operation }) => operation)).toEqual(['research', 'image']);
	});

	test.each([
		[{ status: 'cancelled' as const }, 'Its job was stopped.'],
		[
			{ status: 'failed' as const, error: { code: 'provider_quota', message: 'The quota is used up.' } as never },
			'Its job failed: The quota is used up.'
		],
		[{ status: 'succeeded' as const, result: {} }, 'The research ended without a report.']
	])('OP-04 a job that did not succeed fails its call: %j', async (end, problem) => {
		const run = new FakeRun();
		run.onChild = () => [end];
		expect(await use('research', { query: 'Why rain?' }, run)).toMatchObject({ state: 'failed', problem });
	});

	test('OP-04 the time that a job takes does not count against the limit of its call', async () => {
		const run = new FakeRun();
		run.onChild = () => {
			void run.clock.advance(10 * 60_000);
			return [
				{ status: 'running' },
				{ status: 'succeeded', result: { images: [{ name: 'a.png', width: 4, height: 3 }] } }
			];
		};
		expect((await use('image', { prompt: 'a cat' }, run)).state).toBe('completed');
	});
});
