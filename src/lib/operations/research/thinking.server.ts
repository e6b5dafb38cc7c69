import type { RunContext } from '../operation.ts';
import type { research } from './model.ts';

type Context = RunContext<typeof research>;

/** Told live at most four times a second, so that a long thought costs a bounded amount. */
const TELL_MS = 250;
/** So much of its end is told. */
const LONGEST = 2_000;

/** Tells the step of reasoning that is being thought, to those who watch (TS-02). The log gets it whole when it is complete. */
export class Thinking {
	readonly #ctx: Context;
	#text = '';
	#toldAt = Number.NEGATIVE_INFINITY;

	constructor(ctx: Context) {
		this.#ctx = ctx;
	}

	/** It goes on; `index` is the place that the step will have. */
	add(index: number, text: string): void {
		// A few characters more than are told: where a word begins is looked for in them.
		this.#text = (this.#text + text).slice(-2 * LONGEST);
		const now = this.#ctx.now();
		if (now - this.#toldAt < TELL_MS || this.#text.trim() === '') return;
		this.#toldAt = now;
		this.#ctx.transient('thinking', { index, text: endOf(this.#text) });
	}

	/** The step is complete, or has come to nothing. */
	end(index: number): void {
		if (this.#text !== '' && this.#toldAt > Number.NEGATIVE_INFINITY)
			this.#ctx.transient('thinking', { index, text: '' });
		this.#text = '';
		this.#toldAt = Number.NEGATIVE_INFINITY;
	}
}

function endOf(text: string): string {
	if (text.length <= LONGEST) return text;
	const end = text.slice(-LONGEST);
	return `… ${end.slice(end.search(/\s/) + 1)}`;
}
