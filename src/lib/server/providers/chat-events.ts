import type { ProviderEvent, ProviderOutcome } from '../../operations/operation.ts';
import { annotationsIn, citationsAmong, contentIn, reasoningIn, type ReasoningForm } from './chat-delta.ts';
import { chatCost, chatUsage } from './chat-usage.ts';
import { citationsIn } from './citations.ts';
import { reportedError } from './errors.ts';
import type { Reading } from './outcome.ts';
import type { Fact } from './output.ts';
import { ownId } from './own-id.ts';
import type { TextReading } from './text-call.ts';
import { record, records, string, type Wire } from './wire.ts';

const ANSWER = 'answer';
const THINKING = 'thinking';

/** Turns one chat completion into the same events as a response's. It has no sequence numbers: what is cut cannot be taken up. */
export class ChatEvents implements TextReading {
	readonly #reading: Reading;
	readonly #searched: boolean;
	#id: string | null = null;
	#model: string | null = null;
	#text = '';
	#refusal = '';
	#annotations: Wire[] = [];
	/** The steps of reasoning; the last one grows until the answer goes on. */
	readonly #steps: string[] = [];
	#thinking = false;
	/** A vendor that sends the reasoning under two names says it twice: the first name counts. */
	#form: ReasoningForm | null = null;
	#finish: string | null = null;
	#usage: Wire | null = null;
	#ended = false;

	/** `searched` says that the model may search the web. */
	constructor(reading: Reading, searched: boolean) {
		this.#reading = reading;
		this.#searched = searched;
	}

	get isWhole(): boolean {
		return this.#finish !== null;
	}

	read(chunk: Wire): ProviderEvent[] {
		const facts = this.#take(chunk, 'delta');
		// The counts come in a chunk of their own after the last words, where they come at all.
		if (this.#finish !== null && this.#usage !== null) facts.push(...this.#end());
		return uncounted(facts.length > 0 ? facts : [{ type: 'alive' }]);
	}

	readWhole(answer: Wire): ProviderEvent[] {
		const [begin] = this.#take(answer, 'message');
		const said = this.#text !== '' || this.#refusal !== '';
		this.#finish ??= said ? 'stop' : 'error';
		this.#ended = true;
		return uncounted([...(begin ? [begin] : []), { type: 'ended', outcome: this.#outcome() }]);
	}

	/** An end without a finish_reason is a cut: Ollama's failures look like that. */
	finish(): ProviderEvent[] {
		return this.#finish === null ? [] : uncounted(this.#end());
	}

	#take(chunk: Wire, key: 'delta' | 'message'): Fact[] {
		const begin = this.#begin(chunk);
		const choice = records(chunk['choices'])[0] ?? {};
		const delta = record(choice[key]);
		this.#finish = string(choice['finish_reason']) ?? this.#finish;
		this.#usage = chunk['usage'] ? record(chunk['usage']) : this.#usage;
		this.#refusal += string(delta['refusal']) ?? '';
		return [...begin, ...this.#think(delta), ...this.#write(delta)];
	}

	#begin(chunk: Wire): Fact[] {
		this.#model ??= string(chunk['model']);
		if (this.#id !== null) return [];
		this.#id = ownId(string(chunk['id']) ?? 'chat');
		return [{ type: 'created', responseId: this.#id, model: this.#model }];
	}

	#think(delta: Wire): Fact[] {
		const thought = reasoningIn(delta);
		if (thought === null || thought.form !== (this.#form ??= thought.form)) return [];
		if (!this.#thinking) this.#steps.push('');
		this.#thinking = true;
		const index = this.#steps.length - 1;
		this.#steps[index] += thought.text;
		return [{ type: 'reasoning_delta', itemId: THINKING, index, text: thought.text }];
	}

	#write(delta: Wire): Fact[] {
		const [text, annotations] = [contentIn(delta), annotationsIn(delta)];
		const first = this.#text === '' && text !== '';
		this.#text += text;
		this.#annotations.push(...annotations);
		return [
			...(text === '' ? [] : this.#settle()),
			...(first ? [message] : []),
			...(text === '' ? [] : [{ type: 'text' as const, itemId: ANSWER, part: 0, text }]),
			...citationsAmong(annotations).map((citation) => ({
				...{ type: 'citation' as const, itemId: ANSWER, part: 0, citation }
			}))
		];
	}

	/** The step of reasoning that was growing is whole. */
	#settle(): Fact[] {
		if (!this.#thinking) return [];
		this.#thinking = false;
		const index = this.#steps.length - 1;
		return [{ type: 'reasoning', itemId: THINKING, index, text: this.#steps[index] ?? '' }];
	}

	#end(): Fact[] {
		if (this.#ended) return [];
		this.#ended = true;
		const outcome = this.#outcome();
		return [...this.#settle(), ...this.#answer(), { type: 'ended', outcome }];
	}

	#answer(): Fact[] {
		const done = { ...{ type: 'text_done' as const, itemId: ANSWER, part: 0 }, ...this.#written() };
		return [
			...(this.#text === '' ? [] : [done]),
			...(this.#refusal === '' ? [] : [{ type: 'refusal' as const, text: this.#refusal }])
		];
	}

	#written() {
		return { text: this.#text, citations: citationsIn(this.#text, this.#annotations) };
	}

	#outcome(): ProviderOutcome {
		const { asking, prices, demo } = this.#reading;
		const usage = this.#usage && chatUsage(this.#usage, this.#searched);
		const status = statusAfter(this.#finish);
		const model = this.#model ?? asking.model;
		return {
			responseId: this.#id,
			...{ status, model },
			...this.#written(),
			refusal: this.#refusal || null,
			error: status === 'failed' ? reportedError({ code: 'server_error' }, asking) : null,
			incompleteReason: status === 'incomplete' ? reasonFor(this.#finish) : null,
			usage,
			cost: demo ? { usd: 0, known: true } : chatCost(model ?? '', usage, this.#usage ?? {}, prices),
			items: uncounted(this.#items())
		};
	}

	#items(): Fact[] {
		const steps = this.#steps.map((text, index) => ({ type: 'reasoning' as const, itemId: THINKING, index, text }));
		return [...steps, ...(this.#text === '' ? [] : [message]), ...this.#answer()];
	}
}

const message = { type: 'message' as const, itemId: ANSWER, phase: null };

function uncounted(facts: Fact[]): ProviderEvent[] {
	return facts.map((fact) => ({ cursor: null, ...fact }) as ProviderEvent);
}

function statusAfter(finish: string | null): ProviderOutcome['status'] {
	if (finish === 'error') return 'failed';
	return finish === 'length' || finish === 'content_filter' ? 'incomplete' : 'completed';
}

/** In the words of the Responses API. */
function reasonFor(finish: string | null): string {
	return finish === 'length' ? 'max_output_tokens' : 'content_filter';
}
