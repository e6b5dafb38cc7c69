import { agreed, outputColours, rule, type Kind } from './rule.ts';
import { GROUND, PARTS, TRANSPOSE } from './texts.ts';

/** Lines go out from coloured cells. */
export const lines: Kind = () => [
	rule('each coloured cell becomes a line across its row', 'return grid.map(spread);', SPREAD),
	rule(
		'each coloured cell becomes a line down its column',
		'return transpose(transpose(grid).map(spread));',
		TRANSPOSE,
		SPREAD
	),
	rule(
		'each coloured cell becomes a line across its row and a line down its column',
		`const across = grid.map(spread);
const down = transpose(transpose(grid).map(spread));
return grid.map((row, y) => row.map((cell, x) => cell || across[y][x] || down[y][x]));`,
		TRANSPOSE,
		SPREAD
	),
	...SHOTS.map(([where, dy, dx]) =>
		rule(
			`each coloured cell draws a line ${where} up to the edge`,
			`const lit = grid.map((row) => [...row]);
grid.forEach((row, y) => row.forEach((cell, x) => {
	if (cell === 0) return;
	for (let step = 1; grid[y + step * ${dy}]?.[x + step * ${dx}] === 0; step++) lit[y + step * ${dy}][x + step * ${dx}] = cell;
}));
return lit;`
		)
	)
];

const SHOTS: [string, number, number][] = [
	['down', 1, 0],
	['up', -1, 0],
	['to the right', 0, 1],
	['to the left', 0, -1]
];

const SPREAD = `function spread(line) {
	const colour = line.find((cell) => cell !== 0);
	return colour === undefined ? line : line.map((cell) => cell || colour);
}`;

/** Cells of one colour in a row or a column are connected. */
export const connecting: Kind = (pairs) => [
	rule('cells of one colour in a row or a column are connected', connected('line[from]'), TRANSPOSE, JOIN),
	...outputColours(pairs)
		.filter((colour) => colour !== 0)
		.map((colour) =>
			rule(
				`cells of one colour in a row or a column are connected by ${colour}`,
				connected(`${colour}`),
				TRANSPOSE,
				JOIN
			)
		)
];

const JOIN = `function join(line, colourOf) {
	const joined = [...line];
	let from = -1;
	line.forEach((cell, at) => {
		if (cell === 0) return;
		if (from >= 0 && line[from] === cell) joined.fill(colourOf(line, from), from + 1, at);
		from = at;
	});
	return joined;
}`;

function connected(colour: string): string {
	return `const colourOf = (line, from) => ${colour};
const across = grid.map((row) => join(row, colourOf));
const down = transpose(transpose(grid).map((column) => join(column, colourOf)));
return grid.map((row, y) => row.map((cell, x) => cell || across[y][x] || down[y][x]));`;
}

const HALVES: [string, string][] = [
	['left and right', 'grid[y][width - 1 - x]'],
	['top and bottom', 'grid[height - 1 - y][x]'],
	[
		'left and right and top and bottom',
		'grid[y][width - 1 - x] || grid[height - 1 - y][x] || grid[height - 1 - y][width - 1 - x]'
	],
	['the two sides of its main diagonal', '(grid[x]?.[y] ?? 0)']
];

/** What is missing of a symmetric picture, or of a pattern that repeats, is drawn. */
export const completing: Kind = (pairs) => [
	...HALVES.map(([sides, cell]) =>
		rule(
			`the picture is completed so that ${sides} mirror each other`,
			`const [height, width] = [grid.length, grid[0].length];\nreturn grid.map((row, y) => row.map((cell, x) => cell || ${cell}));`
		)
	),
	...[2, 3, 4, 5].map((period) =>
		rule(
			`a pattern that repeats after ${period} rows and ${period} columns is completed`,
			`const near = (y, x) => grid.flatMap((row, i) => row.filter((cell, j) => cell !== 0 && (i - y) % ${period} === 0 && (j - x) % ${period} === 0));
return grid.map((row, y) => row.map((cell, x) => cell || (near(y, x)[0] ?? 0)));`
		)
	),
	...[agreed(pairs, ({ output }) => output.length)]
		.filter((height) => height !== null)
		.map((height) =>
			rule(
				'the rows repeat downwards',
				`const rows = grid.filter((row) => row.some((cell) => cell !== 0));
return Array.from({ length: ${height} }, (_, y) => [...rows[y % rows.length]]);`
			)
		)
];

/** Only some parts stay, or they are coloured by their size. */
export const parting: Kind = (pairs) => [
	...['max', 'min'].flatMap((which) =>
		[true, false].map((oneColour) =>
			rule(
				`only the ${which === 'max' ? 'largest' : 'smallest'} ${oneColour ? 'part of one colour' : 'part'} stays`,
				`const ground = groundOf(grid);
const parts = partsOf(grid, ${oneColour}, false);
const wanted = Math.${which}(...parts.map((part) => part.length));
const kept = grid.map((row) => row.map(() => ground));
for (const part of parts) if (part.length === wanted) for (const [y, x, cell] of part) kept[y][x] = cell;
return kept;`,
				GROUND,
				PARTS
			)
		)
	),
	rule('single cells are taken away', alone(), GROUND, PARTS),
	...outputColours(pairs).flatMap((large) =>
		['max', 'min'].map((which) =>
			rule(
				`the ${which === 'max' ? 'largest' : 'smallest'} part becomes ${large}`,
				`const parts = partsOf(grid, false, false);
const wanted = Math.${which}(...parts.map((part) => part.length));
const painted = grid.map((row) => [...row]);
for (const part of parts) if (part.length === wanted) for (const [y, x] of part) painted[y][x] = ${large};
return painted;`,
				GROUND,
				PARTS
			)
		)
	)
];

function alone(): string {
	return `const kept = grid.map((row) => [...row]);
for (const part of partsOf(grid, true, false)) if (part.length === 1) kept[part[0][0]][part[0][1]] = groundOf(grid);
return kept;`;
}

/** Rows or columns are put in order. */
export const sorting: Kind = () => {
	const filled = '(line) => line.filter((cell) => cell !== 0).length';
	const orders: [string, string][] = [
		['the fewest coloured cells first', 'size(a) - size(b)'],
		['the most coloured cells first', 'size(b) - size(a)']
	];
	return orders.flatMap(([words, order]) => [
		rule(`the rows are sorted, ${words}`, `const size = ${filled};\nreturn [...grid].sort((a, b) => ${order});`),
		rule(
			`the columns are sorted, ${words}`,
			`const size = ${filled};\nreturn transpose(transpose(grid).sort((a, b) => ${order}));`,
			TRANSPOSE
		)
	]);
};
