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

/** What a stream does next: tells an event, fails, says nothing until it is hung up, or waits for the test. */
export type Step = ProviderEvent | Error | 'silence' | (() => Promise<unknown>);

/** The same for pictures. */
export type ImageStep = ImageEvent | Error | 'silence' | (() => Promise<unknown>);

/** A provider in this process that plays what the test wrote down and remembers what it was asked. */
export class FakeProvider implements Provider {
	readonly id = 'fake';
	readonly label = 'Fake';
	readonly demo = false;
	readonly defaultModel = 'fake-1';
	readonly defaultImageModel = 'fake-image-1';
	can = { background: true, webSearch: true, images: true, structured: true, embeddings: true };
	/** What was asked, in order: `create`, `resume 3`, `fetch`, `cancel`, `image`, `embed 2`. */
	readonly calls: string[] = [];
	/** When each cancel arrived, by this machine's clock. */
	readonly cancelledAt: number[] = [];
	readonly requests: ResponseRequest[] = [];
	readonly imageRequests: ImageRequest[] = [];
	/** What each request for pictures plays, in order; the last one again. */
	images: (readonly ImageStep[])[] = [[{ type: 'accepted' }, 'silence']];
	/** The signals that the streams were given. */
	readonly signals: AbortSignal[] = [];
	onCancel: (signal: AbortSignal) => Promise<CancelAnswer> = async () => ({
		provider: 'confirmed',
		outcome: outcome('cancelled')
	});
	onFetch: (signal: AbortSignal) => Promise<ProviderOutcome> = async () => outcome('cancelled');
	/** The texts that were to become vectors. */
	readonly texts: string[] = [];
	onEmbed: (texts: readonly string[], signal: AbortSignal) => Promise<Embedding> = async (texts) =>
		vectorsFor(texts, 'fake-vectors-1');
	#script: readonly Step[];
	#resumed: readonly Step[];

	constructor(script: readonly Step[] = [created(), 'silence'], resumed: readonly Step[] = ['silence']) {
		this.#script = script;
		this.#resumed = resumed;
	}

	searchUrl(query: string): string {
		return `/search?q=${encodeURIComponent(query)}`;
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.calls.push('create');
		this.requests.push(request);
		return this.#play(this.#script, signal);
	}

	resume(_responseId: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.calls.push(`resume ${cursor}`);
		return this.#play(this.#resumed, signal);
	}

	fetch(_responseId: string, signal: AbortSignal): Promise<ProviderOutcome> {
		this.calls.push('fetch');
		return this.onFetch(signal);
	}

	cancel(_responseId: string, signal: AbortSignal): Promise<CancelAnswer> {
		this.calls.push('cancel');
		this.cancelledAt.push(Date.now());
		return this.onCancel(signal);
	}

	image(request: ImageRequest, signal: AbortSignal): AsyncIterable<ImageEvent> {
		this.calls.push('image');
		this.imageRequests.push(request);
		const script = this.images[Math.min(this.imageRequests.length, this.images.length) - 1] ?? [];
		return this.#play(script, signal);
	}

	async embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding> {
		this.calls.push(`embed ${texts.length}`);
		this.texts.push(...texts);
		return this.onEmbed(texts, signal);
	}

	/** How often it was asked for something. */
	count(call: string): number {
		return this.calls.filter((made) => made.startsWith(call)).length;
	}

	async *#play<E>(
		script: readonly (E | Error | 'silence' | (() => Promise<unknown>))[],
		signal: AbortSignal
	): AsyncGenerator<E> {
		this.signals.push(signal);
		for (const step of script) {
			if (step === 'silence') await hungUp(signal);
			else if (step instanceof Error) throw step;
			else if (typeof step === 'function') await Promise.race([(step as () => Promise<unknown>)(), hungUp(signal)]);
			else yield step as E;
		}
	}
}

/** Fails when the signal aborts. */
export function hungUp(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		if (signal.aborted) return reject(signal.reason);
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}

/** Vectors of two numbers, how long a text is and how many words it has: one token and a thousandth of a cent for each. */
export function vectorsFor(texts: readonly string[], model: string): Embedding {
	const vectors = texts.map((text) => Float32Array.of(text.length, text.split(/\s+/).length));
	const usage = { inputTokens: texts.length, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, searches: 0 };
	return { model, vectors, usage, cost: { usd: texts.length / 100_000, known: true } };
}

let responses = 0;

/** The event that gives the response its id; each call gives another. */
export function created(cursor = 0): ProviderEvent {
	return { cursor, type: 'created', responseId: `resp_${++responses}`, model: 'fake-1' };
}

export const someUsage = { inputTokens: 100, cachedTokens: 0, outputTokens: 50, reasoningTokens: 10, searches: 2 };

/** How a response ended; with usage, at 2 cents. */
export function outcome(status: ProviderOutcome['status'], facts: Partial<ProviderOutcome> = {}): ProviderOutcome {
	return {
		...{
			responseId: 'resp',
			status,
			model: 'fake-1',
			text: '',
			citations: [],
			refusal: null,
			error: null,
			incompleteReason: null,
			items: []
		},
		...{ usage: someUsage, cost: { usd: 0.02, known: true } },
		...facts
	};
}

/** The smallest bytes that are known as a PNG: its signature. */
export const pngBytes = Buffer.from('iVBORw0KGgo=', 'base64');

/** A preview of a picture; `index` counts from 1. */
export function preview(index: number): ImageEvent {
	return { type: 'preview', index, b64: pngBytes.toString('base64'), mediaType: 'image/png' };
}

/** A finished picture and the end, at 2 cents. */
export function drawn(revisedPrompt: string | null = null): ImageEvent[] {
	return [
		{ type: 'image', bytes: pngBytes, mediaType: 'image/png', revisedPrompt },
		{ type: 'ended', usage: someUsage, cost: { usd: 0.02, known: true } }
	];
}

/** The provider's last event. */
export function ended(cursor: number | null, result = outcome('completed', { text: 'Done.' })): ProviderEvent {
	return { cursor, type: 'ended', outcome: result };
}
