import { HeadwayError, type ErrorCode } from '../jobs/error.ts';
import type { Contact } from '../jobs/event.ts';
import type {
	CancelAnswer,
	Embedding,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '../operations/operation.ts';
import type { Clock } from './clock.ts';

/** A provider that notes how a run stands with it (BY-12): each call goes through, and what comes back is heard. One for each run. */
export class ProviderContact implements Provider {
	readonly #provider: Provider;
	readonly #clock: Clock;
	#current: Contact | null = null;

	constructor(provider: Provider, clock: Clock) {
		this.#provider = provider;
		this.#clock = clock;
	}

	/** Null until something was asked. */
	get current(): Contact | null {
		return this.#current;
	}

	get id() {
		return this.#provider.id;
	}
	get label() {
		return this.#provider.label;
	}
	get demo() {
		return this.#provider.demo;
	}
	get can() {
		return this.#provider.can;
	}
	get pollMs() {
		return this.#provider.pollMs;
	}
	get defaultModel() {
		return this.#provider.defaultModel;
	}
	get defaultImageModel() {
		return this.#provider.defaultImageModel;
	}

	searchUrl(query: string): string {
		return this.#provider.searchUrl(query);
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.#turn(request.stream ? 'stream' : request.background ? 'poll' : 'none');
		return this.#listen(this.#provider.create(request, signal), request.stream);
	}

	/** Until it is found again, the stream is still lost. */
	resume(responseId: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.#turn('retrying');
		return this.#listen(this.#provider.resume(responseId, cursor, signal), true);
	}

	async fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome> {
		try {
			const outcome = await this.#provider.fetch(responseId, signal);
			const { status } = outcome;
			this.#heard('poll', status === 'queued' || status === 'in_progress' ? status : null);
			return outcome;
		} catch (error) {
			this.#failed(error);
			throw error;
		}
	}

	cancel(responseId: string, signal: AbortSignal): Promise<CancelAnswer> {
		return this.#provider.cancel(responseId, signal);
	}

	image(request: ImageRequest, signal: AbortSignal): AsyncIterable<ImageEvent> {
		this.#turn(request.stream ? 'stream' : 'none');
		return this.#listen(this.#provider.image(request, signal), request.stream);
	}

	/** A response that is open beside it tells how the run stands. */
	async embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding> {
		const beside = this.#current?.way === 'stream' || this.#current?.way === 'poll';
		try {
			const embedding = await this.#provider.embed(texts, signal);
			this.#heard(beside ? null : 'none', undefined);
			return embedding;
		} catch (error) {
			if (!beside) this.#failed(error);
			throw error;
		}
	}

	/** Nothing is open there any more; what was heard stays. */
	rest(): void {
		if (this.#current) this.#current = { ...this.#current, way: 'none', state: null };
	}

	async *#listen<E extends ProviderEvent | ImageEvent>(events: AsyncIterable<E>, streams: boolean): AsyncGenerator<E> {
		let over = false;
		try {
			for await (const event of events) {
				this.#heard(streams ? 'stream' : null, stateIn(event));
				over ||= event.type === 'ended';
				yield event;
			}
		} catch (error) {
			over = streams || wayAfter(error) !== 'retrying';
			if (over) this.#failed(error);
			throw error;
		} finally {
			// An answer in one piece has nothing to lose: it is asked for from time to time, or is all that there was to hear.
			if (!over && streams) this.#turn('retrying');
		}
	}

	/** A refusal is heard: the provider is there. */
	#failed(error: unknown): void {
		const way = wayAfter(error);
		if (way === 'refused') this.#heard(way, undefined);
		else this.#turn(way);
	}

	#heard(way: Contact['way'] | null, state: Contact['state'] | undefined): void {
		const { way: before, state: said } = this.#current ?? { way: 'none', state: null };
		this.#current = { way: way ?? before, heardAt: this.#clock.now(), state: state === undefined ? said : state };
	}

	#turn(way: Contact['way']): void {
		this.#current = { heardAt: null, state: null, ...this.#current, way };
	}
}

/** The ways in which nothing came back; with any other error it answered. */
const unheard: readonly ErrorCode[] = [
	'provider_unreachable',
	'provider_connection',
	'provider_idle',
	'unknown_outcome'
];

function wayAfter(error: unknown): 'retrying' | 'refused' | 'paused' {
	if (!(error instanceof HeadwayError) || unheard.includes(error.code)) return 'retrying';
	return error.code === 'provider_paused' ? 'paused' : 'refused';
}

/** What an event says of the state at the provider; undefined when nothing. */
function stateIn(event: ProviderEvent | ImageEvent): Contact['state'] | undefined {
	if (event.type === 'ended') return null;
	if (event.type === 'alive') return event.status;
	return event.type === 'created' || event.type === 'accepted' ? undefined : 'in_progress';
}
