import { onTestFailed } from 'vitest';

/** Which seed `npm test` runs with; `npm run chaos` draws one, or takes HEADWAY_CHAOS_SEED. */
const USUAL_SEED = '20261120';

/** The seed of this run: the same one makes the same choices in the same order. */
export const seed = process.env.HEADWAY_CHAOS_SEED || USUAL_SEED;

/** How many times longer than in `npm test` the tests run: `npm run chaos` sets it. */
export const length = Number(process.env.HEADWAY_CHAOS_LENGTH || 1);

/** Choices that follow from the seed and a test's own name, so that one test's choices do not move another's. */
export class Choices {
	#state: number;

	constructor(name: string) {
		this.#state = [...`${seed}:${name}`].reduce((hash, sign) => Math.imul(hash ^ sign.charCodeAt(0), 16_777_619), 0);
	}

	/** From 0 up to 1. */
	next(): number {
		// mulberry32, which is small and even enough for moments and choices.
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A number from `least` up to `most`. */
	between(least: number, most: number): number {
		return least + this.next() * (most - least);
	}

	/** A whole number from `least` to `most`, both included. */
	whole(least: number, most: number): number {
		return Math.floor(this.between(least, most + 1));
	}

	pick<T>(list: readonly T[]): T {
		return list[this.whole(0, list.length - 1)]!;
	}
}

/** The choices of the test that runs. The seed is printed now, and once more with the way to repeat it when the test fails. */
export function choicesFor(name: string): Choices {
	console.log(`chaos: ${name}, seed ${seed}, length ${length}`);
	onTestFailed(() => {
		console.error(
			`chaos: ${name} failed; again: HEADWAY_CHAOS_SEED=${seed} HEADWAY_CHAOS_LENGTH=${length} npm run chaos`
		);
	});
	return new Choices(name);
}

/** Waits for so many milliseconds: chaos strikes at moments, and moments are waited for. */
export const moment = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
