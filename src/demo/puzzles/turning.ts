import { rule, type Kind } from './rule.ts';
import { TRANSPOSE } from './texts.ts';

/** The grid as a whole is turned, mirrored or moved. */
export const turning: Kind = () => [
	rule('the grid is turned a quarter clockwise', 'return transpose(grid).map((row) => row.reverse());', TRANSPOSE),
	rule('the grid is turned a quarter anticlockwise', 'return transpose(grid).reverse();', TRANSPOSE),
	rule('the grid is turned by half', 'return grid.map((row) => [...row].reverse()).reverse();'),
	rule('the grid is mirrored from left to right', 'return grid.map((row) => [...row].reverse());'),
	rule('the grid is mirrored from top to bottom', 'return [...grid].reverse();'),
	rule('the grid is mirrored on its main diagonal: rows become columns', 'return transpose(grid);', TRANSPOSE),
	rule(
		'the grid is mirrored on its other diagonal',
		'return transpose(grid.map((row) => [...row].reverse()).reverse());',
		TRANSPOSE
	)
];

const MOVES: [string, number, number][] = [1, 2, 3].flatMap((by): [string, number, number][] => [
	['down', by, 0],
	['up', -by, 0],
	['to the right', 0, by],
	['to the left', 0, -by]
]);

/** All cells move by some places, and come back on the other side or not. */
export const moving: Kind = () =>
	MOVES.flatMap(([where, dy, dx]) => {
		const places = Math.abs(dy + dx) === 1 ? 'one place' : `${Math.abs(dy + dx)} places`;
		return [
			rule(`all cells move ${places} ${where}; what leaves is gone`, moved(dy, dx, '0')),
			rule(
				`all cells move ${places} ${where} and come back on the other side`,
				moved(dy, dx, 'grid.at((y - dy) % grid.length).at((x - dx) % row.length)')
			)
		];
	});

function moved(dy: number, dx: number, otherwise: string): string {
	return `const [dy, dx] = [${dy}, ${dx}];
return grid.map((row, y) => row.map((_, x) => grid[y - dy]?.[x - dx] ?? ${otherwise}));`;
}

const FALLS: [string, string][] = [
	['the bottom', 'return transpose(transpose(grid).map(fall));'],
	['the top', 'return transpose(transpose(grid).map((line) => fall([...line].reverse()).reverse()));'],
	['the right', 'return grid.map(fall);'],
	['the left', 'return grid.map((line) => fall([...line].reverse()).reverse());']
];
const FALL = `function fall(line) {
	const cells = line.filter((cell) => cell !== 0);
	return [...new Array(line.length - cells.length).fill(0), ...cells];
}`;

/** Coloured cells fall to one side. */
export const falling: Kind = () =>
	FALLS.map(([side, body]) =>
		rule(`the coloured cells fall to ${side}`, body, ...(body.includes('transpose') ? [TRANSPOSE] : []), FALL)
	);
