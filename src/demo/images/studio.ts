import { Drawing } from './drawing.ts';
import type { Order } from './drawing.ts';
import { Turns } from './turns.ts';

/** Where all pictures of a demo are drawn, so that they take turns and can be counted. */
export class Studio {
	readonly #turns = new Turns();
	#drawing = 0;

	/** How many pictures are being drawn or waited for. */
	get drawing(): number {
		return this.#drawing;
	}

	/** Draws one picture the way `work` says. Rejects with the signal's reason once it is aborted. */
	async draw<Result>(order: Order, signal: AbortSignal, work: (drawing: Drawing) => Promise<Result>): Promise<Result> {
		this.#drawing++;
		try {
			return await work(await Drawing.begin(order, this.#turns, signal));
		} finally {
			this.#drawing--;
		}
	}
}
