import { expect, test } from 'vitest';
import { confidenceOf } from '$lib/puzzles/confidence.ts';

test.each([
	[85, 85],
	[0.85, 85],
	[1, 100],
	[0, 0],
	[1.4, 1],
	[99.6, 100],
	['85 %', 85],
	['0.85', 85],
	['85', 85],
	['0,5', 50],
	['0.5%', 1],
	[' 70 / 100 ', 70],
	['12 percent', 12],
	['about 85% sure', 85],
	['I would say 0.7', 70],
	['9/10', 90],
	['4 out of 5', 80]
])('TS-05 a confidence of %j is %i percent', (said, percent) => {
	expect(confidenceOf(said)).toEqual({ percent, note: null });
});

test.each([
	[140, 100],
	[-3, 0],
	['250 %', 100]
])('TS-05 a confidence of %j is the nearest that there is, and that is said', (said, percent) => {
	const read = confidenceOf(said);
	expect(read.percent).toBe(percent);
	expect(read.note).toMatch(/The model said a confidence of -?\d+; shown is \d+/);
});

test.each([
	['very sure', 'very sure'],
	[' 3 of 5 or 6 pairs ', '3 of 5 or 6 pairs'],
	['85-90 %', '85-90 %'],
	['1/0', '1/0'],
	[{}, '{}'],
	[[85], '[85]'],
	[true, 'true']
])('TS-05 a confidence of %j is no number, and the note has what was said', (said, words) => {
	const note = `The model gave its confidence as “${words}”, not as a number.`;
	expect(confidenceOf(said)).toEqual({ percent: null, note });
});

test('TS-05 of a confidence in many words the note has the beginning', () => {
	expect(confidenceOf(`9${' and so on'.repeat(9)}`)).toEqual({
		percent: null,
		note: expect.stringMatching(/“9 and so on[^“”]{50,79}…”, not as a number\.$/) as string
	});
});

test.each([[null], [undefined], [''], [' '], [Number.NaN], [Number.POSITIVE_INFINITY]])(
	'TS-05 %j is no confidence',
	(said) => {
		expect(confidenceOf(said)).toEqual({ percent: null, note: null });
	}
);
