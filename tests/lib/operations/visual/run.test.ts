import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { visual, type VisualResult, type VisualState } from '$lib/operations/visual/model.ts';
import { answerIn } from '$lib/operations/visual/predictions.ts';
import run from '$lib/operations/visual/run.server.ts';
import { shippedPuzzles } from '$lib/puzzles/shipped.server.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, runsOf, start, temporaryFolder, until } from '../../../support/app.ts';
import { serveRoutes } from '../../../support/route-server.ts';
import { ReplyingProvider } from '../solver/replying-provider.ts';

type Snapshot = JobSnapshot<VisualState, VisualResult>;

const puzzle = {
	train: [
		{ input: [[1, 2]], output: [[2, 1]] },
		{ input: [[3, 0]], output: [[0, 3]] }
	],
	test: [{ input: [[4, 5]], output: [[5, 4]] }]
};
const told = ['- The two cells change places.\n# Not a heading', '1. Mirrored.', 'Mirrored holds for both.'] as const;
const answer = '{"predictions": [[[5, 4]]]}';

async function seen(provider: ReplyingProvider, input: object = { puzzle }) {
	const app = await makeApp({ provider, runs: runsOf(run) });
	const { id } = await start(app, 'visual', input);
	return { app, id, snapshot: (await ended(app, id)) as Snapshot, provider };
}

async function pictureAt(app: App, url: string): Promise<PNG> {
	const answered = await fetch(`${await serveRoutes(app)}${url}`);
	expect(answered.headers.get('content-type')).toBe('image/png');
	return PNG.sync.read(Buffer.from(await answered.arrayBuffer()));
}

describe('a visual solver', () => {
	test('TS-07 looks, hypothesizes, tests and answers, each step kept, the prediction scored', async () => {
		const { snapshot } = await seen(new ReplyingProvider(...told, answer));
		expect(snapshot).toMatchObject({ status: 'succeeded', error: null });
		expect(snapshot.phases.map(({ name, status }) => `${name} ${status}`)).toEqual([
			...['look done', 'hypothesize done', 'test done', 'answer done']
		]);
		expect(snapshot.result).toMatchObject({ prediction: [[[5, 4]]], score: 1, confidence: null, pattern: told[1] });
		expect(snapshot.result!.steps.map(({ name, text }) => [name, text])).toEqual([
			['look', told[0]],
			['hypothesize', told[1]],
			['test', told[2]],
			['answer', answer]
		]);
		expect(snapshot.content).toEqual({ look: told[0], hypothesize: told[1], test: told[2], answer });
		expect(visual.result.safeParse(snapshot.result).success).toBe(true);
	});

	test('TS-07 the pictures of the pairs and tests are kept with the job, and are what the model is given beside the grids', async () => {
		const { app, snapshot, provider } = await seen(new ReplyingProvider(...told, answer));
		expect(snapshot.state.pictures.map(({ name }) => name)).toEqual(['pair-1.png', 'pair-2.png', 'test-1.png']);
		expect(snapshot.artifacts.map(({ name }) => name)).toEqual(['pair-1.png', 'pair-2.png', 'test-1.png']);
		const [shown] = snapshot.state.pictures;
		const picture = await pictureAt(app, shown!.url);
		expect([picture.width, picture.height]).toEqual([shown!.width, shown!.height]);
		for (const request of [1, 2, 3, 4]) {
			const { images = [], text } = provider.message(request);
			expect(images.map(({ mediaType }) => mediaType)).toEqual(['image/png', 'image/png', 'image/png']);
			expect(PNG.sync.read(Buffer.from(images[0]!.bytes)).data.equals(picture.data)).toBe(true);
			expect(text).toContain('# Training\n## Pair 1\nInput:\n1 2\nOutput:\n2 1\n');
			expect(text).not.toContain('5 4');
		}
	});

	test('TS-07 each step finds what the ones before it said, and only the last asks for JSON', async () => {
		const { provider } = await seen(new ReplyingProvider(...told, answer));
		const headings = provider.asked.map((text) => [...text.matchAll(/^# (.+)$/gm)].map(([, name]) => name));
		expect(headings).toEqual([
			['Training', 'Test'],
			['Training', 'Test', 'Observations'],
			['Training', 'Test', 'Observations', 'Hypotheses'],
			['Training', 'Test', 'Observations', 'Hypotheses', 'Check']
		]);
		expect(provider.requests.map(({ schema }) => schema?.name ?? null)).toEqual([null, null, null, 'answer']);
		for (const { instructions } of provider.requests) expect(instructions).toMatch(/^You look at grid puzzles\./);
	});

	test('TS-04 an answer that is no grid fails with a sentence, and everything that was said is kept', async () => {
		const { snapshot } = await seen(new ReplyingProvider(...told, 'It is 5 4.'));
		expect(snapshot).toMatchObject({
			status: 'failed',
			error: { code: 'provider_error', message: expect.stringContaining('could not be read as grids') },
			content: { look: told[0], answer: 'It is 5 4.' }
		});
		expect(snapshot.artifacts).toHaveLength(3);
	});

	test('CX-15 a cancel in the middle of a step ends within 2 s and keeps the steps before', async () => {
		const provider = new ReplyingProvider(...told, answer);
		provider.hold(3);
		const app = await makeApp({ provider, runs: runsOf(run) });
		const { id } = await start(app, 'visual', { puzzle });
		await until(app, id, ({ content }) => 'test' in content);
		const begun = performance.now();
		await app.jobs.cancel('local', id);
		const snapshot = (await ended(app, id)) as Snapshot;
		expect(performance.now() - begun).toBeLessThan(2_000);
		expect(snapshot.receipt!.kept).toEqual(expect.arrayContaining(['3 pictures', '2 finished steps']));
		expect(provider.cancelled).toEqual(['resp_3']);
	});

	test('RS-13 BY-01 after a restart it goes on with the step that was on its way', async () => {
		const provider = new ReplyingProvider(...told, answer);
		const gate = provider.hold(3);
		const dataDir = temporaryFolder();
		const first = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const { id } = await start(first, 'visual', { puzzle });
		await until(first, id, ({ content }) => 'test' in content);
		await first.close();
		gate.open();
		const second = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const snapshot = (await ended(second, id)) as Snapshot;
		expect(snapshot).toMatchObject({ status: 'succeeded', result: { score: 1 } });
		expect(provider.requests).toHaveLength(4);
		expect(snapshot.content.test).toBe(told[2]);
		expect(snapshot.result!.steps.map(({ name }) => name)).toEqual(['look', 'hypothesize', 'test', 'answer']);
	});

	test('TS-02 IR-02 what the model thinks before a step is asked for, and grows apart from its text', async () => {
		const thinking = { text: told[0], thoughts: ['**Sizes** They are the same.', 'A swap?'] };
		const { snapshot, provider } = await seen(new ReplyingProvider(thinking, told[1], told[2], answer));
		expect(provider.requests.map(({ summaries }) => summaries)).toEqual([true, true, true, true]);
		expect(snapshot.content['reasoning-look']).toBe('**Sizes** They are the same.\n\nA swap?');
		expect(snapshot.content.look).toBe(told[0]);
		expect(snapshot.result!.steps[0]!.text).toBe(told[0]);
		expect(provider.asked[1]).not.toContain('A swap?');
	});

	test('TS-02 RS-13 after a restart in the middle of a step its reasoning stands once', async () => {
		const thinking = { text: told[2], thoughts: ['Does it hold?', 'For both.'] };
		const provider = new ReplyingProvider(told[0], told[1], thinking, answer);
		const gate = provider.hold(3);
		const dataDir = temporaryFolder();
		const first = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const { id } = await start(first, 'visual', { puzzle });
		await until(first, id, ({ content }) => 'test' in content);
		await first.close();
		gate.open();
		const second = await makeApp({ provider, dataDir, runs: runsOf(run) });
		const { status, content } = await ended(second, id);
		expect(status).toBe('succeeded');
		expect(content['reasoning-test']).toBe('Does it hold?\n\nFor both.');
		expect(provider.requests).toHaveLength(4);
	});

	test('CX-05 what is kept of a stopped run counts its answers, and apart from them what was thought', async () => {
		const provider = new ReplyingProvider({ text: told[0], thoughts: ['A long thought.'] }, told[1], told[2], answer);
		provider.hold(2);
		const app = await makeApp({ provider, runs: runsOf(run) });
		const { id } = await start(app, 'visual', { puzzle });
		const { content } = await until(app, id, ({ content }) => 'hypothesize' in content);
		await app.jobs.cancel('local', id);
		const { receipt } = await ended(app, id);
		const letters = content.look!.length + content.hypothesize!.length;
		expect(receipt!.kept).toEqual(
			expect.arrayContaining([`${letters} characters of answers`, '15 characters of reasoning'])
		);
	});

	test('TS-07 BY-15 the demo says that it reads the numbers, and solves some', async () => {
		const app = await makeApp({ runs: runsOf(run) });
		const level = (wanted: number) => shippedPuzzles().find((each) => each.level === wanted)!.id;
		for (const [puzzleId, score] of [
			[level(1), true],
			[level(5), false]
		] as const) {
			const { id } = await start(app, 'visual', { puzzleId });
			const { result, content, state } = (await ended(app, id)) as Snapshot;
			expect(content.look).toContain('This demo has no eyes: it reads the numbers');
			expect(state.shipped!.id).toBe(puzzleId);
			expect(result!.score === 1).toBe(score);
		}
	});
});

const silent = { pattern: null, strategy: null, hints: [], confidence: null };

test.for([
	['a fence around it', '```json\n{"predictions": [[[1]]]}\n```', { grids: [[[1]]] }],
	[
		'words beside its grids',
		'{"pattern": "Swapped.", "strategy": 7, "hints": ["Two cells."], "predictions": [[[1]]], "confidence": 0.9}',
		{ grids: [[[1]]], pattern: 'Swapped.', hints: ['Two cells.'], confidence: 90 }
	],
	['words and no grids', '{"pattern": "Swapped."}', { problem: 'it has no list of `predictions`' }],
	[
		'one grid alone, its rows as text',
		'{"predictions": ["12", "3 4"]}',
		{
			grids: [
				[
					[1, 2],
					[3, 4]
				]
			]
		}
	],
	['its grids under the name of the result', '{"prediction": [[[1]]]}', { grids: [[[1]]] }],
	['a list and no object', '[1]', { problem: 'it has no list of `predictions`' }],
	['no JSON', 'none', { problem: 'it is no JSON' }],
	['JSON that breaks off', '{"predictions": [[[1]]}', { problem: 'it is no JSON' }],
	['too many grids', '{"predictions": [[[1]], [[2]]]}', { problem: 'it has 2 grids, and there are 1 tests' }],
	[
		'a colour that there is not',
		'{"predictions": [[[10]]]}',
		{ problem: expect.stringContaining('grid 1: A cell is a whole number from 0 to 9') }
	],
	['a ragged grid', '{"predictions": [[[1], [2, 3]]]}', { problem: expect.stringContaining('same length') }]
] as const)('TS-07 an answer with %s is read, or said to be wrong', ([, text, read]) => {
	expect(answerIn(text, 1)).toEqual('grids' in read ? { ...silent, ...read } : read);
});
