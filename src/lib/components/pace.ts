/** Over how long each piece of a text is written out, in ms: with a frame of 16 ms, never more than 250 behind. */
export const SPREAD_MS = 200;

/** Evens out a text that comes in bursts (TS-09): each piece is written out over `SPREAD_MS` from when it came, so that it is as fast as the text. */
export class Pace {
	#pieces: { at: number; size: number }[] = [];
	#written: number;
	#length: number;

	/** What is there at first is there at once. */
	constructor(length: number) {
		this.#written = length;
		this.#length = length;
	}

	/** The text has so many characters at `now`, in ms by any clock that only goes forward; a shorter one is cut at once. */
	grow(length: number, now: number): void {
		if (length > this.#length) this.#pieces.push({ at: now, size: length - this.#length });
		else if (length < this.#length) {
			this.#pieces = [];
			this.#written = length;
		}
		this.#length = length;
	}

	/** How many characters are to be seen at `now`. */
	at(now: number): number {
		while (this.#pieces[0] && now - this.#pieces[0].at >= SPREAD_MS) this.#written += this.#pieces.shift()?.size ?? 0;
		const rest = this.#pieces.reduce((sum, { at, size }) => sum + (size * (now - at)) / SPREAD_MS, 0);
		return Math.floor(this.#written + rest);
	}
}
