import { endedWithout } from './ending.ts';
import type { RunContext } from './operation.ts';
import type { DurableProvider, ProviderEvent, ProviderOutcome } from './provider.ts';

/** Who takes in what a response tells that may be ended early. */
export interface FinishableReader {
	/** How the model declined; null while it did not. */
	readonly refusal: string | null;
	/** The result is being written, so there is nothing to gain from ending it. */
	readonly writing: boolean;
	take(event: ProviderEvent): void;
	say(activity: string): void;
}

/** `ending`: what the page says while the provider is told to stop. `what` is being written, such as `report`. */
interface Words {
	readonly ending: string;
	readonly what: string;
}

type Context = Pick<RunContext, 'finishing' | 'notice' | 'provider' | 'resumed'>;

/** The first response of an operation that can finish now (BY-06): it goes on to its end, unless a person ends it before the result is being written. */
export class FinishableResponse {
	readonly #ctx: Context;
	readonly #reader: FinishableReader;
	readonly #words: Words;
	/** Whether the provider was told to stop. */
	#stopped = false;
	/** That the result is being written already was said. */
	#said = false;

	constructor(ctx: Context, reader: FinishableReader, words: Words) {
		this.#ctx = ctx;
		this.#reader = reader;
		this.#words = words;
	}

	/** How it ended; null when it was stopped before it had a result. Throws `HeadwayError` where no last word came. */
	async read(request: Parameters<DurableProvider['respond']>[0]): Promise<ProviderOutcome | null> {
		const { finishing, resumed } = this.#ctx;
		// Taken up again, it may run on unseen: nothing would come of it that says so.
		if (finishing.aborted && resumed && !this.#reader.writing && !(await this.#stop())) return null;
		const heed = () => this.#heed();
		finishing.addEventListener('abort', heed);
		try {
			return await this.#follow(request);
		} finally {
			finishing.removeEventListener('abort', heed);
		}
	}

	async #follow(request: Parameters<DurableProvider['respond']>[0]): Promise<ProviderOutcome | null> {
		const { finishing, provider } = this.#ctx;
		for await (const event of provider.respond(request)) {
			if (event.type === 'ended') return this.#wasCut(event.outcome) ? null : event.outcome;
			this.#reader.take(event);
			// A message in between may have looked like the result.
			if (finishing.aborted) this.#heed();
		}
		if (this.#stopped) return null;
		throw endedWithout(this.#reader.refusal, provider.label);
	}

	#heed(): void {
		if (this.#stopped) return;
		if (!this.#reader.writing) return void this.#stop();
		if (this.#said) return;
		this.#said = true;
		const message = `The ${this.#words.what} is being written already: it goes on to its end.`;
		this.#ctx.notice('info', 'already_writing', message);
	}

	async #stop(): Promise<ProviderOutcome | null> {
		this.#stopped = true;
		this.#reader.say(this.#words.ending);
		return this.#ctx.provider.stop();
	}

	#wasCut({ status }: ProviderOutcome): boolean {
		return this.#stopped && status === 'cancelled';
	}
}
