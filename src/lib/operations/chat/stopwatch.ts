import type { Usage } from '../../jobs/event.ts';
import type { TurnTiming } from './model.ts';

/** English has about four characters to a token; it stands until the provider has counted. */
const CHARACTERS_PER_TOKEN = 4;

/** Measures one turn (CH-12). All moments are ms since 1970. */
export class Stopwatch {
	readonly #began: number;
	#answering: number | null = null;
	#firstToken: number | null;
	#answerFirstToken: number | null;
	#firstText: number | null = null;
	#lastText: number | null = null;
	#text = '';
	#counted: number | null = null;
	readonly #before: TurnTiming | null;

	/** `before`: what was measured before a restart; it stands as far as nothing is measured anew. */
	constructor(began: number, before: TurnTiming | null = null) {
		this.#began = began;
		this.#before = before;
		this.#firstToken = before?.firstTokenMs ?? null;
		this.#answerFirstToken = before?.answerFirstTokenMs ?? null;
	}

	/** The answering call begins. */
	answering(at: number): void {
		this.#answering = at;
	}

	/** Something is shown; whether it was the first. */
	first(at: number): boolean {
		if (this.#firstToken !== null) return false;
		this.#firstToken = at - this.#began;
		this.#answerFirstToken = at - (this.#answering ?? this.#began);
		return true;
	}

	/** The answer has grown to `whole`. */
	text(at: number, whole: string): void {
		this.#firstText ??= at;
		this.#lastText = at;
		this.#text = whole;
	}

	/** The provider has counted; what it counted as thoughts is not of the answer. */
	ended(usage: Usage | null): void {
		if (usage?.outputTokens == null) return;
		this.#counted = Math.max(0, usage.outputTokens - (usage.reasoningTokens ?? 0));
	}

	read(helperMs: number): TurnTiming {
		const [first, last] = [this.#firstText, this.#lastText];
		return {
			firstTokenMs: this.#firstToken,
			answerFirstTokenMs: this.#answerFirstToken,
			helperMs,
			answerMs: first !== null && last !== null ? last - first : (this.#before?.answerMs ?? null),
			tokens: this.#tokens()
		};
	}

	#tokens(): TurnTiming['tokens'] {
		if (this.#counted !== null) return { count: this.#counted, counted: true };
		if (this.#firstText === null && this.#before) return this.#before.tokens;
		return { count: Math.ceil(this.#text.length / CHARACTERS_PER_TOKEN), counted: false };
	}
}
