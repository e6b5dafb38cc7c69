import { expect, test } from 'vitest';
import { bestOf, type IterationState, type PairRun } from '$lib/operations/solver/iterations.ts';
import { programIn, wordsIn } from '$lib/operations/solver/program.ts';

test.for([
	['a block', 'Words.\n```js\nfunction solve(g) {}\n```\nMore.', 'function solve(g) {}'],
	['a block of another name', '```javascript\nconst solve = (g) => g;\n```', 'const solve = (g) => g;'],
	['a block without a name', '```\nfunction solve(g) {}\n```', 'function solve(g) {}'],
	[
		'the last of several',
		'```js\nfunction solve(g) { return 1; }\n```\nBetter:\n```js\nfunction solve(g) { return 2; }\n```',
		'function solve(g) { return 2; }'
	],
	[
		'the one with `solve`, though another is last',
		'```js\nfunction solve(g) {}\n```\nTry:\n```js\nsolved(1);\n```',
		'function solve(g) {}'
	],
	[
		'an example of its use behind it',
		'```js\nconst solve = (g) => g;\n```\nUse:\n```js\nconsole.log(solve([[1]]));\n```',
		'const solve = (g) => g;'
	],
	[
		'a drawing before it, in a block of its own',
		'```text\n1 0\n0 1\n```\nSo:\n```js\nfunction solve(g) {}\n```\n',
		'function solve(g) {}'
	],
	['lines that end as on Windows', 'So:\r\n```js\r\nfunction solve(g) {}\r\n```\r\n', 'function solve(g) {}\r'],
	[
		'a longer fence',
		'````js\nfunction solve(g) { return `\n```\n`; }\n````',
		'function solve(g) { return `\n```\n`; }'
	],
	['a block that is indented', '1. So:\n   ```js\n   function solve(g) {}\n   ```', '   function solve(g) {}'],
	[
		'a template text with backquotes',
		'```js\nfunction solve(g) { return `x`; }\n```',
		'function solve(g) { return `x`; }'
	],
	['no block', 'function solve(g) {}', null],
	['a block that was cut', 'So:\n```js\nfunction solve(g) {', null],
	['a block of another language', '```python\ndef solve(g): pass\n```', null],
	['an empty block', '```js\n\n```', null]
] as const)('TS-06 of an answer with %s the program is taken', ([, text, program]) => {
	expect(programIn(text)).toBe(program);
});

test('TS-06 what an answer says beside its code is its pattern, its strategy and its hints', () => {
	const text =
		'All is mirrored. Each row is\nturned round.\n- The size stays.\n2. Rows are read backwards. \n```js\n// No. Yes.\n- x;\n```\nDone.';
	expect(wordsIn(text)).toEqual({
		pattern: 'All is mirrored.',
		strategy: 'Each row is turned round. Done.',
		hints: ['The size stays.', 'Rows are read backwards.']
	});
	expect(wordsIn('```js\nx\n```')).toEqual({ pattern: null, strategy: null, hints: [] });
	expect(wordsIn('Mirrored')).toEqual({ pattern: 'Mirrored', strategy: null, hints: [] });
});

test('TS-06 the best program solves the most pairs, then has the most right cells, then came first', () => {
	const pair = (solved: boolean, right: number): PairRun => ({
		...{ pair: 0, output: [[1]], right, of: 9, solved, error: null, line: null, log: '', ms: 1 }
	});
	const iteration = (number: number, program: string | null, ...runs: PairRun[]): IterationState => ({
		...{ number, startedAt: 0, written: { at: 1, program, tokens: null }, ran: { at: 2, runs } }
	});
	const few = iteration(1, 'a', pair(true, 9), pair(false, 0));
	const many = iteration(2, 'b', pair(false, 8), pair(false, 8));
	const more = iteration(3, 'c', pair(true, 9), pair(false, 3));
	const again = iteration(4, 'd', pair(true, 9), pair(false, 3));
	expect(bestOf([few, many, more, again])?.number).toBe(3);
	expect(bestOf([many])?.program).toBe('b');
	expect(bestOf([iteration(1, null)])).toBeNull();
	expect(bestOf([{ ...few, ran: null }])).toBeNull();
});
