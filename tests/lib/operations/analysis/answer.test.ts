import { expect, test } from 'vitest';
import { readAnswer } from '$lib/operations/analysis/answer.ts';

const whole = { pattern: 'p', strategy: 's', hints: ['h'], predictions: [[[1, 2]]], confidence: 80 };

test('TS-05 a whole answer is taken, its grids under the name that the result has', () => {
	const answer = { pattern: 'p', strategy: 's', hints: ['h'], prediction: [[[1, 2]]], confidence: 80 };
	expect(readAnswer(whole, 1)).toEqual({ ok: true, answer });
	expect(readAnswer({ ...whole, predictions: [[1, 2]] }, 1)).toEqual({ ok: true, answer });
	expect(readAnswer({ ...whole, confidence: '0.8', predictions: [['12']] }, 1)).toEqual({ ok: true, answer });
});

test('TS-05 an answer that is whole but for its confidence is taken, without one', () => {
	for (const confidence of ['very high', null, undefined, {}])
		expect(readAnswer({ ...whole, confidence }, 1)).toMatchObject({ ok: true, answer: { confidence: null } });
});

test.each([
	['text', undefined, 'its JSON is not whole, or there is none'],
	['a list', [], 'its JSON is not whole, or there is none'],
	['no pattern', { ...whole, pattern: undefined }, '`pattern`: missing'],
	['hints that are none', { ...whole, hints: 'h' }, '`hints`: missing, or of another kind'],
	['no grid', { ...whole, predictions: undefined }, '`predictions`: missing'],
	['too few grids', { ...whole, predictions: [] }, 'it predicts 0 grids for 1 test inputs'],
	[
		'a colour out of range',
		{ ...whole, predictions: [[[1, 10]]] },
		'`predictions` (at 1, 1, 2): A cell is a whole number from 0 to 9'
	],
	['ragged rows', { ...whole, predictions: [[[1, 2], [1]]] }, 'all rows need the same length'],
	['31 rows', { ...whole, predictions: [Array(31).fill([1])] }, 'A grid has at most 30 rows'],
	['101 hints', { ...whole, hints: Array(101).fill('h') }, '`hints`: there are more than 100']
])('TS-04 an answer with %s is none, and it is said why', (_, value, problem) => {
	const reading = readAnswer(value, 1);
	expect(reading.ok).toBe(false);
	expect(reading.ok || reading.problem).toContain(problem);
	// It stands in a sentence that ends behind it.
	expect(reading.ok || reading.problem).not.toMatch(/\.$/);
});
