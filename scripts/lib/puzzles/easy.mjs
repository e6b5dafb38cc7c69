import {
	above,
	beside,
	counts,
	crop,
	enlarge,
	fallDown,
	fillEnclosed,
	flip,
	halfTurn,
	map,
	mirror,
	outlined,
	recolour,
	repeat,
	transpose,
	turnLeft,
	turnRight
} from './grids.mjs';
import { anySize, blob, blobs, noise, placed, ring, scatter } from './scenes.mjs';

/** A move of the whole grid. */
const move = (id, title, rule, [low, high] = [3, 7]) => ({
	...{ id, title, level: 1, pairs: 3 },
	draw: (random) => {
		const colours = random.colours(4);
		return { rule, input: () => scatter(random, anySize(random, low, high), colours, 0.7) };
	}
});

/** Each colour of the first list becomes the one at its place in the second. */
const swap = (id, title, count, rest) => ({
	...{ id, title, level: 1, pairs: 3 },
	draw: (random) => {
		const from = random.colours(count);
		const to = count === 2 ? from.toReversed() : random.colours(count, from);
		const colours = Object.fromEntries(from.map((colour, index) => [colour, to[index]]));
		const others = random.colours(rest, [...from, ...to]);
		const every = [...from, ...others, 0];
		return {
			rule: (grid) => recolour(grid, colours),
			input: () => noise(random, anySize(random, 4, 8), every),
			accepts: (grid) => every.every((colour) => grid.flat().includes(colour))
		};
	}
});

/** A rule on noise with background, level 2. */
const shaped = (id, title, rule, { low = 2, high = 5, share = 0.75 } = {}) => ({
	...{ id, title, level: 2, pairs: 3 },
	draw: (random) => {
		const colours = random.colours(4);
		return { rule, input: () => scatter(random, anySize(random, low, high), colours, share) };
	}
});

export const moves = [
	move('quarter-turn', 'Quarter turn', turnRight),
	move('turn-back', 'Turned back', turnLeft),
	move('half-turn', 'Upside down', halfTurn),
	move('mirror', 'In the mirror', mirror),
	move('lake', 'In the lake', flip),
	move('corner-to-corner', 'Over the corner', transpose),
	move('large-turn', 'A large turn', turnRight, [12, 18]),
	move('large-mirror', 'A large mirror', mirror, [24, 30]),
	swap('two-swap', 'Two change places', 2, 2),
	swap('three-dress', 'Three in other clothes', 3, 1),
	swap('one-painted', 'One is painted', 1, 3),
	{
		...{ id: 'one-cell', title: 'From one cell', level: 1, pairs: 4 },
		draw: (random) => ({ rule: (grid) => enlarge(grid, 3), input: () => noise(random, [1, 1], [1, 2, 3, 4, 5, 6, 7]) })
	}
];

export const parts = [
	{
		...{ id: 'cut-out', title: 'Cut out', level: 2, pairs: 3 },
		draw: (random) => ({
			rule: crop,
			input: () => {
				const shape = { colour: random.between(1, 9), cells: blob(random, random.between(4, 9)) };
				return placed(random, anySize(random, 7, 12), [shape]);
			}
		})
	},
	shaped('twice-across', 'Twice across', (grid) => repeat(grid, 1, 2)),
	shaped('four-times', 'Four times', (grid) => repeat(grid, 2, 2)),
	shaped('nine-times', 'Nine times', (grid) => repeat(grid, 3, 3), { low: 2, high: 4 }),
	shaped('twice-as-large', 'Twice as large', (grid) => enlarge(grid, 2)),
	shaped('three-times-as-large', 'Three times as large', (grid) => enlarge(grid, 3), { low: 2, high: 4 }),
	shaped('with-its-mirror', 'With its mirror', (grid) => beside(grid, mirror(grid))),
	shaped('with-its-reflection', 'With its reflection', (grid) => above(grid, flip(grid))),
	shaped('falling', 'Everything falls', fallDown, { low: 5, high: 9, share: 0.35 }),
	shaped('round-the-edge', 'Round the edge', (grid) => [grid.at(-1), ...grid.slice(0, -1)], { low: 4, high: 7 }),
	{
		...{ id: 'pools', title: 'Pools', level: 2, pairs: 3 },
		draw: (random) => {
			const [wall, water] = random.colours(2);
			return { rule: (grid) => fillEnclosed(grid, water), input: () => rings(random, wall) };
		}
	},
	{
		...{ id: 'halo', title: 'Halo', level: 2, pairs: 3 },
		draw: (random) => {
			const [light, ...colours] = random.colours(4);
			return {
				rule: (grid) => outlined(grid, light),
				input: () => blobs(random, anySize(random, 9, 12), [1, random.between(2, 4)], random.shuffled(colours))
			};
		}
	},
	{
		...{ id: 'most-of-all', title: 'Most of all', level: 2, pairs: 4 },
		draw: (random) => ({
			rule: (grid) => map(grid, () => counts(grid)[0][0]),
			input: () => noise(random, anySize(random, 3, 6), random.colours(3)),
			accepts: (grid) => isClear(counts(grid))
		})
	},
	{
		...{ id: 'the-commonest-stays', title: 'The commonest stays', level: 2, pairs: 3 },
		draw: (random) => ({
			rule: (grid) => map(grid, (colour) => (colour === counts(grid)[0][0] ? colour : 0)),
			input: () => scatter(random, anySize(random, 4, 7), random.colours(3), 0.7),
			accepts: (grid) => isClear(counts(grid))
		})
	}
];

/** Some closed rings and one that has a gap, so that not every ring is a pool. */
function rings(random, colour) {
	const shapes = [0, 1].map(() => ({ colour, cells: ring(random.between(3, 5), random.between(3, 5)) }));
	const open = ring(4, 4).filter(([y, x]) => y !== 0 || x !== 1);
	return placed(random, anySize(random, 10, 15), [...shapes, { colour, cells: open }]);
}

/** One colour has more cells than any other. */
const isClear = ([first, second]) => first !== undefined && (second === undefined || first[1] > second[1]);
