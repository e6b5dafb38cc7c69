import type {
	CancelAnswer,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '$lib/operations/operation.ts';

/** What a stream does next: tells an event, fails, says nothing until it is hung up, or waits for the test. */
export type Step = ProviderEvent | Error | 'silence' | (() => Promise<unknown>);

/** A provider in this process that plays what the test wrote down and remembers what it was asked. */
export class FakeProvider implements Provider {
	readonly id = 'fake';
	readonly label = 'Fake';
	readonly demo = false;
	readonly defaultModel = 'fake-1';
	can = { background: true, webSearch: true };
	/** What was asked, in order: `create`, `resume 3`, `fetch`, `cancel`. */
	readonly calls: string[] = [];
	/** When each cancel arrived, by this machine's clock. */
	readonly cancelledAt: number[] = [];
	readonly requests: ResponseRequest[] = [];
	/** The signals that the streams were given. */
	readonly signals: AbortSignal[] = [];
	onCancel: (signal: AbortSignal) => Promise<CancelAnswer> = async () => ({
		provider: 'confirmed',
		outcome: outcome('cancelled')
	});
	onFetch: (signal: AbortSignal) => Promise<ProviderOutcome> = async () => outcome('cancelled');
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

	/** How often it was asked for something. */
	count(call: string): number {
		return this.calls.filter((made) => made.startsWith(call)).length;
	}

	async *#play(script: readonly Step[], signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		this.signals.push(signal);
		for (const step of script) {
			if (step === 'silence') await hungUp(signal);
			else if (step instanceof Error) throw step;
			else if (typeof step === 'function') await Promise.race([step(), hungUp(signal)]);
			else yield step;
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

/** The provider's last event. */
export function ended(cursor: number | null, result = outcome('completed', { text: 'Done.' })): ProviderEvent {
	return { cursor, type: 'ended', outcome: result };
}
