import { inSight, whenInSight } from './page-sight.ts';

/** Showing news may take one part in so many of the time: the rest is for the reader's own scrolling and typing. */
const SHARE = 12;
/** It rests no longer than this, in ms: a frame that the machine slept through delays nothing much. */
const LONGEST_REST_MS = 300;

/**
 * Runs a task with the next frame, however often it is asked to: once a frame at the most, and less often where showing
 * what it changed takes long. A page out of sight has no frames: the task runs as soon as it is seen again.
 */
export class FramePace {
	readonly #task: () => void;
	#asked = false;
	#notBefore = 0;
	#forget: (() => void) | null = null;

	constructor(task: () => void) {
		this.#task = task;
	}

	ask(): void {
		if (this.#asked) return;
		this.#asked = true;
		if (!inSight()) this.#forget = whenInSight(() => this.run());
		else this.#afterRest(() => nextFrame(() => this.#frame()));
	}

	/** Runs the task now, in the place of the frame that was asked for. */
	run(): void {
		this.#asked = false;
		this.#forget?.();
		this.#forget = null;
		this.#task();
	}

	#afterRest(next: () => void): void {
		const rest = this.#notBefore - performance.now();
		if (rest > 0) setTimeout(next, rest);
		else next();
	}

	#frame(): void {
		if (!this.#asked) return;
		const began = performance.now();
		this.run();
		// The first task after the frame: what changed is rendered, laid out and painted by then.
		setTimeout(() => {
			const ended = performance.now();
			this.#notBefore = ended + Math.min(LONGEST_REST_MS, (ended - began) * (SHARE - 1));
		});
	}
}

function nextFrame(task: () => void): void {
	if (typeof requestAnimationFrame === 'function') requestAnimationFrame(task);
	else setTimeout(task, 16);
}
