import { Pace } from './pace.ts';

/** How much of a growing text is to be seen, frame by frame. */
export class TypedLength {
	#shown: number = $state(0);
	readonly #pace: Pace;
	#frame: number | null = null;
	#length: number;

	/** What is there at first is seen at once. */
	constructor(length: number) {
		this.#pace = new Pace(length);
		this.#shown = length;
		this.#length = length;
	}

	/** In UTF-16 units. */
	get shown(): number {
		return this.#shown;
	}

	/** The text has so many units now; `still`: all of them are to be seen at once. */
	take(length: number, still: boolean): void {
		this.#length = length;
		this.#pace.grow(length, performance.now());
		// A page that nobody sees gets no frames.
		if (still || document.visibilityState === 'hidden') this.#shown = length;
		else this.#next();
	}

	close(): void {
		if (this.#frame !== null) cancelAnimationFrame(this.#frame);
		this.#frame = null;
	}

	#next(): void {
		this.#frame ??= requestAnimationFrame(() => {
			this.#frame = null;
			this.#shown = Math.min(this.#length, Math.max(this.#shown, this.#pace.at(performance.now())));
			if (this.#shown < this.#length) this.#next();
		});
	}
}

/** `text` up to a length, without half of a character at its end. */
export function upTo(text: string, length: number): string {
	if (length >= text.length) return text;
	const last = text.charCodeAt(length - 1);
	return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
