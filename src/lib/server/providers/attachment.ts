import { HeadwayError } from '../../jobs/error.ts';
import type { Provider, ProviderEvent, ProviderOutcome, ResponseRequest } from '../../operations/operation.ts';
import { pause } from '../clock.ts';
import { AdaptableRequest } from './adaptable-request.ts';
import type { AttachDeps, ProviderMemory } from './memory.ts';
import { backoff } from './backoff.ts';
import { connectionLost, ProviderError, unknownOutcome } from './errors.ts';
import { inStream, isFatal, isLost, turnedAway, waitBeforeCreate } from './faults.ts';
import { listen, within, type Listening } from './listen.ts';
import { isTerminal } from './outcome.ts';
import { QueueWatch } from './queue-watch.ts';
import { Seen } from './seen.ts';
import { fresh, type Stretch } from './stretch.ts';

/** A connection that lasted this long was a steady one; the wait after those that did not grows to five seconds. */
const STEADY_MS = 3_000;
const LONGEST_BRIEF_MS = 5_000;

/** Waits between polls, as the vendors suggest: the answer of a research is minutes away (providers.md, section 1). */
export const usualPollMs: readonly number[] = [2_000, 5_000, 10_000];

/** Whether a poll stands for a stream: never, for one that was lost, for one whose loss was told already. */
type Link = 'planned' | 'lost' | 'found';

/** One run of `attach`: what it knows of the response, and the ways to it. */
export class Attachment {
	readonly #provider: Provider;
	readonly #memory: ProviderMemory;
	readonly #deps: AttachDeps;
	readonly #adopted: boolean;
	readonly #seen = new Seen();
	readonly #queue: QueueWatch;
	readonly #asked: AdaptableRequest;
	#responseId: string | null;
	#cursor: number | null;

	constructor(provider: Provider, request: ResponseRequest, memory: ProviderMemory, deps: AttachDeps) {
		this.#provider = provider;
		const background = request.background && provider.can.background;
		this.#asked = new AdaptableRequest({ ...request, background }, deps);
		this.#memory = memory;
		this.#deps = deps;
		this.#queue = new QueueWatch(deps.clock);
		this.#adopted = memory.state === 'created';
		this.#responseId = this.#adopted ? memory.responseId : null;
		this.#cursor = this.#adopted ? memory.cursor : null;
	}

	async *run(): AsyncGenerator<ProviderEvent, void> {
		try {
			yield* this.#all();
		} finally {
			this.#queue.end();
		}
	}

	async *#all(): AsyncGenerator<ProviderEvent, void> {
		if (this.#adopted && (this.#cursor === null || !this.#asked.now.background)) throw this.#interrupted();
		const stretch = this.#adopted ? fresh() : yield* this.#create();
		if (stretch.ended) return;
		if (!this.#asked.now.background) throw stretch.error ?? connectionLost(this.#provider.label);
		if (this.#asked.now.stream) yield* this.#reattach(stretch);
		else yield* this.#poll('planned');
	}

	/** Creates, again only where nothing can have begun, until there is an id or an end. */
	async *#create(): AsyncGenerator<ProviderEvent, Stretch> {
		for (let tries = 1; ;) {
			await this.#memory.creating();
			const stretch = yield* this.#follow((signal) => this.#provider.create(this.#asked.now, signal));
			if (stretch.ended || (this.#responseId && !this.#cameToNothing(stretch))) return stretch;
			this.#responseId = null;
			const { error } = stretch;
			if (!error || isLost(error)) throw unknownOutcome(this.#provider.label, error?.cause ?? error);
			await this.#memory.rejected();
			if (this.#asked.adapt(error)) continue;
			await this.#beforeNextTry(error, tries);
			tries += 1;
		}
	}

	/** Turned away inside its stream before a word of the answer (OpenRouter's upstreams). In the background the response itself tells. */
	#cameToNothing({ said, error }: Stretch): boolean {
		return !this.#asked.now.background && !said && turnedAway(error);
	}

	async #beforeNextTry(error: HeadwayError, tries: number): Promise<void> {
		const waitMs = waitBeforeCreate(error, tries, this.#random);
		if (waitMs === null) throw error;
		this.#deps.retryNotice?.(error, waitMs);
		await this.#wait(waitMs);
	}

	/** Finds the stream again, as often as it brings something; otherwise polls. */
	async *#reattach(lost: Stretch): AsyncGenerator<ProviderEvent, void> {
		let attempts = 0;
		// Connections in a row that brought something but did not last: without a wait they would be opened hundreds of times a second.
		let brief = 0;
		for (let stretch = lost; !stretch.ended;) {
			if (stretch.progressed) attempts = 0;
			this.#deps.log.info({ cursor: this.#cursor, attempts, err: stretch.error }, 'the stream was cut; going on');
			await this.#checkQueue();
			const { error } = stretch;
			// An error event, or a stream without anything, says that the run is over rather than the connection.
			if (error ? inStream(error) : attempts > 0 && !stretch.alive) {
				const outcome = await this.#truth(error);
				if (outcome && isTerminal(outcome.status)) return yield* this.#polled(outcome, 'lost');
			} else if (error && error.code !== 'provider_gone' && isFatal(error)) throw error;
			if (error?.code === 'provider_gone' || this.#cursor === null || attempts >= this.#maxReattach) break;
			if (attempts > 0) await this.#wait(this.#pauseAfter(error, attempts));
			else if (brief > 0) await this.#wait(Math.min(LONGEST_BRIEF_MS, backoff(brief, this.#random, 250)));
			attempts += 1;
			const opened = this.#deps.clock.now();
			stretch = yield* this.#resume(this.#responseId ?? '', this.#cursor);
			if (stretch.ended) return;
			brief = this.#deps.clock.now() - opened < STEADY_MS ? brief + 1 : 0;
		}
		yield* this.#poll('lost');
	}

	#resume(responseId: string, cursor: number): AsyncGenerator<ProviderEvent, Stretch> {
		return this.#follow((signal) => this.#provider.resume(responseId, cursor, signal), true);
	}

	/** Passes on one connection's events, and tells how it went. Throws only for an abort or a failing memory. */
	async *#follow(
		open: (signal: AbortSignal) => AsyncIterable<ProviderEvent>,
		again = false
	): AsyncGenerator<ProviderEvent, Stretch> {
		const stretch = fresh();
		const source = listen(open, this.#listening(this.#asked.now.stream || this.#asked.now.background));
		try {
			while (true) {
				const step = await this.#next(source, stretch);
				if (!step || step.done) return stretch;
				if (again && !stretch.alive) yield { cursor: null, type: 'reconnected', how: 'stream' };
				stretch.alive = true;
				yield* this.#take(step.value, stretch);
				if (stretch.ended) return stretch;
				await this.#checkQueue();
			}
		} finally {
			await source.return();
		}
	}

	async #next(
		source: AsyncGenerator<ProviderEvent, void>,
		stretch: Stretch
	): Promise<IteratorResult<ProviderEvent, void> | null> {
		try {
			return await source.next();
		} catch (error) {
			this.#deps.signal.throwIfAborted();
			if (!(error instanceof HeadwayError)) throw error;
			stretch.error = error;
			return null;
		}
	}

	async *#take(event: ProviderEvent, stretch: Stretch): AsyncGenerator<ProviderEvent, void> {
		// That it still queues is no sign of life: a bar that went on would promise work that nobody does.
		if (!(event.type === 'alive' && event.status === 'queued')) this.#deps.heard();
		if (event.cursor !== null) this.#cursor = Math.max(this.#cursor ?? 0, event.cursor);
		this.#queue.note(event);
		if (event.type === 'created') await this.#store(event.responseId, event.model);
		if (event.type === 'ended') {
			stretch.ended = true;
			const outcome = await this.#whole(event.outcome);
			yield* this.#missing(outcome, this.#adopted);
			yield { ...event, outcome };
		} else if (this.#seen.first(event)) {
			stretch.progressed ||= event.type !== 'alive';
			stretch.said ||= !['created', 'alive', 'message'].includes(event.type);
			yield event;
		} else yield { cursor: event.cursor, type: 'alive' };
	}

	async #store(responseId: string, model: string | null): Promise<void> {
		if (this.#responseId) return;
		await this.#memory.created(responseId, model, this.#asked.now.background);
		this.#responseId = responseId;
	}

	/** Asks how it stands until it is over. `planned`: there never was a stream to lose. */
	async *#poll(link: Link): AsyncGenerator<ProviderEvent, void> {
		const waits = this.#provider.pollMs ?? usualPollMs;
		const waitAfter = (polls: number) =>
			(waits[Math.min(polls, waits.length - 1)] ?? 10_000) * (0.9 + this.#random() * 0.2);
		let waitMs = link === 'planned' ? waitAfter(0) : 0;
		for (let polls = 0, failures = 0; ;) {
			if (waitMs > 0) await this.#wait(waitMs);
			const outcome = await this.#fetch().catch((error: unknown) => this.#tolerate(error, (failures += 1)));
			if ('waitMs' in outcome) {
				waitMs = outcome.waitMs;
				continue;
			}
			yield* this.#polled(outcome, polls > 0 && link === 'lost' ? 'found' : link);
			if (isTerminal(outcome.status)) return;
			await this.#checkQueue();
			failures = 0;
			waitMs = waitAfter(polls);
			polls += 1;
		}
	}

	#tolerate(error: unknown, failures: number): { waitMs: number } {
		this.#deps.signal.throwIfAborted();
		if (!(error instanceof HeadwayError) || isFatal(error) || failures > this.#maxReattach) throw error;
		return { waitMs: this.#pauseAfter(error, failures) };
	}

	async *#polled(outcome: ProviderOutcome, link: Link): AsyncGenerator<ProviderEvent, void> {
		if (outcome.status !== 'queued') this.#deps.heard();
		if (link === 'lost') yield { cursor: null, type: 'reconnected', how: 'poll' };
		yield* this.#missing(outcome, false);
		if (isTerminal(outcome.status)) return yield { cursor: null, type: 'ended', outcome };
		const alive = { cursor: null, type: 'alive', status: outcome.status as 'queued' | 'in_progress' } as const;
		this.#queue.note(alive);
		yield alive;
	}

	/** The items that were not told. After a restart a stream tells only of those that it began to tell itself. */
	*#missing(outcome: ProviderOutcome, onlyKnown: boolean): Generator<ProviderEvent, void> {
		for (const item of outcome.items) {
			if ((!onlyKnown || this.#seen.knows(item)) && this.#seen.first(item)) yield item;
		}
	}

	/** An end without the response that ended is no word on what it came to: the response itself is asked. */
	async #whole(outcome: ProviderOutcome): Promise<ProviderOutcome> {
		if (outcome.responseId !== null || outcome.text !== '' || !this.#asked.now.background) return outcome;
		const truth = await this.#truth(outcome.error).catch(() => null);
		this.#deps.signal.throwIfAborted();
		return truth && isTerminal(truth.status) ? truth : outcome;
	}

	/** How it stands, after a failure; null when that cannot be had now. */
	async #truth(failure: HeadwayError | null): Promise<ProviderOutcome | null> {
		try {
			return await this.#fetch();
		} catch (error) {
			this.#deps.signal.throwIfAborted();
			if (!(error instanceof HeadwayError) || isFatal(error)) throw failure ?? error;
			return null;
		}
	}

	#fetch(): Promise<ProviderOutcome> {
		const listening = this.#listening(true);
		return within(this.#provider.fetch(this.#responseId ?? '', listening.signal), listening);
	}

	/** Providers have left runs queued for ever: after ten minutes it is given up there too. */
	async #checkQueue(): Promise<void> {
		const { signal, log } = this.#deps;
		if (!this.#asked.now.background || !this.#queue.isStuck) return;
		const cancel = this.#provider.cancel(this.#responseId ?? '', signal);
		await within(cancel, this.#listening(true)).catch((err: unknown) => {
			signal.throwIfAborted();
			log.warn({ err }, 'a run that stayed queued could not be cancelled');
		});
		const message = `${this.#provider.label} kept the request queued for more than 10 minutes; it was cancelled there.`;
		throw new ProviderError('provider_idle', message);
	}

	#listening(impatient: boolean): Listening {
		const { clock, signal } = this.#deps;
		const idleMs = impatient ? (this.#deps.idleMs ?? 120_000) : Infinity;
		const seconds = Math.round(idleMs / 1_000);
		const message = `No data from ${this.#provider.label} for ${seconds} s; what arrived is kept.`;
		return { clock, signal, idleMs, idle: () => new ProviderError('provider_idle', message) };
	}

	#interrupted(): HeadwayError {
		const message = `The run at ${this.#provider.label} was cut off with the server's process; what arrived is kept.`;
		return new HeadwayError('interrupted', message);
	}

	#pauseAfter(error: HeadwayError | null, attempts: number): number {
		return error?.retryAfter === undefined ? backoff(attempts, this.#random) : error.retryAfter * 1_000;
	}

	async #wait(ms: number): Promise<void> {
		await pause(this.#deps.clock, ms, this.#deps.signal);
		this.#deps.signal.throwIfAborted();
	}

	get #random(): () => number {
		return this.#deps.random ?? Math.random;
	}

	get #maxReattach(): number {
		return this.#deps.maxReattach ?? 5;
	}
}
