import {
	ACROSS,
	DIAGONAL,
	DOWN,
	above,
	at,
	beside,
	blank,
	cellsOf,
	connected,
	counts,
	crop,
	fallLeft,
	flip,
	largest,
	map,
	mirror,
	neighbours,
	objects,
	only,
	painted,
	rays,
	size,
	smallest,
	transpose
} from './grids.mjs';
import { anySize, block, blobs, placed, scatter, symmetric, wallpaper } from './scenes.mjs';

/** A rule on a scene; `scene` draws an input. */
const puzzle = (id, title, level, { scene, rule, accepts, pairs = 3, setup = () => undefined }) => ({
	...{ id, title, level, pairs },
	draw: (random) => {
		const drawn = setup(random);
		return {
			rule: (grid) => rule(grid, drawn),
			input: () => scene(random, drawn),
			...(accepts ? { accepts: (grid) => accepts(grid, drawn) } : {})
		};
	}
});

const someBlobs = (counts) => (random) => blobs(random, anySize(random, 9, 13), counts, random.colours(counts.length));
const ofOneColour = (counts) => (random, colour) => blobs(random, anySize(random, 9, 13), counts, [colour]);
const seeds =
	(least, most) =>
	(random, colours = random.colours(3)) => {
		const [height, width] = anySize(random, 7, 11);
		const rows = random.shuffled([...Array(height).keys()]).slice(0, random.between(least, most));
		const columns = random.shuffled([...Array(width).keys()]);
		return rows.reduce(
			(grid, y, index) => painted(grid, [[y, columns[index]]], random.pick(colours)),
			blank(height, width)
		);
	};
const blocks = (random, colours) =>
	placed(
		random,
		anySize(random, 10, 15),
		[0, 1, 2].map(() => ({ colour: random.pick(colours), cells: block(random.between(3, 6), random.between(3, 5)) }))
	);
const inner = (grid, [y, x]) =>
	[-1, 0, 1].every((dy) => [-1, 0, 1].every((dx) => (at(grid, y + dy, x + dx) ?? 0) !== 0));
const sizes = (grid) => objects(grid).map(({ cells }) => cells.length);
const areDifferent = (list) => new Set(list).size === list.length && list.length > 1;

export const structure = [
	puzzle('blown-left', 'Blown to the left', 3, {
		scene: (random) => scatter(random, anySize(random, 5, 9), random.colours(4), 0.35),
		rule: fallLeft
	}),
	puzzle('kaleidoscope', 'Kaleidoscope', 3, {
		scene: (random) => scatter(random, anySize(random, 3, 5), random.colours(3), 0.7),
		rule: (grid) => above(beside(grid, mirror(grid)), flip(beside(grid, mirror(grid))))
	}),
	puzzle('full-rows', 'Rows to the edge', 3, { scene: seeds(2, 4), rule: (grid) => rays(grid, ACROSS) }),
	puzzle('crosses', 'Crosses', 3, { scene: seeds(1, 1), pairs: 4, rule: (grid) => rays(grid, [...ACROSS, ...DOWN]) }),
	puzzle('diagonals', 'Diagonals', 3, { scene: seeds(1, 1), pairs: 4, rule: (grid) => rays(grid, DIAGONAL) }),
	puzzle('joined', 'Joined', 3, {
		scene: (random) => {
			const grid = seeds(2, 3)(random);
			return cellsOf(grid).reduce(
				(drawn, [y, x]) => painted(drawn, [[y, (x + random.between(2, 5)) % grid[0].length]], grid[y][x]),
				grid
			);
		},
		rule: connected
	}),
	puzzle('largest-stays', 'The largest stays', 3, {
		scene: someBlobs([3, 5, 8]),
		accepts: (grid) => areDifferent(sizes(grid)),
		rule: (grid) => only(grid, largest(grid))
	}),
	puzzle('hollow', 'Hollow blocks', 3, {
		scene: (random) => blocks(random, random.colours(2)),
		rule: (grid) => map(grid, (colour, y, x) => (inner(grid, [y, x]) ? 0 : colour))
	}),
	puzzle('filled-inside', 'Another inside', 3, {
		setup: (random) => random.colours(3),
		scene: (random, [, ...walls]) => blocks(random, walls),
		rule: (grid, [filling]) => map(grid, (colour, y, x) => (inner(grid, [y, x]) ? filling : colour))
	})
];

const isSymmetric = (grid) => JSON.stringify(grid) === JSON.stringify(mirror(grid));

export const reasoning = [
	puzzle('other-half', 'The other half', 4, {
		scene: (random) => {
			const half = scatter(random, [random.between(4, 8), random.between(2, 5)], random.colours(3), 0.6);
			return beside(half, blank(...size(half)));
		},
		rule: (grid) => map(grid, (colour, y, x) => colour || grid[y][grid[y].length - 1 - x])
	}),
	puzzle('torn-carpet', 'A torn carpet', 4, {
		scene: (random) => torn(random, symmetric(random, [8, 8], random.colours(4)), 5),
		accepts: (grid) => !isSymmetric(grid),
		rule: (grid) => fourFold(grid)
	}),
	puzzle('torn-wall', 'A torn wall', 4, {
		...{ pairs: 2 },
		scene: (random) => torn(random, wallpaper(random, [30, 30], [random.between(3, 5), 4], random.colours(4)), 9),
		rule: (grid) => periodic(grid)
	}),
	puzzle('tally', 'Tally', 4, {
		setup: (random) => random.pick(random.colours(1)),
		...{ scene: (random, colour) => ofOneColour(someSizes(random))(random, colour), pairs: 4 },
		rule: (grid, colour) => [Array(objects(grid).length).fill(colour)],
		accepts: (grid) => objects(grid).length > 0
	}),
	puzzle('bars', 'Bars', 4, {
		scene: (random) => scatter(random, [random.between(4, 6), random.between(4, 6)], random.colours(3), 0.7),
		accepts: (grid) => areDifferent(counts(grid).map(([, count]) => count)),
		rule: (grid) => {
			const found = counts(grid);
			return found.map(([colour, count]) => [...Array(count).fill(colour), ...Array(found[0][1] - count).fill(0)]);
		}
	}),
	puzzle('in-order', 'In order of height', 4, {
		scene: (random) => {
			const [colour] = random.colours(1);
			const heights = random.shuffled([1, 2, 3, 4, 5, 6, 7]).slice(0, random.between(4, 7));
			return columns(heights, colour, 8);
		},
		rule: (grid) => transpose(transpose(grid).toSorted((a, b) => filled(a) - filled(b)))
	}),
	puzzle('own-pattern', 'Its own pattern', 4, {
		scene: (random) => scatter(random, [3, 3], random.colours(2), 0.55),
		accepts: (grid) => filled(grid.flat()) > 1,
		rule: (grid) => map(blank(9, 9), (_, y, x) => (grid[Math.floor(y / 3)][Math.floor(x / 3)] ? grid[y % 3][x % 3] : 0))
	}),
	puzzle('large-and-small', 'Large and small', 4, {
		setup: (random) => random.colours(3),
		scene: (random, [plain]) => ofOneColour([2, 4, 7])(random, plain),
		accepts: (grid) => areDifferent(sizes(grid)),
		rule: (grid, [, large, small]) => painted(painted(grid, largest(grid).cells, large), smallest(grid).cells, small)
	}),
	puzzle('smallest-cut-out', 'The smallest, cut out', 4, {
		scene: someBlobs([4, 6, 9]),
		accepts: (grid) => areDifferent(sizes(grid)),
		rule: (grid) => crop(only(grid, smallest(grid)))
	}),
	puzzle('in-both', 'In both halves', 4, {
		setup: (random) => random.colours(3),
		scene: (random, [colour, divider]) => halves(random, colour, divider),
		rule: (grid, [, , both]) => joinHalves(grid, (a, b) => (a && b ? both : 0))
	}),
	puzzle('in-one', 'In one half only', 4, {
		setup: (random) => random.colours(3),
		scene: (random, [colour, divider]) => halves(random, colour, divider),
		rule: (grid, [, , one]) => joinHalves(grid, (a, b) => (Boolean(a) !== Boolean(b) ? one : 0))
	}),
	puzzle('neighbours', 'How many beside', 4, {
		setup: (random) => random.colours(2),
		scene: (random, [colour]) => scatter(random, anySize(random, 4, 7), [colour], 0.5),
		rule: (grid, [, lonely]) =>
			map(grid, (colour, y, x) =>
				colour && neighbours([y, x]).every(([row, column]) => !at(grid, row, column)) ? lonely : colour
			),
		accepts: (grid) => filled(grid.flat()) > 3
	})
];

const filled = (line) => line.filter((colour) => colour !== 0).length;
const someSizes = (random) => [2, 3, 4, 2, 3].slice(0, random.between(2, 5));

function columns(heights, colour, tall) {
	return map(blank(tall, heights.length), (_, y, x) => (y >= tall - heights[x] ? colour : 0));
}

function torn(random, grid, side) {
	const [height, width] = size(grid);
	const top = random.between(0, Math.floor(height / 2) - side);
	const left = random.between(1, width - side - 1);
	return painted(
		grid,
		block(side - 1, side).map(([y, x]) => [y + top, x + left]),
		0
	);
}

function fourFold(grid) {
	const images = [mirror(grid), flip(grid), flip(mirror(grid))];
	return map(grid, (colour, y, x) => colour || images.map((image) => image[y][x]).find(Boolean) || 0);
}

/** Goes on with the smallest tile that agrees with everything that is there. */
function periodic(grid) {
	for (let area = 1; area <= 49; area++)
		for (let tall = 1; tall <= 7; tall++) {
			if (area % tall || area / tall > 7) continue;
			const tile = tileOf(grid, tall, area / tall);
			if (tile) return map(grid, (_, y, x) => tile[y % tall][x % (area / tall)]);
		}
	throw new Error('There is no tile.');
}

function tileOf(grid, tall, wide) {
	const tile = blank(tall, wide);
	for (const [y, x] of cellsOf(grid)) {
		tile[y % tall][x % wide] ||= grid[y][x];
		if (tile[y % tall][x % wide] !== grid[y][x]) return null;
	}
	return tile.flat().includes(0) ? null : tile;
}

function halves(random, colour, divider) {
	const side = [random.between(3, 5), random.between(3, 5)];
	const [left, right] = [0, 1].map(() => scatter(random, side, [colour], 0.55));
	return left.map((row, y) => [...row, divider, ...right[y]]);
}

export function joinHalves(grid, cell) {
	const middle = (grid[0].length - 1) / 2;
	return grid.map((row) => row.slice(0, middle).map((colour, x) => cell(colour, row[middle + 1 + x])));
}

export { puzzle, someBlobs, seeds, sizes, areDifferent, halves, columns, filled, ofOneColour };
