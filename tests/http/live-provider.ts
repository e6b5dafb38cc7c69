import type {
	CancelAnswer,
	Embedding,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '$lib/operations/operation.ts';
import { vectorsFor } from '../lib/server/fake-provider.ts';

/** One event without its place: the provider counts. */
type Told = ProviderEvent extends infer E ? (E extends { cursor: unknown } ? Omit<E, 'cursor'> : never) : never;

/** A provider that says what a test tells it to, when it is told. Response ids are `resp_1`, `resp_2`, … */
export class LiveProvider implements Provider {
	readonly id = 'live';
	readonly label = 'Live';
	readonly demo = false;
	readonly can = { background: true, webSearch: true, images: true, structured: true, embeddings: true };
	readonly defaultModel = 'model-1';
	readonly defaultImageModel = 'image-model-1';
	readonly requests: ResponseRequest[] = [];
	readonly imageRequests: ImageRequest[] = [];
	readonly #waiting: (ProviderEvent | ImageEvent | Error)[] = [];
	#cursor = 0;
	#wake: () => void = () => undefined;

	/** Says one event; returns when it was said (`performance.now()`). */
	tell(event: Told): number {
		this.#waiting.push({ ...event, cursor: ++this.#cursor } as ProviderEvent);
		this.#wake();
		return performance.now();
	}

	/** Says one event about a picture. */
	show(event: ImageEvent): number {
		this.#waiting.push(event);
		this.#wake();
		return performance.now();
	}

	/** Fails in the middle of the stream. */
	fail(error: Error): void {
		this.#waiting.push(error);
		this.#wake();
	}

	/** Ends the response with this text. */
	complete(text: string, facts: Partial<ProviderOutcome> = {}): void {
		this.tell({ type: 'ended', outcome: { ...this.#outcome('completed'), text, ...facts } });
	}

	searchUrl(query: string): string {
		return `/search?q=${encodeURIComponent(query)}`;
	}

	async *create(request: ResponseRequest, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		this.requests.push(request);
		yield { cursor: ++this.#cursor, type: 'created', responseId: `resp_${this.requests.length}`, model: request.model };
		yield* this.#told(signal);
	}

	resume(_responseId: string, _cursor: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		return this.#told(signal);
	}

	async fetch(): Promise<ProviderOutcome> {
		return this.#outcome('in_progress');
	}

	async cancel(): Promise<CancelAnswer> {
		return { provider: 'confirmed', outcome: this.#outcome('cancelled') };
	}

	/** What was shown, each picture's request in its turn; over with `ended`. */
	async *image(request: ImageRequest, signal: AbortSignal): AsyncGenerator<ImageEvent> {
		this.imageRequests.push(request);
		for await (const event of this.#told<ImageEvent>(signal)) {
			yield event;
			if (event.type === 'ended') return;
		}
	}

	async embed(texts: readonly string[]): Promise<Embedding> {
		return vectorsFor(texts, 'vectors-1');
	}

	async *#told<E = ProviderEvent>(signal: AbortSignal): AsyncGenerator<E> {
		for (;;) {
			const next = this.#waiting.shift();
			if (next instanceof Error) throw next;
			if (next) yield next as E;
			else await this.#more(signal);
			if (signal.aborted) throw signal.reason;
		}
	}

	#more(signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			this.#wake = resolve;
			signal.addEventListener('abort', () => resolve(), { once: true });
		});
	}

	#outcome(status: ProviderOutcome['status']): ProviderOutcome {
		const usage = { inputTokens: 1_200, cachedTokens: 0, outputTokens: 340, reasoningTokens: 100, searches: 2 };
		return {
			...{
				responseId: `resp_${this.requests.length}`,
				status,
				model: 'model-1',
				text: '',
				citations: [],
				refusal: null,
				error: null
			},
			...{ incompleteReason: null, usage, cost: { usd: 0.05, known: true }, items: [] }
		};
	}
}
