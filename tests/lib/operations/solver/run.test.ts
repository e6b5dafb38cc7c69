import { describe, expect, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { solver, type SolverResult, type SolverState } from '$lib/operations/solver/model.ts';
import run from '$lib/operations/solver/run.server.ts';
import { shippedPuzzles } from '$lib/puzzles/shipped.server.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { ReplyingProvider } from './replying-provider.ts';

// Programs run in processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

type Snapshot = JobSnapshot<SolverState, SolverResult>;

/** Turned by a quarter: a rule that a mirror fits on the first pair only. */
const puzzle = {
	train: [
		{ input: [[1]], output: [[1]] },
		{
			input: [
				[1, 2],
				[3, 4]
			],
			output: [
				[3, 1],
				[4, 2]
			]
		}
	],
	test: [{ input: [[7, 8]], output: [[7], [8]] }]
};
const answer = (words: string, body: string) => `${words}\n\n\`\`\`js\nfunction solve(grid) {\n\t${body}\n}\n\`\`\`\n`;
const identity = answer('Nothing changes. I see no difference.', 'return grid;');
const turned = answer(
	'It is turned by a quarter. Columns become rows.',
	'return grid[0].map((_, x) => grid.map((row) => row[x]).reverse());'
);

async function solved(provider: ReplyingProvider, input: object = {}, options: object = {}) {
	const app = await makeApp({ provider, runs: runsOf(run) });
	const { id } = await start(app, 'solver', { puzzle, ...input }, options);
	return { app, id, snapshot: (await ended(app, id)) as Snapshot, provider };
}

const stagesOf = (events: readonly JobEvent[]) =>
	events.flatMap(({ type, data }) => {
		const { stage, number } = data as { stage: string; number: number };
		return type === 'iteration' ? [`${stage} ${number}`] : [];
	});

describe('a solver', () => {
	test('TS-06 runs each program on all pairs, stops at a full score, and the best answers the tests', async () => {
		const { snapshot, app, id } = await solved(new ReplyingProvider(identity, turned));
		expect(snapshot).toMatchObject({ status: 'succeeded', error: null });
		expect(snapshot.result).toMatchObject({
			...{ pattern: 'It is turned by a quarter.', strategy: 'Columns become rows.', hints: [] },
			...{ prediction: [[[7], [8]]], confidence: 100, score: 1 },
			iterations: [
				{ number: 1, solved: 1, pairs: 2, right: 1, of: 5, tokens: { input: 100 } },
				{ number: 2, solved: 2, pairs: 2, right: 5, of: 5 }
			]
		});
		expect(snapshot.result!.program).toContain('.reverse()');
		expect(solver.result.safeParse(snapshot.result).success).toBe(true);
		expect(stagesOf(await allEvents(app, id))).toEqual([
			...['started 1', 'written 1', 'ran 1', 'started 2', 'written 2', 'ran 2']
		]);
		expect(snapshot.content).toEqual({ 'code-1': identity, 'code-2': turned });
	});

	test('TS-06 the first request has the puzzle and not the answers of its tests; the next has the program and what came of it', async () => {
		const { provider } = await solved(new ReplyingProvider(identity, turned));
		expect(provider.requests[0]?.instructions).toMatch(/^You write programs that solve grid puzzles\./);
		expect(provider.asked[0]).toBe(
			'# Training\n## Pair 1\nInput:\n1\nOutput:\n1\n## Pair 2\nInput:\n1 2\n3 4\nOutput:\n3 1\n4 2\n# Test\n## Input 1\n7 8'
		);
		expect(provider.asked[1]).toContain('# Program\n```js\nfunction solve(grid) {\n\treturn grid;\n}\n```\n# Result\n');
		expect(provider.asked[1]).toMatch(
			/# Result\nScore: 1 of 2 pairs solved, 1 of 5 cells right\.\nPair 1: solved\nPair 2: 0 of 4 cells are right\. The program gave 2 rows of 2:\n1 2\n3 4\nDifferent: row 1 column 1 is 1, sought 3; row 1 column 2 is 2, sought 1; .+ is 4, sought 2\.$/
		);
	});

	test('TS-06 a program that was written before is said to be the same, and a grid of another size what size is sought', async () => {
		const narrow = answer('One cell.', 'return [[grid[0][0]]];');
		const { provider, snapshot } = await solved(new ReplyingProvider(narrow, identity, narrow, turned));
		expect(snapshot.result).toMatchObject({ score: 1 });
		expect(provider.asked[1]).toContain(
			'The program gave 1 rows of 1:\n1\nAnother size than what is sought: 2 rows of 2.'
		);
		expect(provider.asked[2]).not.toContain('again');
		expect(provider.asked[3]).toContain('# Result\nThis is program 1 again, which came to the same.');
	});

	test('TS-06 two answers in a row without a program end it, and the best one before them answers', async () => {
		const { provider, snapshot } = await solved(new ReplyingProvider('Hm.', identity, 'No.', 'None.', turned));
		expect(provider.requests).toHaveLength(4);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { prediction: [[[7, 8]]] } });
		expect(snapshot.result!.iterations.map(({ program }) => program !== null)).toEqual([false, true, false, false]);
	});

	test('TS-06 what its author listed are the hints of the answer, as in an analysis', async () => {
		const listed = turned.replace('\n\n```js', '\n- The size is turned too.\n- No colour is lost.\n\n```js');
		const { snapshot } = await solved(new ReplyingProvider(listed));
		expect(snapshot.result).toMatchObject({
			...{ pattern: 'It is turned by a quarter.', strategy: 'Columns become rows.' },
			hints: ['The size is turned too.', 'No colour is lost.']
		});
	});

	test('TS-02 IR-02 what the model thinks before a program grows apart from its text', async () => {
		const { snapshot } = await solved(
			new ReplyingProvider({ text: turned, thoughts: ['**Sizes** They differ.', 'A turn?'] })
		);
		expect(snapshot.content).toEqual({ 'reasoning-1': '**Sizes** They differ.\n\nA turn?', 'code-1': turned });
		expect(snapshot.result).toMatchObject({ pattern: 'It is turned by a quarter.' });
	});

	test('CX-05 one that is stopped while it thinks keeps what was thought, and its receipt says so', () => {
		const state = { ...solver.state(), iterations: [{ number: 1, startedAt: 0, written: null, ran: null }] };
		expect(solver.keptOf?.(state, { 'reasoning-1': 'A turn?' })).toEqual(['7 characters of reasoning']);
	});

	test('TS-06 an error goes into the next request with its line, and what the program wrote', async () => {
		const broken = answer('A guess.', "console.log('here', grid.length);\n\treturn grid.colour.map((x) => x);");
		const { provider, snapshot } = await solved(new ReplyingProvider(broken, turned));
		expect(provider.asked[1]).toMatch(/Pair 1: error in line 3: TypeError: .+\nIt wrote: here 1\nPair 2: error/);
		const [first] = snapshot.state.iterations;
		expect(first!.ran!.runs[0]).toMatchObject({ output: null, solved: false, line: 3, log: 'here 1\n' });
	});

	test('TS-06 an answer without a block of JavaScript counts as an iteration, and is said', async () => {
		const { snapshot, provider } = await solved(new ReplyingProvider('I would rotate it.', turned));
		expect(snapshot.notices).toMatchObject([{ code: 'no_program', message: expect.stringMatching(/^Iteration 1 /) }]);
		expect(snapshot.result!.iterations).toMatchObject([
			{ number: 1, program: null, pairs: 0 },
			{ number: 2, solved: 2 }
		]);
		expect(provider.asked[1]).toMatch(/# Result\nThe last answer had no ```js block/);
		expect(provider.asked[1]).not.toContain('# Program');
	});

	test('TS-06 after the last iteration the program that is right on most pairs answers, and a test it fails on has no grid', async () => {
		const half = answer(
			'One cell stays.',
			'if (grid[0].length === 2 && grid.length === 1) throw new Error("wide");\n\treturn [[grid[0][0]]];'
		);
		const loop = answer('For ever.', 'for (;;);');
		const { snapshot, provider } = await solved(new ReplyingProvider(half, loop), { iterations: 2 });
		expect(provider.requests).toHaveLength(2);
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { prediction: [null], score: 0, confidence: 20 } });
		expect(snapshot.state.answered).toMatchObject({ number: 1, errors: ['Error: wide'] });
		expect(snapshot.state.iterations[1]!.ran!.runs.map(({ error }) => error)).toEqual([
			...['It ran for more than 1 s.', 'It ran for more than 1 s.']
		]);
	});

	test('TS-06 a model that writes no program at all fails with a sentence, and what it said is kept', async () => {
		const { snapshot } = await solved(new ReplyingProvider('No.'), { iterations: 2 });
		expect(snapshot).toMatchObject({
			status: 'failed',
			error: { code: 'provider_error', message: expect.stringContaining('wrote no program in 2 iterations') },
			content: { 'code-1': 'No.', 'code-2': 'No.' }
		});
	});

	test('TS-06 the score is not known where the answer is not', async () => {
		const { snapshot } = await solved(new ReplyingProvider(turned), {
			puzzle: { ...puzzle, test: [{ input: [[7, 8]] }] }
		});
		expect(snapshot.result).toMatchObject({ prediction: [[[7], [8]]], score: null });
	});

	test('OP-09 the bar counts the iterations', async () => {
		const provider = new ReplyingProvider(identity);
		const gate = provider.hold(3);
		const app = await makeApp({ provider, runs: runsOf(run) });
		const { id } = await start(app, 'solver', { puzzle, iterations: 4 });
		await until(app, id, ({ content }) => 'code-3' in content);
		const { progress } = await until(app, id, (snapshot) => (snapshot.progress.fraction ?? 0) > 0.4);
		expect(progress.fraction).toBeLessThan(0.7);
		gate.open();
		expect((await ended(app, id)).progress).toEqual({ fraction: 1, basis: 'measured' });
	});
});

describe('a solver that is stopped', () => {
	test('CX-15 by a cancel in the middle of a stream ends within 2 s and keeps what was written', async () => {
		const provider = new ReplyingProvider(identity, turned);
		provider.hold(2);
		const app = await makeApp({ provider, runs: runsOf(run) });
		const { id } = await start(app, 'solver', { puzzle });
		await until(app, id, ({ content }) => 'code-2' in content);
		const begun = performance.now();
		await app.jobs.cancel('local', id);
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(performance.now() - begun).toBeLessThan(2_000);
		expect(snapshot).toMatchObject({ status: 'cancelled', content: { 'code-1': identity } });
		expect(provider.cancelled).toEqual(['resp_2']);
		expect(snapshot.receipt!.kept).toEqual(expect.arrayContaining(['1 program']));
	});

	test('CX-15 by a cancel in the middle of a run ends within 2 s', async () => {
		const provider = new ReplyingProvider(answer('For ever.', 'for (;;);'));
		const app = await makeApp({ provider, runs: runsOf(run) });
		const { id } = await start(app, 'solver', { puzzle });
		await until(app, id, ({ state }) => (state as SolverState).iterations[0]?.written != null);
		const begun = performance.now();
		await app.jobs.cancel('local', id);
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(performance.now() - begun).toBeLessThan(2_000);
		expect(snapshot.status).toBe('cancelled');
		expect(snapshot.state.iterations).toMatchObject([{ number: 1, ran: null }]);
	});

	test('RS-13 BY-01 by a restart goes on where it was: iterations that ended are not asked for again', async () => {
		const provider = new ReplyingProvider(identity, turned);
		const gate = provider.hold(2);
		const dataDir = temporaryFolder();
		const first = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const { id } = await start(first, 'solver', { puzzle });
		await until(first, id, ({ content }) => 'code-2' in content);
		await first.close();
		gate.open();
		const second = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const snapshot = (await ended(second, id)) as Snapshot;
		expect(snapshot).toMatchObject({ status: 'succeeded', content: { 'code-1': identity, 'code-2': turned } });
		expect(provider.requests).toHaveLength(2);
		expect(stagesOf(await allEvents(second, id))).toEqual([
			...['started 1', 'written 1', 'ran 1', 'started 2', 'written 2', 'ran 2']
		]);
	});
});

test.for([
	['neither', {}, 'puzzle'],
	['both', { puzzle, puzzleId: 'mirror' }, 'puzzle'],
	['11 iterations', { puzzle, iterations: 11 }, 'iterations'],
	['no iteration', { puzzle, iterations: 0 }, 'iterations'],
	['half an iteration', { puzzle, iterations: 1.5 }, 'iterations'],
	['a ragged grid', { puzzle: { ...puzzle, test: [{ input: [[1], [2, 3]] }] } }, 'puzzle.test.0.input.1'],
	['a test without training', { puzzle: { test: puzzle.test } }, 'puzzle.train']
] as const)('TS-06 an input with %s is refused at its field', ([, input, field]) => {
	const parsed = solver.input.safeParse(input);
	expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain(field);
});

test('TS-06 BY-15 with the demo some of the puzzles that ship are solved and not all, and it says of which it has no rule', async () => {
	const app = await makeApp({ runs: runsOf(run) });
	const chosen = [1, 3, 5].map((level) => shippedPuzzles().find((puzzle) => puzzle.level === level)!);
	const scores = [];
	for (const { id: puzzleId } of chosen) {
		const { id } = await start(app, 'solver', { puzzleId, iterations: 2 });
		const { result, content } = (await ended(app, id)) as Snapshot;
		scores.push(result!.score === 1);
		if (result!.score !== 1)
			expect(content['code-1']! + content['code-2']!).toContain('None of the rules that this demo knows');
	}
	expect(scores).toEqual([true, true, false]);
});
