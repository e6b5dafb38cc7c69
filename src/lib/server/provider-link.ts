import type {
	DurableProvider,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest,
	RunLog
} from '../operations/operation.ts';
import type { HeadwayError } from '../jobs/error.ts';
import { totalOf, type Bills } from './bills.ts';
import { pause, type Clock } from './clock.ts';
import type { Bill, JobRow } from './db/schema.ts';
import type { EventWriter } from './event-writer.ts';
import { attach, type AttachDeps, type ProviderMemory } from './providers/attach.ts';
import { requestPicture } from './providers/picture.ts';

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

const UNKNOWN: Bill = { usage: null, cost: { usd: null, known: false } };

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
	#step: string;
	#bills: Bills;
	/** A create is on its way whose answer will bring an id. A picture has none: there is nothing to wait for when it is to stop. */
	#awaitsId = false;

	constructor(parts: LinkParts) {
		this.#parts = parts;
		this.state = parts.row.providerState;
		this.responseId = parts.row.responseId;
		this.cursor = parts.row.cursor;
		this.#step = parts.row.providerStep;
		this.#bills = parts.row.bills ?? {};
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

	async *respond(request: Parameters<DurableProvider['respond']>[0], step = ''): AsyncGenerator<ProviderEvent> {
		const { provider, row, streaming, writer, signal: stopped } = this.#parts;
		this.#enter(step);
		const whole: ResponseRequest = {
			...request,
			model: this.model,
			background: provider.can.background,
			stream: streaming,
			metadata: { job_id: row.id }
		};
		this.#awaitsId = true;
		try {
			for await (const event of attach(provider, whole, this, this.#attachDeps(this.#reach.signal))) {
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
		} finally {
			this.#awaitsId = false;
		}
	}

	async *image(request: Parameters<DurableProvider['image']>[0], step: string): AsyncGenerator<ImageEvent> {
		const { provider, streaming, signal: stopped } = this.#parts;
		this.#enter(step);
		const stream = streaming && request.stream !== false && request.count === 1;
		const whole: ImageRequest = { ...request, model: this.model, stream };
		const signal = AbortSignal.any([stopped, this.#reach.signal]);
		for await (const event of requestPicture(provider, whole, this, this.#attachDeps(signal))) {
			stopped.throwIfAborted();
			// An answer that has begun is no unknown outcome any more, whatever becomes of the rest.
			if (event.type === 'accepted') this.#become('created');
			if (event.type === 'ended') {
				this.#bill(event);
				this.#become('none');
			}
			yield event;
		}
	}

	#attachDeps(signal: AbortSignal): AttachDeps {
		const { clock, log, idleMs } = this.#parts;
		const heard = () => this.#parts.heard();
		const retryNotice = (error: HeadwayError, waitMs: number) => this.#waits(error, waitMs);
		return { clock, idleMs, log, signal, heard, retryNotice };
	}

	#become(state: 'none' | 'created'): void {
		this.state = state;
		this.#parts.writer.note({ providerState: state });
	}

	/** Another request than the one that was on its way, or the same one taken up again. */
	#enter(step: string): void {
		if (step === this.#step) return;
		this.#step = step;
		this.outcome = null;
		this.state = 'none';
		this.responseId = null;
		this.cursor = null;
		this.#parts.writer.note({ providerStep: step, providerState: 'none', responseId: null, cursor: null });
	}

	/** Everything that was billed, with `bill` for the request that is open; null when nobody knows more of it than is written down. */
	billed(bill: Bill | null): Bill {
		if (this.state === 'none' && bill === null) return totalOf(this.#bills);
		return totalOf({ ...this.#bills, [this.#step]: bill ?? this.#bills[this.#step] ?? UNKNOWN });
	}

	#bill(bill: Bill): void {
		this.#bills = { ...this.#bills, [this.#step]: { usage: bill.usage, cost: bill.cost } };
		const { usage, cost } = totalOf(this.#bills);
		const patch = { bills: this.#bills };
		if (usage) this.#parts.writer.add({ type: 'usage', data: { usage, cost } }, patch);
		else this.#parts.writer.note(patch);
	}

	/** Resolves once no create is on its way any more, or after `ms`. */
	async answered(ms: number): Promise<void> {
		if (this.state !== 'creating' || !this.#awaitsId) return;
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
			this.#bill(event.outcome);
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
