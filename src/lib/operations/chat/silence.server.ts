import type { Context } from './progress.server.ts';

/** Watches an answering call: `ms` without text or reasoning, and it calls `silent`, once (CH-07). */
export class SilenceClock {
	readonly #ctx: Pick<Context, 'after'>;
	readonly #ms: number;
	readonly #silent: () => void;
	#stop: () => void;

	constructor(ctx: Pick<Context, 'after'>, ms: number, silent: () => void) {
		this.#ctx = ctx;
		this.#ms = ms;
		this.#silent = silent;
		this.#stop = ctx.after(ms, silent);
	}

	/** Something was said: it counts anew. */
	heard(): void {
		this.#stop();
		this.#stop = this.#ctx.after(this.#ms, this.#silent);
	}

	end(): void {
		this.#stop();
	}
}
