import { outputColours, rule, type Kind, type Pair } from './rule.ts';
import { ENCLOSED, GROUND } from './texts.ts';

/** Each colour becomes another. */
export const recolouring: Kind = (pairs) => {
	const map = colourMap(pairs);
	if (!map) return [];
	const changes = [...map].filter(([from, to]) => from !== to).sort(([a], [b]) => a - b);
	if (changes.length === 0) return [];
	const words = changes.map(([from, to]) => `${from} becomes ${to}`).join(', ');
	const table = changes.map(([from, to]) => `${from}: ${to}`).join(', ');
	return [
		rule(
			`colours change: ${words}`,
			`const colours = { ${table} };\nreturn grid.map((row) => row.map((cell) => colours[cell] ?? cell));`
		)
	];
};

function colourMap(pairs: readonly Pair[]): Map<number, number> | null {
	const map = new Map<number, number>();
	for (const { input, output } of pairs)
		for (const [y, row] of input.entries())
			for (const [x, cell] of row.entries()) {
				const to = output[y]?.[x];
				if (to === undefined || (map.get(cell) ?? to) !== to) return null;
				map.set(cell, to);
			}
	return map;
}

/** Ground becomes coloured because of what is around it. */
export const filling: Kind = (pairs) =>
	outputColours(pairs).flatMap((colour) => [
		rule(
			`ground that is enclosed is filled with ${colour}`,
			`const inside = enclosed(grid);\nreturn grid.map((row, y) => row.map((cell, x) => (inside[y][x] ? ${colour} : cell)));`,
			GROUND,
			ENCLOSED
		),
		rule(`a line of ${colour} is drawn around what is coloured, corners included`, outlined(colour, true), GROUND),
		rule(`a line of ${colour} is drawn beside what is coloured, without corners`, outlined(colour, false), GROUND),
		rule(`the edge of the grid becomes ${colour}`, edged(colour)),
		rule(
			`the grid gets a frame of ${colour}`,
			`const line = new Array(grid[0].length + 2).fill(${colour});\nreturn [line, ...grid.map((row) => [${colour}, ...row, ${colour}]), [...line]];`
		),
		rule(
			`all ground becomes ${colour}`,
			`const ground = groundOf(grid);\nreturn grid.map((row) => row.map((cell) => (cell === ground ? ${colour} : cell)));`,
			GROUND
		),
		rule(
			`all that is coloured becomes ${colour}`,
			`const ground = groundOf(grid);\nreturn grid.map((row) => row.map((cell) => (cell === ground ? cell : ${colour})));`,
			GROUND
		)
	]);

function outlined(colour: number, corners: boolean): string {
	const near = corners
		? '[-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx]))'
		: '[[-1, 0], [1, 0], [0, -1], [0, 1]]';
	return `const ground = groundOf(grid);
const near = ${near};
const coloured = (y, x) => (grid[y]?.[x] ?? ground) !== ground;
return grid.map((row, y) => row.map((cell, x) =>
	cell === ground && near.some(([dy, dx]) => coloured(y + dy, x + dx)) ? ${colour} : cell
));`;
}

function edged(colour: number): string {
	return `const edge = (y, x) => y === 0 || x === 0 || y === grid.length - 1 || x === grid[0].length - 1;
return grid.map((row, y) => row.map((cell, x) => (edge(y, x) ? ${colour} : cell)));`;
}

/** What is inside is taken out: only lines around it stay. */
export const hollowing: Kind = (pairs) =>
	[0, ...outputColours(pairs).filter((colour) => colour !== 0)].map((colour) =>
		rule(
			colour === 0 ? 'the inside of what is coloured is emptied' : `the inside of what is coloured becomes ${colour}`,
			`const ground = groundOf(grid);
const coloured = (y, x) => (grid[y]?.[x] ?? ground) !== ground;
const inside = (y, x) => coloured(y - 1, x) && coloured(y + 1, x) && coloured(y, x - 1) && coloured(y, x + 1);
return grid.map((row, y) => row.map((cell, x) => (cell !== ground && inside(y, x) ? ${colour} : cell)));`,
			GROUND
		)
	);

/** Only one colour stays, or one goes. */
export const keeping: Kind = (pairs) => {
	const colours = [...new Set(pairs.flatMap(({ input }) => input.flat()))].filter((cell) => cell !== 0).sort();
	const most = (which: 'max' | 'min') => `const counts = new Map();
for (const cell of grid.flat()) if (cell !== 0) counts.set(cell, (counts.get(cell) ?? 0) + 1);
const wanted = Math.${which}(...counts.values());
return grid.map((row) => row.map((cell) => (counts.get(cell) === wanted ? cell : 0)));`;
	return [
		rule('only the most frequent colour stays', most('max')),
		rule('only the rarest colour stays', most('min')),
		...colours.flatMap((colour) => [
			rule(`only ${colour} stays`, `return grid.map((row) => row.map((cell) => (cell === ${colour} ? cell : 0)));`),
			rule(`${colour} is taken away`, `return grid.map((row) => row.map((cell) => (cell === ${colour} ? 0 : cell)));`)
		])
	];
};
