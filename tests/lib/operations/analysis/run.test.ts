import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../../../scripts/lib/project.mjs';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { AnalysisResult, AnalysisState } from '$lib/operations/analysis/model.ts';
import analysis from '$lib/operations/analysis/run.server.ts';
import type { ProviderEvent, ResponseRequest } from '$lib/operations/operation.ts';
import { shippedPuzzle, shippedPuzzles } from '$lib/puzzles/shipped.server.ts';
import { scoreOf } from '$lib/puzzles/score.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { Gate } from '../../../support/operations.ts';
import { created, ended as providerEnded, FakeProvider, outcome, type Step } from '../../server/fake-provider.ts';

type Snapshot = JobSnapshot<AnalysisState, AnalysisResult>;

const puzzle = {
	train: [
		{ input: [[1, 2]], output: [[2, 1]] },
		{ input: [[3, 0]], output: [[0, 3]] }
	],
	test: [{ input: [[4, 5]], output: [[5, 4]] }]
};
const answer = {
	pattern: 'Mirrored.',
	strategy: 'Turn it.',
	hints: ['Look.'],
	predictions: [[[5, 4]]],
	confidence: 0.9
};
const think = (cursor: number, text: string): ProviderEvent => ({
	...{ cursor, type: 'reasoning_delta', itemId: 'r', index: 0 },
	text
});
const write = (cursor: number, text: string, itemId = 'm'): ProviderEvent => ({
	...{ cursor, type: 'text', itemId, part: 0 },
	text
});
const over = (cursor: number, text = JSON.stringify(answer)) => providerEnded(cursor, outcome('completed', { text }));

/** The text in pieces of a few characters, and the end. */
function told(text = JSON.stringify(answer)): Step[] {
	const pieces = text.match(/[^]{1,7}/g) ?? [];
	const events = pieces.map((piece, index) => write(index + 2, piece));
	return [created(0), think(1, 'Hmm.'), ...events, over(pieces.length + 2, text)];
}

async function run(
	script: readonly Step[],
	input: unknown = { puzzle },
	options: unknown = {}
): Promise<{ snapshot: Snapshot; provider: FakeProvider; app: App }> {
	const provider = new FakeProvider(script);
	const app = await makeApp({ provider, runs: runsOf(analysis) });
	const { id } = await start(app, 'analysis', input, options);
	return { snapshot: (await ended(app, id)) as Snapshot, provider, app };
}

/** The fields that the page showed, as the result has them. */
function previewOf({ state }: Snapshot) {
	const { pattern, strategy, hints, rows, confidence } = state;
	return {
		...{ pattern: pattern?.text, strategy: strategy?.text, hints: hints.map(({ text }) => text) },
		...{ prediction: rows, confidence: confidence?.percent }
	};
}

describe('an analysis', () => {
	test('TS-03 TS-05 TS-08 its fields show one by one, reasoning apart, and the result is what was previewed, scored', async () => {
		const { snapshot, app } = await run(told());
		expect(snapshot).toMatchObject({
			status: 'succeeded',
			content: { reasoning: 'Hmm.', answer: JSON.stringify(answer) },
			result: { pattern: 'Mirrored.', prediction: [[[5, 4]]], confidence: 90, score: 1 }
		});
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
		const types = (await allEvents(app, snapshot.id)).map(({ type }) => type);
		const fields = types.filter((type) => ['pattern', 'strategy', 'hint', 'row', 'confidence'].includes(type));
		expect(fields).toEqual(['pattern', 'strategy', 'hint', 'row', 'confidence']);
		expect(types.indexOf('pattern')).toBeLessThan(types.lastIndexOf('content'));
		expect(snapshot.artifacts.map(({ name }) => name)).toEqual(['analysis.json']);
	});

	test('TS-03 it asks for the shape by a schema, with the puzzle as sections and without its answer', async () => {
		const { provider } = await run(told());
		const [asked] = provider.requests;
		expect(asked?.instructions).toMatch(/^You analyse grid puzzles\. /);
		expect(asked?.schema?.name).toBe('analysis');
		expect(asked?.input).toBe(
			'# Training\n## Pair 1\nInput:\n1 2\nOutput:\n2 1\n## Pair 2\nInput:\n3 0\nOutput:\n0 3\n# Test\n## Input 1\n4 5'
		);
	});

	test('TS-05 a wrong grid is scored cell by cell, and one whose answer is not known has no score', async () => {
		const wrong = JSON.stringify({ ...answer, predictions: [[[5, 5]]] });
		expect((await run(told(wrong))).snapshot.result?.score).toBe(0.5);
		const unknown = { ...puzzle, test: [{ input: [[4, 5]] }] };
		expect((await run(told(wrong), { puzzle: unknown })).snapshot.result?.score).toBeNull();
	});

	test('TS-05 a field that is named twice counts as it stands last, and the page shows that', async () => {
		const twice =
			'{"pattern":"First.","hints":["a","b","c"],"pattern":"Last.","strategy":"s","hints":["d"],"predictions":[[[1,1],[2,2]]],"predictions":[[[5,4]]],"confidence":400}';
		const { snapshot } = await run(told(twice));
		expect(snapshot.result).toMatchObject({ pattern: 'Last.', hints: ['d'], prediction: [[[5, 4]]], confidence: 100 });
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
		expect(snapshot.notices).toMatchObject([{ code: 'confidence_changed' }]);
	});

	test('TS-05 a confidence in words alone, or none at all, costs nothing of an answer: it is null, and the words are told', async () => {
		const { confidence: _, ...unsure } = answer;
		const inWords = await run(told(JSON.stringify({ ...unsure, confidence: 'very high' })));
		const { snapshot } = inWords;
		expect(snapshot).toMatchObject({
			status: 'succeeded',
			result: { prediction: [[[5, 4]]], confidence: null, score: 1 }
		});
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
		expect(snapshot.state.confidence?.note).toContain('“very high”');
		expect(snapshot.notices.map(({ message }) => message)).toEqual([snapshot.state.confidence?.note]);

		const { snapshot: silent } = await run(told(JSON.stringify(unsure)));
		expect(silent).toMatchObject({ status: 'succeeded', result: { confidence: null, score: 1 }, notices: [] });
		expect(silent.state.confidence).toBeNull();

		// Said twice, the last counts, on the page too.
		const twice = await run(told(JSON.stringify(answer).replace(/}$/, ',"confidence":null}')));
		expect(twice.snapshot).toMatchObject({ result: { confidence: null }, state: { confidence: { percent: null } } });
	});

	test('TS-05 the provider’s last word replaces what the stream said, in the fields too', async () => {
		const other = { ...answer, pattern: 'Another.' };
		const { snapshot } = await run([created(0), write(1, JSON.stringify(answer)), over(2, JSON.stringify(other))]);
		expect(snapshot.content.answer).toBe(JSON.stringify(other));
		expect(previewOf(snapshot).pattern).toBe('Another.');
	});

	test('OP-06 TS-03 without streaming the same fields are there', async () => {
		const { snapshot } = await run([created(0), over(1)], { puzzle }, { stream: false });
		expect(snapshot.status).toBe('succeeded');
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
	});

	test('TS-04 broken JSON keeps the fields that parsed and the raw text, and ends with a sentence', async () => {
		const broken = '{"pattern":"Mirrored.","strategy":"Turn it.","hints":["Look.",oops]}';
		const { snapshot } = await run(told(broken));
		expect(snapshot).toMatchObject({ status: 'failed', error: { code: 'provider_error' }, result: null });
		expect(snapshot.error?.message).toMatch(
			/no whole analysis: its JSON is not whole, or there is none\. What could be read of it is kept/
		);
		expect(snapshot.content.answer).toBe(broken);
		expect(previewOf(snapshot)).toMatchObject({ pattern: 'Mirrored.', strategy: 'Turn it.', hints: ['Look.'] });
	});

	test('TS-04 one that parses but has no grid for a test fails with what is missing', async () => {
		const { snapshot } = await run(told(JSON.stringify({ ...answer, predictions: [] })));
		expect(snapshot.error?.message).toContain('it predicts 0 grids for 1 test inputs');
		expect(snapshot.state.pattern?.text).toBe('Mirrored.');
	});

	test('TS-04 one that was cut at the length limit says so and keeps what came', async () => {
		const cut = JSON.stringify(answer).slice(0, 60);
		const end = outcome('incomplete', { text: cut, incompleteReason: 'max_output_tokens' });
		const { snapshot } = await run([created(0), write(1, cut), providerEnded(2, end)]);
		expect(snapshot.error).toMatchObject({ code: 'incomplete', message: expect.stringContaining('length limit') });
		expect(snapshot.state.pattern?.text).toBe('Mirrored.');
	});

	test('TS-02 a model that declines says so in its own words', async () => {
		const { snapshot } = await run([
			created(0),
			{ cursor: 1, type: 'refusal', text: 'No.' },
			providerEnded(2, outcome('completed', { refusal: 'No.' }))
		]);
		expect(snapshot.error).toMatchObject({ code: 'refused', message: 'The model declined: No.' });
	});

	test.each([
		[{}, 'puzzle', /Give either/],
		[{ puzzle, puzzleId: 'mirror' }, 'puzzle', /Give either/],
		[{ puzzleId: 'nowhere' }, 'puzzleId', /no puzzle of this id/],
		[{ puzzle: { train: [], test: puzzle.test } }, 'puzzle.train', /at least one training pair/],
		[{ puzzle: { test: puzzle.test } }, 'puzzle.train', /needs `train`/],
		[
			{ puzzle: { train: puzzle.train, test: [{ input: [[1, 2], [3]] }] } },
			'puzzle.test.0.input.1',
			/Row 2 has 1 cell and/
		],
		[{ puzzle: { train: puzzle.train, test: [{ input: [[10]] }] } }, 'puzzle.test.0.input.0.0', /from 0 to 9/],
		[{ puzzle: { train: [{ input: [[1]] }], test: puzzle.test } }, 'puzzle.train.0.output', /^This grid is missing\.$/],
		[
			{ puzzle: { train: puzzle.train, test: [{ input: '1 2' }] } },
			'puzzle.test.0.input',
			/^A grid is a list of rows\.$/
		],
		[{ puzzle: 'mirror' }, 'puzzle', /^A puzzle is an object with `train` and `test`\.$/],
		[{ puzzle: { ...puzzle, name: 'x' } }, 'puzzle', /: take out “name”\.$/],
		[
			{ puzzle: { train: puzzle.train, test: [{ input: Array(31).fill([1]) }] } },
			'puzzle.test.0.input',
			/at most 30 rows/
		],
		[
			{ puzzle: { train: puzzle.train, test: [{ input: [Array(31).fill(1)] }] } },
			'puzzle.test.0.input.0',
			/at most 30 cells/
		]
	])('TS-03 the input %j is refused at its field %s, and nothing runs', async (input, field, says) => {
		const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(analysis) });
		const error = await start(app, 'analysis', input).catch((refused: unknown) => refused);
		expect(error).toMatchObject({ code: 'invalid_input' });
		const { fields } = error as { fields: { path: string; message: string }[] };
		expect(fields).toContainEqual({ path: `input.${field}`, message: expect.stringMatching(says) });
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	});

	test('BY-01 taken up again after a restart it goes on in the middle of a field, nothing twice', async () => {
		const dataDir = temporaryFolder();
		const text = JSON.stringify(answer);
		const first = new FakeProvider([created(0), think(1, 'Hmm. I s'), write(2, text.slice(0, 40)), 'silence']);
		const before = await makeApp({ provider: first, dataDir, runs: runsOf(analysis) });
		const { id } = await start(before, 'analysis', { puzzle });
		await until(before, id, ({ content }) => content.answer?.length === 40);
		await before.close();
		const rest: Step[] = [write(3, text.slice(40)), over(4)];
		const again = new FakeProvider([], rest);
		const app = await makeApp({ provider: again, dataDir, runs: runsOf(analysis) });
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(snapshot.status).toBe('succeeded');
		expect(again.count('create')).toBe(0);
		const types = (await allEvents(app, id)).map(({ type }) => type);
		expect(types.filter((type) => type === 'pattern')).toHaveLength(1);
		expect(types).not.toContain('restarted');
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
	});
});

/** Plays one script for the request that thinks, another for the one that answers. */
class Finishing extends FakeProvider {
	readonly writer: FakeProvider;

	constructor(thinking: readonly Step[], writing: readonly Step[] = told()) {
		super(thinking);
		this.writer = new FakeProvider(writing);
	}

	override create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		if (!String(request.input).includes('# Reasoning so far')) return super.create(request, signal);
		this.calls.push('create finish');
		return this.writer.create(request, signal);
	}
}

describe('finish now', () => {
	test('BY-06 ends the thinking at the provider and answers from the reasoning so far, bounded', async () => {
		const provider = new Finishing([created(0), think(1, '# It looks\n# mirrored'), 'silence']);
		const app = await makeApp({ provider, runs: runsOf(analysis) });
		const { id } = await start(app, 'analysis', { puzzle });
		await until(app, id, ({ content }) => content.reasoning?.endsWith('mirrored') ?? false);
		const quote = await app.jobs.finishQuote('local', id);
		await app.jobs.finish('local', id);
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(provider.calls).toEqual(['create', 'cancel', 'create finish']);
		const [asked] = provider.writer.requests;
		expect(String(asked?.input)).toMatch(/# Test\n## Input 1\n4 5\n# Reasoning so far\n # It looks\n # mirrored$/);
		expect(asked).toMatchObject({ maxOutputTokens: quote.outputTokens, effort: 'low', schema: { name: 'analysis' } });
		expect(snapshot).toMatchObject({
			...{ status: 'succeeded', cost: { usd: 0.04, known: true } },
			...{ state: { early: { reasoning: 21 } }, result: { score: 1 } }
		});
		expect(snapshot.notices).toMatchObject([{ code: 'finished_early' }]);
	});

	test('BY-06 TS-08 what is thought after it stands apart, and belongs to the answer and not to a phase that is over', async () => {
		const gate = new Gate();
		const [begun, ...rest] = told();
		const thought = 'I answer now. '.repeat(1_000);
		const provider = new Finishing(
			[created(0), think(1, 'It looks mir'), 'silence'],
			[begun!, think(1, thought), () => gate.passed, ...rest.slice(1)]
		);
		const app = await makeApp({ provider, runs: runsOf(analysis) });
		const { id } = await start(app, 'analysis', { puzzle });
		await until(app, id, ({ content }) => content.reasoning?.endsWith('mir') ?? false);
		await app.jobs.finish('local', id);
		const writing = await until(app, id, ({ content }) => content.reasoning?.endsWith(thought) ?? false);
		expect(writing).toMatchObject({ phase: 'writing', activity: 'Answering from the reasoning so far' });
		expect(writing.content.reasoning).toBe(`It looks mir\n\n${thought}`);
		expect(writing.progress.fraction).toBeLessThan(0.6);
		gate.open();
		expect((await ended(app, id)).status).toBe('succeeded');
	});

	test('BY-06 is refused with a sentence before anything was thought, and while the answer is being written', async () => {
		const gates = [new Gate(), new Gate()];
		const provider = new FakeProvider([
			...[created(0), () => gates[0]!.passed, think(1, 'Hmm.'), write(2, '{"pattern":'), () => gates[1]!.passed],
			...[write(3, JSON.stringify(answer).slice(11)), over(4)]
		]);
		const app = await makeApp({ provider, runs: runsOf(analysis) });
		const { id } = await start(app, 'analysis', { puzzle });
		await until(app, id, ({ responseId }) => responseId !== null);
		await expect(app.jobs.finish('local', id)).rejects.toThrow('Nothing was thought yet');
		gates[0]!.open();
		await until(app, id, ({ content }) => content.answer !== undefined);
		await expect(app.jobs.finish('local', id)).rejects.toThrow('being written already');
		gates[1]!.open();
		expect((await ended(app, id)).status).toBe('succeeded');
		expect(provider.calls).toEqual(['create']);
	});
});

describe('cancel', () => {
	test('CX-04 CX-05 in the middle of the reasoning ends within 2 s and keeps what came', async () => {
		const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '2' } });
		const { id } = await start(app, 'analysis', { puzzleId: 'mirror' });
		await until(app, id, ({ content }) => (content.reasoning?.length ?? 0) > 40);
		await app.jobs.cancel('local', id);
		const { status, receipt, content } = await ended(app, id);
		expect(status).toBe('cancelled');
		expect(receipt!.stoppedAt - receipt!.requestedAt).toBeLessThan(2_000);
		expect(receipt!.kept).toEqual([expect.stringMatching(/^\d+ characters of reasoning$/)]);
		expect(content.reasoning?.length).toBeGreaterThan(40);
	});
});

describe('at the demo', () => {
	test('TS-03 TS-05 a puzzle that its rules solve is explained and right, its rows told one by one', async () => {
		const app = await makeApp();
		const { id } = await start(app, 'analysis', { puzzleId: 'mirror' });
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(snapshot).toMatchObject({ title: 'In the mirror', status: 'succeeded', result: { score: 1 } });
		expect(snapshot.result?.pattern).toMatch(/mirrored from left to right/);
		expect(snapshot.result?.confidence).toBeGreaterThan(70);
		expect(snapshot.content.reasoning).toMatch(/Looking at the pairs[^]*Checking/);
		const rows = (await allEvents(app, id)).filter(({ type }) => type === 'row');
		expect(rows).toHaveLength(shippedPuzzle('mirror')!.puzzle.test[0]!.output!.length);
		expect(previewOf(snapshot)).toEqual({ ...snapshot.result, score: undefined });
	});

	test('TS-05 one that they do not solve is said to be unsolved, with little confidence, and its input given back', async () => {
		const app = await makeApp();
		const { id } = await start(app, 'analysis', { puzzleId: 'bars' });
		const snapshot = (await ended(app, id)) as Snapshot;
		const [asked] = shippedPuzzle('bars')!.puzzle.test;
		expect(snapshot.result).toMatchObject({ prediction: [asked!.input], score: 0 });
		expect(snapshot.result?.pattern).toMatch(/^None of the rules/);
		expect(snapshot.result?.confidence).toBeLessThan(10);
	});

	test(
		'TS-05 of the puzzles that ship it solves some and not all, and is sure of none that it gets wrong',
		{ timeout: 120_000 },
		async () => {
			const app = await makeApp({ env: { HEADWAY_DEMO_PACE: '1000' } });
			const results = [];
			for (const { id: puzzleId, level, puzzle: shipped } of shippedPuzzles()) {
				const { id } = await start(app, 'analysis', { puzzleId });
				const { result } = (await ended(app, id)) as Snapshot;
				expect(result?.score, puzzleId).toBe(scoreOf(result?.prediction ?? [], shipped));
				results.push({ puzzleId, level, solved: result?.score === 1, confidence: result?.confidence ?? 0 });
			}
			const solved = results.filter((each) => each.solved);
			console.info(`analysis at the demo: ${solved.length} of ${results.length} solved`);
			expect(solved.length).toBeGreaterThan(10);
			expect(solved.length).toBeLessThan(results.length);
			expect(results.filter((each) => !each.solved && each.confidence > 50)).toEqual([]);
			const guide = await readFile(join(root, 'docs/puzzles.md'), 'utf8');
			const hardest = solved.filter(({ level }) => level === 5).length;
			expect(guide.replaceAll(/\s+/g, ' ')).toContain(
				`it solves ${solved.length} of ${results.length}, and ${hardest || 'none'} of level 5.`
			);
		}
	);
});
