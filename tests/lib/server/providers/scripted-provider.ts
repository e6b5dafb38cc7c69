import type {
	CancelAnswer,
	Embedding,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '../../../../src/lib/operations/operation.ts';
import type { ProviderMemory } from '../../../../src/lib/server/providers/attach.ts';

/** One thing that a scripted stream does: tell an event, fail, or say nothing until it is hung up. */
export type Step = ProviderEvent | Error | 'silence';

/** A provider that does what the test wrote down: one script for each create and resume, one answer for each fetch. */
export class ScriptedProvider implements Provider {
	readonly id = 'scripted';
	readonly label = 'Scripted';
	readonly demo = false;
	readonly defaultModel = 'm';
	readonly defaultImageModel = 'm-image';
	can = { background: true, webSearch: true, images: true, structured: true, embeddings: true };
	creates: Step[][] = [];
	resumes: Step[][] = [];
	fetches: (ProviderOutcome | Error)[] = [];
	images: (ImageEvent | Error | 'silence')[][] = [];
	/** What was asked, in order: `create background`, `resume 3`, `fetch`, `cancel`, `image`, `embed 2`. */
	readonly calls: string[] = [];
	embeds: (Embedding | Error)[] = [];
	/** How many streams were hung up. */
	closed = 0;

	searchUrl(query: string): string {
		return `/search?q=${query}`;
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.calls.push(request.background ? 'create background' : 'create');
		return this.#play(this.creates.shift(), signal);
	}

	resume(_: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.calls.push(`resume ${cursor}`);
		return this.#play(this.resumes.shift(), signal);
	}

	async fetch(): Promise<ProviderOutcome> {
		this.calls.push('fetch');
		const answer = this.fetches.shift();
		if (!answer) throw new Error('a fetch that the test did not expect');
		if (answer instanceof Error) throw answer;
		return answer;
	}

	async cancel(): Promise<CancelAnswer> {
		this.calls.push('cancel');
		return { provider: 'confirmed', outcome: null };
	}

	image(_: ImageRequest, signal: AbortSignal): AsyncIterable<ImageEvent> {
		this.calls.push('image');
		return this.#play(this.images.shift(), signal);
	}

	async embed(texts: readonly string[]): Promise<Embedding> {
		this.calls.push(`embed ${texts.length}`);
		const answer = this.embeds.shift();
		if (!answer) throw new Error('vectors that the test did not expect');
		if (answer instanceof Error) throw answer;
		return answer;
	}

	async *#play<E>(script: (E | Error | 'silence')[] | undefined, signal: AbortSignal): AsyncGenerator<E> {
		if (!script) throw new Error('a stream that the test did not expect');
		signal.addEventListener('abort', () => (this.closed += 1), { once: true });
		for (const step of script) {
			if (step === 'silence')
				await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
			else if (step instanceof Error) throw step;
			else yield step;
		}
	}
}

/** A memory that keeps its state, and each change in `history`. */
export class KeptMemory implements ProviderMemory {
	state: ProviderMemory['state'] = 'none';
	responseId: string | null = null;
	cursor: number | null = null;
	readonly history: string[] = [];

	async creating(): Promise<void> {
		this.state = 'creating';
		this.history.push('creating');
	}

	async created(responseId: string): Promise<void> {
		this.state = 'created';
		this.responseId = responseId;
		this.history.push(`created ${responseId}`);
	}

	async rejected(): Promise<void> {
		this.state = 'none';
		this.history.push('rejected');
	}
}

/** A memory as a process finds it that comes after another. */
export function leftBehind(cursor: number | null): KeptMemory {
	return Object.assign(new KeptMemory(), { state: 'created', responseId: 'r1', cursor });
}

export const created: ProviderEvent = { cursor: 0, type: 'created', responseId: 'r1', model: 'm' };

export function text(cursor: number, words: string): ProviderEvent {
	return { cursor, type: 'text', itemId: 'msg', part: 0, text: words };
}

export function alive(cursor: number | null, status?: 'queued' | 'in_progress'): ProviderEvent {
	return { cursor, type: 'alive', ...(status && { status }) };
}

export function outcome(status: ProviderOutcome['status'], facts: Partial<ProviderOutcome> = {}): ProviderOutcome {
	return {
		responseId: 'r1',
		status,
		model: 'm',
		text: '',
		citations: [],
		refusal: null,
		error: null,
		incompleteReason: null,
		usage: null,
		cost: { usd: null, known: false },
		items: [],
		...facts
	};
}

export function ended(cursor: number | null, result = outcome('completed')): ProviderEvent {
	return { cursor, type: 'ended', outcome: result };
}
