import { inSight, whenInSight } from './page-sight.ts';

/** The server's clock as this page knows it, so that elapsed time does not depend on the person's own. Ticks each second while asked to, and while somebody may look. */
export class ServerClock {
	#offset: number;
	#now = $state(0);
	#timer: ReturnType<typeof setInterval> | null = null;
	#forget: () => void = () => undefined;

	constructor(serverNow: number) {
		this.#offset = serverNow - Date.now();
		this.#now = serverNow;
	}

	/** Milliseconds since 1970 by the server's clock, as of the last tick. */
	get now(): number {
		return this.#now;
	}

	/** An instant by the browser's clock, by the server's. */
	at(browserMs: number): number {
		return browserMs + this.#offset;
	}

	/** Takes a newer reading. An answer is always a little late, so that the largest offset is the truest; a jump back of over a minute is a corrected clock. */
	read(serverNow: number): void {
		const offset = serverNow - Date.now();
		const truer = offset > this.#offset || offset < this.#offset - 60_000;
		if (truer) this.#offset = offset;
		// While it ticks by itself, each second is soon enough: a reading comes four times in one, and what shows the time is rendered.
		if (truer || this.#timer === null) this.tick();
	}

	tick(): void {
		if (inSight()) this.#now = Date.now() + this.#offset;
	}

	/** Runs while anything does. */
	run(active: boolean): void {
		if (active === (this.#timer !== null)) return;
		if (active) {
			this.#timer = setInterval(() => this.tick(), 1_000);
			this.#forget = whenInSight(() => this.tick());
		} else {
			if (this.#timer !== null) clearInterval(this.#timer);
			this.#timer = null;
			this.#forget();
		}
	}
}
