/** Random numbers that are the same for the same seed: mulberry32 over an FNV-1a hash of the text. */
export class Random {
	#state = 2166136261;

	constructor(seed) {
		for (const character of seed) this.#state = Math.imul(this.#state ^ character.codePointAt(0), 16777619) >>> 0;
	}

	/** From 0 to below 1. */
	next() {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	}

	/** A whole number, both ends included. */
	between(low, high) {
		return low + Math.floor(this.next() * (high - low + 1));
	}

	chance(share) {
		return this.next() < share;
	}

	pick(list) {
		return list[this.between(0, list.length - 1)];
	}

	/** The list in another order. */
	shuffled(list) {
		const mixed = [...list];
		for (let last = mixed.length - 1; last > 0; last--) {
			const other = this.between(0, last);
			[mixed[last], mixed[other]] = [mixed[other], mixed[last]];
		}
		return mixed;
	}

	/** `count` different colours; 0 is the background and none of them. */
	colours(count, without = []) {
		return this.shuffled([1, 2, 3, 4, 5, 6, 7, 8, 9].filter((colour) => !without.includes(colour))).slice(0, count);
	}
}
