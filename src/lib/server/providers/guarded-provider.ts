import { HeadwayError } from '../../jobs/error.ts';
import type {
	CancelAnswer,
	Embedding,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import { Breaker } from './breaker.ts';
import { ProviderError } from './errors.ts';
import { Health, type Call } from './health.ts';
import { within } from './listen.ts';
import { Watch } from './watch.ts';

/** How long a test may take. */
const TEST_MS = 10_000;

/** What a test showed. */
export interface TestOutcome {
	ok: boolean;
	at: number;
	ms: number;
	/** What a person reads. */
	message: string;
}

/**
 * A provider with its circuit breaker. What creates is refused with `provider_paused` while it is open. `resume`, `fetch`
 * and `cancel` always go through: what runs there must be found again, and stopped.
 */
export class GuardedProvider implements Provider {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly typicalMs?: NonNullable<Provider['typicalMs']>;
	readonly pollMs?: NonNullable<Provider['pollMs']>;
	readonly host?: string;
	readonly breaker: Breaker;
	readonly health: Health;
	readonly #inner: Provider;
	readonly #clock: Clock;
	lastTest: TestOutcome | null = null;

	constructor(inner: Provider, { clock, pauseMs }: { clock: Clock; pauseMs: number }) {
		this.#inner = inner;
		this.#clock = clock;
		this.id = inner.id;
		this.label = inner.label;
		this.demo = inner.demo;
		if (inner.typicalMs !== undefined) this.typicalMs = inner.typicalMs;
		if (inner.pollMs !== undefined) this.pollMs = inner.pollMs;
		if (inner.host !== undefined) this.host = inner.host;
		this.breaker = new Breaker({ label: inner.label, clock, pauseMs });
		this.health = new Health(clock);
	}

	get can(): Provider['can'] {
		return this.#inner.can;
	}
	get defaultModel(): string {
		return this.#inner.defaultModel;
	}
	get defaultImageModel(): string {
		return this.#inner.defaultImageModel;
	}
	/** Whether it can be asked something that costs nothing. */
	get testable(): boolean {
		return this.#inner.check !== undefined;
	}

	searchUrl(query: string): string {
		return this.#inner.searchUrl(query);
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		const open = () => this.#inner.create(request, signal);
		const resumable = request.background && this.can.background;
		const watching = { ...this.#watching('create', signal), resumable, whole: !request.stream };
		return new Watch({ ...watching, open, enter: () => this.breaker.enter() });
	}

	resume(responseId: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		const open = () => this.#inner.resume(responseId, cursor, signal);
		return new Watch({ ...this.#watching('resume', signal), resumable: true, open });
	}

	image(request: ImageRequest, signal: AbortSignal): AsyncIterable<ImageEvent> {
		const open = () => this.#inner.image(request, signal);
		return new Watch({ ...this.#watching('image', signal), resumable: false, open, enter: () => this.breaker.enter() });
	}

	fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome> {
		return this.#asked('fetch', signal, () => this.#inner.fetch(responseId, signal));
	}

	cancel(responseId: string, signal: AbortSignal): Promise<CancelAnswer> {
		return this.#asked('cancel', signal, () => this.#inner.cancel(responseId, signal));
	}

	async embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding> {
		const passage = this.breaker.enter();
		try {
			const embedding = await this.#asked('embed', signal, () => this.#inner.embed(texts, signal));
			await passage.succeeded();
			return embedding;
		} catch (error) {
			if (signal.aborted || !(error instanceof HeadwayError)) await passage.dropped();
			else await passage.failed(error, false);
			throw error;
		}
	}

	/** Asks it something that costs nothing. When it answers, everything is let through again. Never rejects. */
	async test(signal: AbortSignal): Promise<TestOutcome> {
		const at = this.#clock.now();
		const outcome = await this.models(signal).then(
			(models) => ({ ok: true, message: told(models, this.defaultModel) }),
			(error: unknown) => ({ ok: false, message: sentenceOf(error, this.label) })
		);
		if (outcome.ok) this.breaker.close();
		this.lastTest = { ...outcome, at, ms: this.#clock.now() - at };
		return this.lastTest;
	}

	/** The models that it lists; null where it lists none, or not those that it runs. Throws when it does not answer, or cannot be asked. */
	async models(signal: AbortSignal): Promise<readonly string[] | null> {
		const over = new AbortController();
		const message = `${this.label} did not answer within ${TEST_MS / 1_000} s.`;
		const idle = () => new ProviderError('provider_idle', message);
		try {
			const check = this.#inner.check?.(AbortSignal.any([signal, over.signal]));
			if (!check) throw new HeadwayError('not_supported', `${this.label} cannot be asked anything that costs nothing.`);
			const answer = within(check, { clock: this.#clock, signal, idleMs: TEST_MS, idle });
			return await this.#asked('check', signal, () => answer);
		} finally {
			over.abort();
		}
	}

	async #asked<T>(call: Call, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
		try {
			const answer = await ask();
			this.health.heard();
			this.health.ended(call, 'ok');
			return answer;
		} catch (error) {
			const known = !signal.aborted && error instanceof HeadwayError ? error : null;
			this.health.ended(call, known?.code ?? 'given_up', known);
			throw error;
		}
	}

	#watching(call: Call, signal: AbortSignal) {
		return { call, signal, health: this.health, clock: this.#clock };
	}
}

function sentenceOf(error: unknown, label: string): string {
	// Nothing was under way that could be kept.
	return error instanceof HeadwayError
		? error.message.replace('; what arrived is kept', '')
		: `${label} could not be tested.`;
}

function told(models: readonly string[] | null, model: string): string {
	if (models === null) return 'It answers.';
	const count = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
	return `It answers, and has ${count}, ${models.includes(model) ? `${model} among them` : `but ${model} is not among them`}.`;
}
