import {
	ACROSS,
	DOWN,
	above,
	beside,
	blank,
	connected,
	counts,
	crop,
	enlarge,
	fallDown,
	fillEnclosed,
	flip,
	halfTurn,
	largest,
	map,
	mirror,
	objects,
	only,
	outlined,
	painted,
	rays,
	recolour,
	transpose,
	turnRight
} from './grids.mjs';
import {
	areDifferent,
	columns,
	filled,
	halves,
	joinHalves,
	ofOneColour,
	puzzle,
	seeds,
	sizes,
	someBlobs
} from './middle.mjs';
import { anySize, noise, placed, ring, scatter } from './scenes.mjs';

const hard = (id, title, facts) => puzzle(id, title, 5, { pairs: 4, ...facts });
const noisy = (share) => (random) => scatter(random, anySize(random, 4, 7), random.colours(3), share);

/** Two rules, one after the other, or one that asks for a decision. */
export const combined = [
	hard('turned-and-painted', 'Turned and painted', {
		setup: (random) => random.colours(4),
		scene: (random, [a, b, , other]) => scatter(random, anySize(random, 3, 6), [a, b, other], 0.8),
		accepts: (grid, [a, b]) => [a, b].every((colour) => grid.flat().includes(colour)),
		rule: (grid, [a, b, c]) => turnRight(recolour(grid, { [a]: b, [b]: c }))
	}),
	hard('fallen-and-mirrored', 'Fallen and mirrored', {
		scene: noisy(0.4),
		rule: (grid) => mirror(fallDown(grid))
	}),
	hard('the-largest-enlarged', 'The largest, enlarged', {
		scene: someBlobs([3, 5, 8]),
		accepts: (grid) => areDifferent(sizes(grid)),
		rule: (grid) => enlarge(crop(only(grid, largest(grid))), 2)
	}),
	hard('pools-upside-down', 'Pools upside down', {
		setup: (random) => random.colours(2),
		scene: (random, [wall]) =>
			placed(
				random,
				anySize(random, 8, 12),
				[0, 1].map(() => ({ colour: wall, cells: ring(random.between(3, 5), random.between(3, 5)) }))
			),
		rule: (grid, [, water]) => halfTurn(fillEnclosed(grid, water))
	}),
	hard('square-of-count', 'As wide as many', {
		setup: (random) => random.pick(random.colours(1)),
		scene: (random, colour) => ofOneColour([2, 3, 4, 1].slice(0, random.between(2, 4)))(random, colour),
		rule: (grid, colour) => map(blank(objects(grid).length, objects(grid).length), (_, y, x) => (x === y ? colour : 0))
	}),
	hard('bars-by-size', 'Bars by size', {
		scene: someBlobs([2, 4, 6]),
		accepts: (grid) => areDifferent(sizes(grid)) && sizes(grid).length === 3,
		rule: (grid) => {
			const found = objects(grid).toSorted((a, b) => a.cells.length - b.cells.length);
			const most = found.at(-1).cells.length;
			return transpose(
				found.map(({ colour, cells }) => [...Array(most - cells.length).fill(0), ...Array(cells.length).fill(colour)])
			);
		}
	}),
	hard('oil-and-water', 'Oil and water', {
		setup: (random) => random.colours(2),
		scene: (random, [oil, water]) => scatter(random, anySize(random, 6, 9), [oil, water], 0.5),
		rule: (grid, [oil, water]) =>
			transpose(
				transpose(grid).map((line) => [
					...line.filter((colour) => colour === oil),
					...line.filter((colour) => colour === 0),
					...line.filter((colour) => colour === water)
				])
			)
	}),
	hard('other-half-painted', 'The other half, painted', {
		setup: (random) => random.colours(3),
		scene: (random, [a, b]) => {
			const half = scatter(random, [random.between(4, 7), random.between(2, 5)], [a, b], 0.6);
			return beside(half, blank(half.length, half[0].length));
		},
		accepts: (grid, [a, b]) => [a, b].every((colour) => grid.flat().includes(colour)),
		rule: (grid, [a, , c]) =>
			map(grid, (colour, y, x) => colour || recolour([[grid[y][grid[y].length - 1 - x]]], { [a]: c })[0][0])
	}),
	hard('in-both-mirrored', 'In both, seen from behind', {
		setup: (random) => random.colours(3),
		scene: (random, [colour, divider]) => halves(random, colour, divider),
		rule: (grid, [, , both]) => mirror(joinHalves(grid, (a, b) => (a && b ? both : 0)))
	}),
	hard('crossings', 'Crossings', {
		setup: (random) => random.colours(2),
		scene: (random, [line]) => seeds(2, 3)(random, [line]),
		rule: (grid, [line, crossing]) => {
			const across = rays(grid, ACROSS);
			const down = rays(grid, DOWN);
			return map(grid, (_, y, x) => (across[y][x] && down[y][x] ? crossing : across[y][x] || down[y][x] ? line : 0));
		}
	}),
	hard('cut-out-and-doubled', 'Cut out and doubled', {
		scene: someBlobs([7]),
		rule: (grid) => {
			const shape = crop(grid);
			return above(beside(shape, mirror(shape)), flip(beside(shape, mirror(shape))));
		}
	}),
	hard('halo-by-colour', 'A halo of the rarest', {
		scene: someBlobs([1, 4, 6]),
		accepts: (grid) => areDifferent(sizes(grid)) && sizes(grid).length === 3,
		rule: (grid) => outlined(only(grid, largest(grid)), counts(grid).at(-1)[0])
	}),
	hard('joined-and-turned', 'Joined and turned', {
		scene: (random) => {
			const [colour] = random.colours(1);
			const [height, width] = anySize(random, 6, 10);
			const [y, end] = random.shuffled([...Array(height).keys()]);
			const [x] = random.shuffled([...Array(width).keys()]);
			const ends = [
				[y, x],
				[end, x],
				[y, (x + random.between(2, width - 2)) % width]
			];
			return painted(blank(height, width), ends, colour);
		},
		rule: (grid) => turnRight(connected(grid))
	}),
	hard('sorted-and-dropped', 'In order, hanging', {
		scene: (random) => {
			const [colour] = random.colours(1);
			return columns(random.shuffled([1, 2, 3, 4, 5, 6]).slice(0, random.between(4, 6)), colour, 7);
		},
		rule: (grid) => flip(transpose(transpose(grid).toSorted((a, b) => filled(b) - filled(a))))
	}),
	hard('commonest-checked', 'Chequered with the commonest', {
		scene: (random) => noise(random, anySize(random, 4, 8), random.colours(3)),
		accepts: (grid) => areDifferent(counts(grid).map(([, count]) => count)),
		rule: (grid) => map(grid, (colour, y, x) => ((x + y) % 2 ? counts(grid)[0][0] : colour))
	})
];
