import { agreed, rule, type Kind } from './rule.ts';
import { BOX, CUT, GROUND, PARTS } from './texts.ts';

/** The output repeats the input, or shows each cell larger or smaller. */
export const repeating: Kind = (pairs) => {
	const down = agreed(pairs, ({ input, output }) => output.length / input.length);
	const across = agreed(pairs, ({ input, output }) => (output[0]?.length ?? 0) / (input[0]?.length ?? 1));
	if (!down || !across || down * across === 1) return [];
	const counts = `const [down, across] = [${down}, ${across}];`;
	const build = (cell: string) => `${counts}
const [height, width] = [grid.length, grid[0].length];
return Array.from({ length: height * down }, (_, y) => Array.from({ length: width * across }, (_, x) => ${cell}));`;
	const flip = (at: string, side: string) =>
		`(Math.floor(${at} / ${side}) % 2 === 0 ? ${at} % ${side} : ${side} - 1 - (${at} % ${side}))`;
	return [
		rule(`the grid is repeated ${down} times down and ${across} times across`, build('grid[y % height][x % width]')),
		rule(
			`the grid is repeated ${down} times down and ${across} times across, each second one mirrored`,
			build(`grid[${flip('y', 'height')}][${flip('x', 'width')}]`)
		),
		rule(`each cell becomes ${down} by ${across} cells`, build('grid[Math.floor(y / down)][Math.floor(x / across)]')),
		rule(
			'each coloured cell becomes a copy of the grid, each empty one empty',
			build('grid[Math.floor(y / height)]?.[Math.floor(x / width)] ? grid[y % height][x % width] : 0')
		)
	];
};

/** The output is a part of the input. */
export const cropping: Kind = (pairs) => {
	const down = agreed(pairs, ({ input, output }) => input.length / output.length);
	const across = agreed(pairs, ({ input, output }) => (input[0]?.length ?? 0) / (output[0]?.length ?? 1));
	return [
		rule(
			'the grid is cut to what is coloured',
			`const ground = groundOf(grid);
const cells = grid.flatMap((row, y) => row.map((cell, x) => [y, x, cell])).filter(([, , cell]) => cell !== ground);
return cut(grid, boxOf(cells));`,
			GROUND,
			BOX,
			CUT
		),
		rule('the outermost cells are cut off', 'return grid.slice(1, -1).map((row) => row.slice(1, -1));'),
		rule('rows and columns that repeat the one before are left out', ONCE),
		...(down && across && down * across > 1 ? shares(down, across) : []),
		...['largest', 'smallest'].flatMap((which) => [cutPart(which, true), cutPart(which, false)])
	];
};

const ONCE = `const rows = grid.filter((row, y) => y === 0 || row.join() !== grid[y - 1].join());
const fresh = (x) => x === 0 || rows.some((row) => row[x] !== row[x - 1]);
return rows.map((row) => row.filter((_, x) => fresh(x)));`;

function shares(down: number, across: number) {
	const size = `const [height, width] = [grid.length / ${down}, grid[0].length / ${across}];`;
	const share = (y: string, x: string) =>
		`${size}\nreturn grid.slice(${y}, ${y} + height).map((row) => row.slice(${x}, ${x} + width));`;
	return [
		rule('only the first part of the grid is left', share('0', '0')),
		rule('only the last part of the grid is left', share('grid.length - height', 'grid[0].length - width')),
		rule(
			`each ${down} by ${across} cells become one`,
			`return grid.filter((_, y) => y % ${down} === 0).map((row) => row.filter((_, x) => x % ${across} === 0));`
		)
	];
}

function cutPart(which: string, oneColour: boolean) {
	const order = which === 'largest' ? 'b.length - a.length' : 'a.length - b.length';
	return rule(
		`the ${which} ${oneColour ? 'part of one colour' : 'part'} is cut out`,
		`const [part] = partsOf(grid, ${oneColour}, true).sort((a, b) => ${order});\nreturn cut(grid, boxOf(part));`,
		GROUND,
		PARTS,
		BOX,
		CUT
	);
}

/** The output says how many there are of something, or which colour is the most or the least frequent. */
export const counting: Kind = (pairs) => {
	const colours = [...new Set(pairs.flatMap(({ output }) => output.flat()))].filter((cell) => cell !== 0);
	const extreme = (which: string, end: string) =>
		rule(
			`the answer is the ${which} colour`,
			`const counts = new Map();
for (const cell of grid.flat()) if (cell !== 0) counts.set(cell, (counts.get(cell) ?? 0) + 1);
return [[[...counts].sort((a, b) => b[1] - a[1]).at(${end})[0]]];`
		);
	return [
		extreme('most frequent', '0'),
		extreme('rarest', '-1'),
		rule('the answer is the number of coloured cells', 'return [[grid.flat().filter((cell) => cell !== 0).length]];'),
		rule('the answer is the number of parts', 'return [[partsOf(grid, true, false).length]];', GROUND, PARTS),
		rule('the answer is the number of colours', 'return [[new Set(grid.flat().filter((cell) => cell !== 0)).size]];'),
		...colours.flatMap((colour) => [
			rule(
				`there is one cell of ${colour} for each part`,
				`return [partsOf(grid, true, false).map(() => ${colour})];`,
				GROUND,
				PARTS
			),
			rule(
				`there is one cell of ${colour} for each coloured cell`,
				`return [grid.flat().filter((cell) => cell !== 0).map(() => ${colour})];`
			)
		])
	];
};
