import type { PartsForecast } from '../../jobs/parts-forecast.ts';

/** A person who is still choosing is not asked after each click. */
const PAUSE_MS = 350;

/** The forecast of what a form holds, asked for once the person pauses. What was asked before never comes after. */
export class Foresight {
	readonly #foresee: (input: unknown) => Promise<PartsForecast | null>;
	#turn = 0;
	found = $state.raw<PartsForecast | null>(null);

	/** One that rejects is the same as one that knows nothing. */
	constructor(foresee: (input: unknown) => Promise<PartsForecast | null>) {
		this.#foresee = foresee;
	}

	/** Asks for an input; null forgets what was found. Returns what calls it off. */
	ask(input: unknown): () => void {
		const turn = ++this.#turn;
		if (input === null) this.found = null;
		const asking = input === null ? undefined : setTimeout(() => void this.#look(turn, input), PAUSE_MS);
		return () => clearTimeout(asking);
	}

	async #look(turn: number, input: unknown): Promise<void> {
		const found = await this.#foresee(input).catch(() => null);
		if (turn === this.#turn) this.found = found;
	}
}
