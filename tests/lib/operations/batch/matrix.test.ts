import { describe, expect, test } from 'vitest';
import { variantsOf } from '$lib/operations/batch/fields.ts';
import { matrixOf } from '$lib/operations/batch/matrix.ts';
import { partsOf, type BatchInput } from '$lib/operations/batch/model.ts';

const inputsOf = (asked: Omit<BatchInput, 'operation'>) =>
	partsOf({ operation: 'analysis', ...asked }).map(({ input }) => input);

describe('the matrix of a batch', () => {
	test('OP-08 what the parts are about makes the rows, and where they run the columns, in whichever order they vary', () => {
		const vary = { model: ['m1', 'm2'], puzzleId: ['a', 'b', 'c'] };
		expect(matrixOf(inputsOf({ input: {}, vary }), 'puzzleId')).toEqual({
			...{ rowField: 'puzzleId', columnFields: ['model'], columns: ['m1', 'm2'] },
			rows: [
				{ value: 'a', cells: [0, 3] },
				{ value: 'b', cells: [1, 4] },
				{ value: 'c', cells: [2, 5] }
			]
		});
	});

	test('OP-08 a model never makes the rows where anything else varies, however many there are', () => {
		const vary = { model: ['m1', 'm2', 'm3'], size: ['s1', 's2'] };
		expect(matrixOf(inputsOf({ input: {}, vary }), 'prompt')).toMatchObject({ rowField: 'size', columns: vary.model });
	});

	test('OP-08 of several things beside the rows each combination is a column, and what was not given is the usual', () => {
		const vary = { puzzleId: ['a', 'b'], model: ['m1', 'm2'], provider: ['p'] };
		const inputs = inputsOf({ input: {}, vary }).map(({ provider, ...rest }) =>
			rest.model === 'm2' ? { ...rest, provider } : rest
		);
		expect(matrixOf(inputs, 'puzzleId')).toMatchObject({
			...{ columnFields: ['model', 'provider'], columns: ['m1, usual', 'm2, p'] }
		});
	});

	test('OP-08 parts that were asked for again are a matrix with holes', () => {
		const inputs = [
			{ puzzleId: 'a', model: 'm1' },
			{ puzzleId: 'b', model: 'm1' },
			{ puzzleId: 'b', model: 'm2' }
		];
		expect(matrixOf(inputs, 'puzzleId')?.rows).toEqual([
			{ value: 'a', cells: [0, null] },
			{ value: 'b', cells: [1, 2] }
		]);
	});

	test('OP-08 puzzles of one’s own make the rows as those that ship do, and both may stand in one matrix', () => {
		const own = (cell: number) => ({ train: [{ input: [[cell]], output: [[1]] }], test: [{ input: [[2]] }] });
		const subjects = [{ puzzleId: 'a' }, { puzzle: own(1) }, { puzzle: own(2) }];
		const inputs = subjects.flatMap((one) => ['m1', 'm2'].map((model) => ({ ...one, model })));
		const matrix = matrixOf(inputs, 'puzzleId');
		expect(matrix).toMatchObject({ rowField: 'puzzleId', columnFields: ['model'], columns: ['m1', 'm2'] });
		expect(matrix?.rows.map(({ cells }) => cells)).toEqual([
			[0, 1],
			[2, 3],
			[4, 5]
		]);
		expect(variantsOf(inputs, 'puzzleId')).toEqual(['m1', 'm2', 'm1', 'm2', 'm1', 'm2']);
	});

	test.each([
		['one thing varies', inputsOf({ input: { puzzleId: 'a' }, vary: { model: ['m1', 'm2'] } })],
		['nothing varies', [{ puzzleId: 'a' }, { puzzleId: 'a' }]],
		[
			'two parts would stand in one cell',
			[...inputsOf({ input: {}, vary: { puzzleId: ['a', 'b'], model: ['m', 'n'] } }), { puzzleId: 'a', model: 'm' }]
		],
		[
			'most cells would be empty',
			Array.from({ length: 5 }, (_, index) => ({ puzzleId: `${index}`, model: `m${index}` }))
		]
	])('OP-08 there is none where %s', (_, inputs) => {
		expect(matrixOf(inputs, 'puzzleId')).toBeNull();
	});
});
