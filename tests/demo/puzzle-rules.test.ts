import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nearestRules, ruleOf, rulesOf, solveByRules, type Grid, type Pair } from '../../src/demo/puzzles/rules.ts';
import puzzles from '../../src/lib/puzzles/shipped.json' with { type: 'json' };

const docs = readFileSync(new URL('../../docs/solvers.md', import.meta.url), 'utf8');

const pair = (input: Grid, output: Grid): Pair => ({ input, output });
const one: Grid = [
	[1, 2, 0],
	[0, 3, 0]
];

test.for<[string, Grid, Grid, RegExp]>([
	[
		'turned',
		one,
		[
			[0, 1],
			[3, 2],
			[0, 0]
		],
		/quarter clockwise/
	],
	[
		'mirrored',
		one,
		[
			[0, 2, 1],
			[0, 3, 0]
		],
		/mirrored from left to right/
	],
	[
		'recoloured',
		one,
		[
			[5, 2, 0],
			[0, 3, 0]
		],
		/1 becomes 5/
	],
	[
		'cut out',
		[
			[0, 0, 0],
			[0, 4, 0],
			[0, 0, 0]
		],
		[[4]],
		/cut to what is coloured/
	],
	[
		'repeated',
		[[1, 2]],
		[
			[1, 2, 1, 2],
			[1, 2, 1, 2]
		],
		/repeated 2 times down and 2 times across/
	],
	[
		'made larger',
		[[1, 2]],
		[
			[1, 1, 2, 2],
			[1, 1, 2, 2]
		],
		/each cell becomes 2 by 2/
	],
	[
		'dropped',
		[
			[1, 0],
			[0, 2],
			[0, 0]
		],
		[
			[0, 0],
			[0, 0],
			[1, 2]
		],
		/fall to the bottom/
	],
	[
		'filled',
		[
			[1, 1, 1, 0],
			[1, 0, 1, 0],
			[1, 1, 1, 0]
		],
		[
			[1, 1, 1, 0],
			[1, 4, 1, 0],
			[1, 1, 1, 0]
		],
		/filled with 4/
	],
	['connected', [[3, 0, 0, 3, 0]], [[3, 3, 3, 3, 0]], /connected/],
	[
		'counted',
		[
			[7, 0, 7],
			[0, 0, 0],
			[0, 7, 0]
		],
		[[2, 2, 2]],
		/one cell of 2 for each/
	],
	[
		'completed',
		[
			[1, 2, 0, 0],
			[3, 0, 0, 3]
		],
		[
			[1, 2, 2, 1],
			[3, 0, 0, 3]
		],
		/left and right mirror each other/
	],
	[
		'thinned out',
		[
			[2, 2, 0],
			[0, 0, 0],
			[1, 0, 2]
		],
		[
			[2, 2, 0],
			[0, 0, 0],
			[0, 0, 0]
		],
		/largest part of one colour stays/
	]
])('TS-06 a grid that is %s is explained by a rule, whose program does what it says', ([, input, output, words]) => {
	const found = solveByRules([pair(input, output)], [input]);
	expect(found?.rule).toMatch(words);
	expect(found?.outputs).toEqual([output]);
	expect(found?.program).toContain('function solve(grid)');
});

test('TS-06 a rule has to be right on every pair, and none is made up', () => {
	const symmetric = pair([[1]], [[1]]);
	const mirrored = pair(
		[
			[1, 2],
			[3, 4]
		],
		[
			[2, 1],
			[4, 3]
		]
	);
	expect(ruleOf([symmetric])).not.toBeNull();
	expect(ruleOf([symmetric, mirrored])?.rule).not.toBe(ruleOf([symmetric])?.rule);
	expect(rulesOf([mirrored]).length).toBeGreaterThanOrEqual(1);
	expect(
		solveByRules(
			[
				pair(
					[[1, 2, 3]],
					[
						[9, 9],
						[1, 7]
					]
				)
			],
			[[[1]]]
		)
	).toBeNull();
	expect(solveByRules([pair([[1]], [[2]]), pair([[1]], [[3]])], [[[1]]])).toBeNull();
});

test('TS-06 a rule that is right on the pairs and gives no grid for a test is not taken', () => {
	const found = solveByRules(
		[pair([[1, 0]], [[1, 0, 1, 0, 1, 0, 1, 0]])],
		[Array.from({ length: 30 }, () => new Array<number>(30).fill(1))]
	);
	expect(found).toBeNull();
});

describe('on the puzzles that ship', () => {
	const solved = puzzles.filter(({ puzzle: { train, test: tests } }) => {
		const found = solveByRules(
			train,
			tests.map(({ input }) => input)
		);
		return (
			found !== null &&
			tests.every(({ output }, index) => JSON.stringify(output) === JSON.stringify(found.outputs[index]))
		);
	});

	test('TS-06 as many are solved as the documentation says', () => {
		const said = /ships? it\s+solves (\d+) of (\d+)/.exec(docs.replace(/\s+/g, ' '));
		expect(said?.slice(1).map(Number)).toEqual([solved.length, puzzles.length]);
	});

	test('TS-06 the rules solve some and not all, fewer at each higher level', () => {
		const shareOf = (level: number) =>
			solved.filter((puzzle) => puzzle.level === level).length /
			puzzles.filter((puzzle) => puzzle.level === level).length;
		expect(shareOf(1)).toBe(1);
		expect(shareOf(5)).toBeLessThan(0.3);
		expect(shareOf(3)).toBeGreaterThan(shareOf(5));
		expect(solved.length).toBeGreaterThan(puzzles.length / 3);
		expect(solved.length).toBeLessThan(puzzles.length);
	});
});

test('TS-06 a program that many pairs suggest is run once on each of them', () => {
	/** How often the input of a pair is looked at, where so many pairs are alike. */
	const looksOf = (count: number) => {
		let looks = 0;
		const train = Array.from({ length: count }, () => ({
			get input() {
				looks += 1;
				return one;
			},
			output: [[3, 2, 1]]
		}));
		nearestRules(train);
		return looks / count;
	};
	expect(looksOf(8)).toBeLessThan(2 * looksOf(1));
});
