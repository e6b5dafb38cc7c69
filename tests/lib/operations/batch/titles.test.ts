import { describe, expect, test } from 'vitest';
import { partsOf } from '$lib/operations/batch/model.ts';
import { resultsCsv } from '$lib/operations/batch/results.ts';
import { numbersOf, titleOfPart } from '$lib/operations/batch/titles.ts';

const puzzle = { train: [{ input: [[1]], output: [[2]] }], test: [{ input: [[3]] }, { input: [[4]] }] };

describe('what a part is called before it has a job', () => {
	test.each([
		['a puzzle that ships by its title', { model: 'm1', puzzleId: 'mirror' }, 'In the mirror'],
		['a puzzle of one’s own by what it has', { model: 'm1', puzzle }, 'Puzzle of 1 pair and 2 tests'],
		['one that its operation would refuse by its first text', { puzzleId: 'no such puzzle' }, 'no such puzzle'],
		['one that says nothing by its place', {}, 'Part 1']
	])('OP-08 it is called as its job will be: %s', (_, input, title) => {
		const [part] = partsOf({ operation: 'analysis', inputs: [input] });
		expect(titleOfPart(part!)).toBe(title);
	});

	test('OP-08 a question comes before how it is asked, in whichever order they were given', () => {
		const [part] = partsOf({ operation: 'research', input: { depth: 'quick' }, vary: { query: ['Why is it so?'] } });
		expect(titleOfPart(part!)).toBe('Why is it so?');
	});

	test('OP-08 the results name a part that was not started as its job would have been', () => {
		const planned = partsOf({ operation: 'analysis', inputs: [{ puzzleId: 'mirror' }, { puzzleId: 'lake' }] });
		const [, first] = resultsCsv(planned, []).split('\r\n');
		expect(first).toMatch(/^1,In the mirror,mirror,not started,/);
	});

	test('OP-08 different puzzles that are called alike are numbered, and one on two models is not', () => {
		const alike = 'Puzzle of 1 pair and 1 test';
		expect(numbersOf([alike, alike, alike, 'Halo'], ['a', 'b', 'a', 'c'])).toEqual(['(1)', '(2)', '(1)', '']);
		expect(numbersOf(['Halo', 'Halo'], ['c', 'c'])).toEqual(['', '']);
	});
});
