import { seededRandom } from '../seeded.ts';

// Lattice points before the noise repeats; far more than a picture spans.
const PERIOD = 256;

/** Gradient noise (Perlin's) in one and two dimensions: smooth, seeded, about -1 to 1. */
export class Noise {
	readonly #order = new Uint8Array(PERIOD * 2);
	readonly #x = new Float32Array(PERIOD);
	readonly #y = new Float32Array(PERIOD);

	constructor(seed: string) {
		const random = seededRandom(seed);
		const order = Array.from({ length: PERIOD }, (_, index) => ({ index, rank: random() }));
		order.sort((a, b) => a.rank - b.rank);
		order.forEach(({ index }, place) => {
			this.#order[place] = this.#order[place + PERIOD] = index;
			const angle = random() * 2 * Math.PI;
			this.#x[place] = Math.cos(angle);
			this.#y[place] = Math.sin(angle);
		});
	}

	/** One octave at a point. */
	at(x: number, y: number): number {
		const column = Math.floor(x);
		const row = Math.floor(y);
		const dx = x - column;
		const dy = y - row;
		const left = this.#order[column & 255] ?? 0;
		const right = this.#order[(column + 1) & 255] ?? 0;
		const u = fade(dx);
		const top = this.#corner(left + (row & 255), dx, dy);
		const low = this.#corner(left + ((row + 1) & 255), dx, dy - 1);
		const up = top + u * (this.#corner(right + (row & 255), dx - 1, dy) - top);
		const down = low + u * (this.#corner(right + ((row + 1) & 255), dx - 1, dy - 1) - low);
		return 1.5 * (up + fade(dy) * (down - up));
	}

	/** Several octaves, each twice as fine and half as strong as the one before. */
	cloud(x: number, y: number, octaves: number): number {
		let sum = 0;
		let strength = 0.5;
		let scale = 1;
		for (let octave = 0; octave < octaves; octave++) {
			sum += strength * this.at(x * scale + 17.3 * octave, y * scale + 9.1 * octave);
			strength *= 0.5;
			scale *= 2.03;
		}
		return sum;
	}

	/** Like `cloud`, but with sharp crests: mountains, sunlit folds. About 0 to 1. */
	crest(x: number, y: number, octaves: number): number {
		let sum = 0;
		let strength = 0.55;
		let scale = 1;
		for (let octave = 0; octave < octaves; octave++) {
			const fold = 1 - Math.abs(this.at(x * scale + 31.7 * octave, y * scale + 5.3 * octave));
			sum += strength * fold * fold;
			strength *= 0.45;
			scale *= 2.07;
		}
		return sum;
	}

	/** A number from 0 to 1 for each cell of the plane, without any relation between neighbours. */
	cell(column: number, row: number): number {
		const first = this.#order[(this.#order[column & 255] ?? 0) + (row & 255)] ?? 0;
		return (first + (this.#order[first + ((column >> 8) & 255)] ?? 0) / PERIOD) / PERIOD;
	}

	#corner(index: number, dx: number, dy: number): number {
		const place = this.#order[index] ?? 0;
		return (this.#x[place] ?? 0) * dx + (this.#y[place] ?? 0) * dy;
	}
}

function fade(t: number): number {
	return t * t * t * (t * (t * 6 - 15) + 10);
}
