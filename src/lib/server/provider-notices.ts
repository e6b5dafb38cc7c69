import type { HeadwayError } from '../jobs/error.ts';
import type { JobOptions } from '../jobs/job.ts';
import type { Clock } from './clock.ts';
import type { EventWriter } from './event-writer.ts';
import { refusalNotice, type Dispensable } from './providers/refusals.ts';

/** Who is cut, or held back, again and again is told once in this time. */
const NOTICE_MS = 30_000;

interface NoticeParts {
	readonly clock: Clock;
	readonly writer: EventWriter;
	readonly model: string;
	readonly provider: { readonly label: string };
	readonly row: { readonly options: JobOptions; readonly responseId: string | null };
	/** Told each time that the provider's stream was lost and goes on. */
	interrupted?(): void;
}

/** What a run tells of its provider beside the answer: waits, reconnects, and what the model would not take. */
export class ProviderNotices {
	readonly #parts: NoticeParts;
	readonly #toldAt = new Map<string, number>();
	/** Another process had the response before, and it has not been reached since. */
	#takenUp: boolean;

	constructor(parts: NoticeParts) {
		this.#parts = parts;
		this.#takenUp = parts.row.responseId !== null;
	}

	/** A request goes out again after `waitMs`. */
	waits(error: HeadwayError, waitMs: number): void {
		// While another run tries whether the provider works again, this one asks every few seconds.
		if (error.code === 'provider_paused' && !this.#isDue('paused')) return;
		const seconds = Math.max(1, Math.round(waitMs / 1_000));
		this.#tell('retry', `${error.message.replace(/ Try again.*$/, '')} Trying again in ${seconds} s.`);
	}

	reconnected(how: 'stream' | 'poll'): void {
		// The first time of a run that was taken up comes of its process's end, which is counted as such.
		if (!this.#takenUp) this.#parts.interrupted?.();
		this.#takenUp = false;
		if (!this.#isDue('reconnected')) return;
		const asking = how === 'poll' ? ' (asking for the result from time to time)' : '';
		this.#tell('reconnected', `Reconnected to ${this.#parts.provider.label}${asking}.`);
	}

	/** Told when it was the person's choice, or changes what they see. */
	leftOut(part: Dispensable): void {
		const chosen = (this.#parts.row.options as Partial<Record<Dispensable, unknown>>)[part] !== undefined;
		if (chosen || part === 'stream') this.#tell('left_out', refusalNotice(part, this.#parts.model));
	}

	#isDue(what: string): boolean {
		const now = this.#parts.clock.now();
		if (now - (this.#toldAt.get(what) ?? Number.NEGATIVE_INFINITY) <= NOTICE_MS) return false;
		this.#toldAt.set(what, now);
		return true;
	}

	#tell(code: string, message: string): void {
		this.#parts.writer.add({ type: 'notice', data: { level: 'info', code, message } });
	}
}
