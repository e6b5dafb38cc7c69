import { describe, expect, test } from 'vitest';
import { batch, MOST_PARTS, partsOf, type BatchPart } from '$lib/operations/batch/model.ts';

const refusal = (input: unknown) =>
	batch.input.safeParse(input).error?.issues.map(({ path, message }) => [path.join('.'), message]);
const part = (key: string, facts: Partial<BatchPart> = {}): BatchPart => ({
	...{ key, jobId: `job_${key}`, title: key, status: 'queued', artifacts: [], error: null },
	...{ progress: { fraction: null, basis: 'unknown' }, score: null, elapsedMs: 0 },
	...{ cost: { usd: null, known: false } },
	...facts
});
const tick = (key: string, fraction: number) => ({
	...{ key, status: 'running' as const, cancelling: false, waitingFor: null },
	progress: { fraction, basis: 'estimated' as const }
});

describe('the input of a batch', () => {
	test.each([
		[{ operation: 'steps', inputs: [] }, 'inputs'],
		[{ operation: 'steps', inputs: Array.from({ length: MOST_PARTS + 1 }, () => ({})) }, 'inputs'],
		[{ operation: 'steps', inputs: ['text'] }, 'inputs.0'],
		[{ operation: 'batch', inputs: [{}] }, 'operation'],
		[{ operation: 'steps' }, 'inputs'],
		[{ operation: 'steps', input: {} }, 'inputs'],
		[{ operation: 'steps', inputs: [{}], vary: { a: [1] } }, 'inputs'],
		[{ operation: 'steps', input: {}, vary: {} }, 'vary'],
		[{ operation: 'steps', input: {}, vary: { a: [] } }, 'vary.a'],
		[{ operation: 'steps', inputs: [{}], options: { onDisconnect: 'cancel' } }, 'options']
	])('OP-08 %j is refused at its field', (input, path) => {
		expect(refusal(input)?.map(([where]) => where)).toContain(path);
	});

	test('OP-08 more combinations than a batch may have are refused with their number', () => {
		const fifteen = Array.from({ length: 15 }, (_, index) => index);
		expect(refusal({ operation: 'steps', input: {}, vary: { a: fifteen, b: fifteen } })).toEqual([
			['vary', 'These are 225 combinations; a batch has at most 200 parts.']
		]);
	});

	test('OP-08 a list makes its parts in order, and says where the field of each stands', () => {
		const parts = partsOf({ operation: 'steps', inputs: [{ name: 'a' }, { name: 'b' }] });
		expect(parts.map(({ key, input }) => [key, input])).toEqual([
			['1', { name: 'a' }],
			['2', { name: 'b' }]
		]);
		expect([parts[1]?.at('name'), parts[1]?.at('')]).toEqual(['inputs.1.name', 'inputs.1']);
	});

	test('OP-08 what varies makes a part of every combination, over what they share', () => {
		const parts = partsOf({ operation: 'steps', input: { name: 'x', n: 0 }, vary: { n: [1, 2], m: ['p', 'q'] } });
		expect(parts.map(({ input }) => input)).toEqual([
			{ name: 'x', n: 1, m: 'p' },
			{ name: 'x', n: 1, m: 'q' },
			{ name: 'x', n: 2, m: 'p' },
			{ name: 'x', n: 2, m: 'q' }
		]);
		expect([parts[0]?.at('n'), parts[0]?.at('name')]).toEqual(['vary.n', 'input.name']);
	});

	test('OP-08 its title tells how many of what, what the first is called, and how many others there are', () => {
		const inputs = [{ query: 'a' }, { query: 'b' }];
		const asked = { operation: 'research', inputs };
		expect(batch.titleOf(asked, [' How do\ntides work? ', 'And winds?'])).toBe(
			'2 × research: How do tides work? and 1 more'
		);
		const vary = { puzzleId: ['mirror', 'lake', 'halo'], model: ['m1', 'm2'] };
		const titles = ['In the mirror', 'In the lake', 'Halo'].flatMap((title) => [title, title]);
		expect(batch.titleOf({ operation: 'analysis', input: {}, vary }, titles)).toBe(
			'6 × analysis: In the mirror and 2 more'
		);
		expect(batch.titleOf(asked)).toBe('2 × research');
		expect(batch.titleOf(asked, ['x'.repeat(80), 'y'])).toMatch(/x… and 1 more$/);
		expect(batch.titleOf({ operation: 'image', inputs: [{}] }, ['x'.repeat(80)])).toHaveLength(80);
	});
});

describe('the state of a batch', () => {
	const told = (state: ReturnType<typeof batch.state>, data: BatchPart, at = 1) =>
		batch.reduce(state, { type: 'part', data, at });

	test('OP-08 parts stand in the order of the input, in whichever order they are told', () => {
		const state = ['10', '2', '1'].reduce((sum, key) => told(sum, part(key)), batch.state());
		expect(state.parts.map(({ key }) => key)).toEqual(['1', '2', '10']);
	});

	test('OP-08 PG-07 a late tick does not move a part that has ended', () => {
		const running = told(batch.state(), part('1'));
		const moved = batch.reduce(running, { type: 'parts', data: { parts: [tick('1', 0.4)] }, at: 2 });
		expect(moved.parts).toMatchObject([{ status: 'running', progress: { fraction: 0.4 } }]);
		const ended = told(moved, part('1', { status: 'succeeded', progress: { fraction: 1, basis: 'measured' } }), 3);
		expect(batch.reduce(ended, { type: 'parts', data: { parts: [tick('1', 0.9)] }, at: 4 })).toEqual(ended);
	});

	test('CX-05 what a stopped batch leaves is counted', () => {
		const one = told(batch.state(), part('1', { status: 'succeeded' }));
		expect(batch.keptOf?.(batch.state(), {})).toEqual([]);
		expect(batch.keptOf?.(one, {})).toEqual(['1 finished part']);
		expect(batch.keptOf?.(told(one, part('2', { status: 'succeeded' })), {})).toEqual(['2 finished parts']);
	});
});
