import type {
	DurableProvider,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest,
	RunLog
} from '../operations/operation.ts';
import type { HeadwayError } from '../jobs/error.ts';
import { pause, type Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { EventWriter } from './event-writer.ts';
import { attach, type ProviderMemory } from './providers/attach.ts';

/** What a link needs of its run. */
export interface LinkParts {
	row: JobRow;
	provider: Provider;
	model: string;
	signal: AbortSignal;
	streaming: boolean;
	clock: Clock;
	writer: EventWriter;
	log: RunLog;
	idleMs: number;
	heard(): void;
}

/** A link that is cut again and again says so once in this time. */
const NOTICE_MS = 30_000;

/** A run's one link to its provider: remembers in the job's row what was created there and how far its events have come, so that neither a cut nor a restart pays twice. */
export class ProviderLink implements DurableProvider, ProviderMemory {
	readonly #parts: LinkParts;
	/** How the response ended, by the provider's word; null while it runs or is unknown. */
	outcome: ProviderOutcome | null = null;
	#reconnectedAt = Number.NEGATIVE_INFINITY;
	/** The connection's own signal: a create on its way outlives the run's, until its id is known. */
	readonly #reach = new AbortController();
	#answered: () => void = () => undefined;
	state: 'none' | 'creating' | 'created';
	responseId: string | null;
	cursor: number | null;

	constructor(parts: LinkParts) {
		this.#parts = parts;
		this.state = parts.row.providerState;
		this.responseId = parts.row.responseId;
		this.cursor = parts.row.cursor;
	}

	get id() {
		return this.#parts.provider.id;
	}
	get label() {
		return this.#parts.provider.label;
	}
	get demo() {
		return this.#parts.provider.demo;
	}
	get can() {
		return this.#parts.provider.can;
	}
	get model() {
		return this.#parts.model;
	}

	searchUrl(query: string): string {
		return this.#parts.provider.searchUrl(query);
	}

	async *respond(request: Parameters<DurableProvider['respond']>[0]): AsyncGenerator<ProviderEvent> {
		const { provider, row, clock, log, streaming, writer, idleMs, signal: stopped } = this.#parts;
		const whole: ResponseRequest = {
			...request,
			model: this.model,
			background: provider.can.background,
			stream: streaming,
			metadata: { job_id: row.id }
		};
		const heard = () => this.#parts.heard();
		const retryNotice = (error: HeadwayError, waitMs: number) => this.#waits(error, waitMs);
		const { signal } = this.#reach;
		for await (const event of attach(provider, whole, this, { clock, idleMs, log, signal, heard, retryNotice })) {
			stopped.throwIfAborted();
			this.#note(event);
			writer.hold();
			try {
				yield event;
			} finally {
				this.cursor = event.cursor ?? this.cursor;
				writer.release(event.cursor);
			}
		}
	}

	/** Resolves once no create is on its way any more, or after `ms`. */
	async answered(ms: number): Promise<void> {
		if (this.state !== 'creating') return;
		const settled = new AbortController();
		this.#answered = () => settled.abort();
		await pause(this.#parts.clock, ms, settled.signal);
	}

	/** Ends the connection, whatever it waits for. */
	close(): void {
		const { signal } = this.#parts;
		this.#reach.abort(signal.aborted ? signal.reason : new Error('the run is over'));
	}

	#waits(error: HeadwayError, waitMs: number): void {
		const message = `${error.message.replace(/ Try again.*$/, '')} Trying again in ${Math.max(1, Math.round(waitMs / 1_000))} s.`;
		this.#parts.writer.add({ type: 'notice', data: { level: 'info', code: 'retry', message } });
	}

	#note(event: ProviderEvent): void {
		const { writer, provider } = this.#parts;
		if (event.type === 'ended') {
			this.outcome = event.outcome;
			if (event.outcome.usage)
				writer.add({ type: 'usage', data: { usage: event.outcome.usage, cost: event.outcome.cost } });
		}
		if (event.type === 'reconnected' && this.#parts.clock.now() - this.#reconnectedAt > NOTICE_MS) {
			this.#reconnectedAt = this.#parts.clock.now();
			const message = `Reconnected to ${provider.label}${event.how === 'poll' ? ' (asking for the result from time to time)' : ''}.`;
			writer.add({ type: 'notice', data: { level: 'info', code: 'reconnected', message } });
		}
	}

	/** Stored before the request leaves, so that a lost answer is known to be lost. */
	async creating(): Promise<void> {
		this.state = 'creating';
		this.#parts.writer.note({ providerState: 'creating' });
		await this.#parts.writer.flush();
	}

	/** Stored before anything of the response is shown. */
	async created(responseId: string, model: string | null): Promise<void> {
		this.state = 'created';
		this.responseId = responseId;
		// The event that carries the id is the first one: a process lost right after it goes on from there, live.
		this.cursor ??= 0;
		const patch = { providerState: 'created' as const, responseId, cursor: this.cursor };
		this.#parts.writer.add({ type: 'response', data: { responseId, model } }, patch);
		await this.#parts.writer.flush();
		this.#parts.log.info({ jobId: this.#parts.row.id, responseId }, 'response created');
		this.#answered();
	}

	async rejected(): Promise<void> {
		this.state = 'none';
		this.#parts.writer.note({ providerState: 'none' });
		await this.#parts.writer.flush();
		this.#answered();
	}
}
