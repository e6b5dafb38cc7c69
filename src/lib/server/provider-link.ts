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
import { nothingBilled, totalOf, unknownBill, type Bills } from './bills.ts';
import { pause, type Clock } from './clock.ts';
import type { Bill, JobRow } from './db/schema.ts';
import type { EventWriter } from './event-writer.ts';
import { OpenResponse } from './open-response.ts';
import { ProviderContact } from './provider-contact.ts';
import { haltAtProvider, ORDINARY, type Halt, type Patience } from './provider-stop.ts';
import { isTerminal } from './providers/outcome.ts';
import { ProviderNotices } from './provider-notices.ts';
import { attach, type AttachDeps, type ProviderMemory } from './providers/attach.ts';
import { requestPicture } from './providers/picture.ts';
import { requestVectors } from './providers/vectors.ts';
import type { Dispensable } from './providers/refusals.ts';
import { choicesOf } from './run-choices.ts';

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
	silenceMs: number;
	heard(): void;
	/** Its stream was lost, and goes on. */
	interrupted?(): void;
}

/** A run's one link to its provider: remembers in the job's row what was created there and how far its events have come, so that neither a cut nor a restart pays twice. */
export class ProviderLink implements DurableProvider, ProviderMemory {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly model: string;
	readonly silenceMs: number;
	readonly #parts: LinkParts;
	/** How the run stands with its provider. */
	readonly contact: ProviderContact;
	/** How the response ended, by the provider's word; null while it runs or is unknown. */
	outcome: ProviderOutcome | null = null;
	/** What the model was found to refuse in this run. */
	readonly #refused = new Set<Dispensable>();
	readonly #notices: ProviderNotices;
	/** The connection's own signal: a create on its way outlives the run's, until its id is known. */
	readonly #reach = new AbortController();
	/** Told when no create is on its way any more. */
	readonly #waiting = new Set<() => void>();
	state: 'none' | 'creating' | 'created';
	responseId: string | null;
	cursor: number | null;
	#step: string;
	#bills: Bills;
	/** A create is on its way whose answer will bring an id. A picture has none: there is nothing to wait for when it is to stop. */
	#awaitsId = false;
	/** The response runs there without our connection: only then has the row a cursor to go on from. */
	#resumable = true;
	/** The response that is being read. */
	#open: OpenResponse | null = null;
	#halting: { responseId: string | null; halt: Promise<Halt> } | null = null;

	constructor(parts: LinkParts) {
		this.#parts = parts;
		({ id: this.id, label: this.label, demo: this.demo } = parts.provider);
		({ model: this.model, silenceMs: this.silenceMs } = parts);
		this.#notices = new ProviderNotices(parts);
		this.contact = new ProviderContact(parts.provider, parts.clock);
		this.state = parts.row.providerState;
		this.responseId = parts.row.responseId;
		this.cursor = parts.row.cursor;
		this.#step = parts.row.providerStep;
		this.#bills = parts.row.bills ?? {};
	}

	get can() {
		return this.#parts.provider.can;
	}
	/** Whether another process can go on from where this one stands. */
	get adoptable(): boolean {
		return this.state === 'none' || (this.state === 'created' && this.#lasts);
	}
	get #lasts(): boolean {
		return this.can.background && this.cursor !== null;
	}

	searchUrl(query: string): string {
		return this.#parts.provider.searchUrl(query);
	}

	async embed(texts: readonly string[], step: string): Promise<{ model: string; vectors: readonly Float32Array[] }> {
		this.#parts.signal.throwIfAborted();
		const deps = this.#attachDeps(AbortSignal.any([this.#parts.signal, this.#reach.signal]));
		// Each request is a bill of its own, also one that is made again after a restart.
		const bill = (one: Bill) => this.#bill(totalOf({ before: this.#bills[step] ?? nothingBilled, one }), step);
		return requestVectors(this.contact, texts, bill, deps);
	}

	async *respond(request: Parameters<DurableProvider['respond']>[0], step = ''): AsyncGenerator<ProviderEvent> {
		const { provider, row, streaming, writer, signal: stopped } = this.#parts;
		stopped.throwIfAborted();
		this.#enter(step);
		const whole: ResponseRequest = {
			...request,
			...choicesOf(row.options, request),
			model: this.model,
			background: provider.can.background,
			stream: streaming,
			metadata: { job_id: row.id }
		};
		this.#awaitsId = true;
		const open = new OpenResponse(this.#reach.signal);
		this.#open = open;
		try {
			for await (const event of open.read(attach(this.contact, whole, this, this.#attachDeps(open.signal)))) {
				stopped.throwIfAborted();
				this.#note(event);
				writer.hold();
				try {
					yield event;
				} finally {
					if (this.#resumable) this.cursor = event.cursor ?? this.cursor;
					writer.release(this.#resumable ? event.cursor : null);
				}
				await writer.room();
			}
			stopped.throwIfAborted();
		} finally {
			this.#awaitsId = false;
			this.#open = null;
			this.contact.rest();
		}
	}

	async stop(): Promise<ProviderOutcome | null> {
		const [open, step] = [this.#open, this.#step];
		// Taken up again and not read yet, it may still run.
		if (!open && (this.state !== 'created' || this.outcome)) return this.outcome;
		if (open) await this.answered(ORDINARY.cancelMs);
		if (this.#open !== open) return this.outcome;
		const { responseId } = this;
		const { outcome } = await this.halt(ORDINARY);
		// Stopped meanwhile, the run settles it.
		if (this.#parts.signal.aborted) return outcome;
		if (!outcome?.usage || this.#bills[step]?.usage == null) this.#bill(this.#billOf(outcome, responseId), step);
		const over = outcome !== null && isTerminal(outcome.status) ? outcome : null;
		open?.hangUp(over);
		return over;
	}

	/** Ends at the provider what is open there, within `patience`; asked for again meanwhile, it is the same asking. */
	halt(patience: Patience): Promise<Halt> {
		const { provider, clock } = this.#parts;
		const { state, responseId, outcome } = this;
		if (this.#halting?.responseId === responseId) return this.#halting.halt;
		const halt = haltAtProvider(provider, { state, responseId, resumable: this.#lasts, outcome }, clock, patience);
		const halting = { responseId, halt };
		this.#halting = halting;
		void halt.then(() => (this.#halting = this.#halting === halting ? null : this.#halting));
		return halt;
	}

	async *image(request: Parameters<DurableProvider['image']>[0], step: string): AsyncGenerator<ImageEvent> {
		const { streaming, signal: stopped } = this.#parts;
		stopped.throwIfAborted();
		this.#enter(step);
		const stream = streaming && request.stream !== false && request.count === 1;
		const whole: ImageRequest = { ...request, model: this.model, stream };
		const signal = AbortSignal.any([stopped, this.#reach.signal]);
		for await (const event of requestPicture(this.contact, whole, this, this.#attachDeps(signal))) {
			stopped.throwIfAborted();
			// An answer that has begun is no unknown outcome any more, whatever becomes of the rest.
			if (event.type === 'accepted') this.#become('created');
			if (event.type === 'ended') {
				this.#bill({ usage: event.usage, cost: event.cost });
				this.#become('none');
				this.contact.rest();
			}
			yield event;
		}
	}

	#attachDeps(signal: AbortSignal): AttachDeps {
		const { clock, log, idleMs } = this.#parts;
		const heard = () => this.#parts.heard();
		const retryNotice = (error: HeadwayError, waitMs: number) => this.#notices.waits(error, waitMs);
		const leftOut = (part: Dispensable) => this.#notices.leftOut(part);
		return { clock, idleMs, log, signal, heard, retryNotice, refused: this.#refused, leftOut };
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

	/** Everything that was billed, with what is known of the request that is open: written down without an event, since the end tells the sum. */
	settle(outcome: ProviderOutcome | null): Bill {
		if (this.state === 'none') return totalOf(this.#bills);
		if (outcome?.usage || !this.#bills[this.#step]) this.#book(this.#billOf(outcome, this.responseId), this.#step);
		this.#parts.writer.note({ bills: this.#bills });
		return totalOf(this.#bills);
	}

	/** Without its usage it names the response, so that it is asked again later. */
	#billOf(outcome: ProviderOutcome | null, responseId: string | null): Bill {
		const { usage, cost } = outcome ?? unknownBill;
		const again = usage === null && responseId !== null && this.#lasts;
		return { usage, cost, ...(again && { responseId }) };
	}

	#book(bill: Bill, step: string): void {
		this.#bills = { ...this.#bills, [step]: bill };
	}

	#bill(bill: Bill, step = this.#step): void {
		this.#book(bill, step);
		const { usage, cost } = totalOf(this.#bills);
		const patch = { bills: this.#bills };
		if (usage) this.#parts.writer.add({ type: 'usage', data: { usage, cost } }, patch);
		else this.#parts.writer.note(patch);
	}

	/** Resolves once no create is on its way any more, or after `ms`. */
	async answered(ms: number): Promise<void> {
		if (this.state !== 'creating' || !this.#awaitsId) return;
		const settled = new AbortController();
		const settle = () => settled.abort();
		this.#waiting.add(settle);
		await pause(this.#parts.clock, ms, settled.signal);
		this.#waiting.delete(settle);
	}

	/** Ends the connection, whatever it waits for. */
	close(): void {
		const { signal } = this.#parts;
		this.#reach.abort(signal.aborted ? signal.reason : new Error('the run is over'));
	}

	#note(event: ProviderEvent): void {
		if (event.type === 'ended') {
			this.outcome = event.outcome;
			this.#bill(this.#billOf(event.outcome, this.responseId));
		}
		if (event.type === 'reconnected') this.#notices.reconnected(event.how);
	}

	/** Stored before the request leaves, so that a lost answer is known to be lost. */
	async creating(): Promise<void> {
		this.state = 'creating';
		this.#parts.writer.note({ providerState: 'creating' });
		await this.#parts.writer.flush();
	}

	/** Stored before anything of the response is shown. */
	async created(responseId: string, model: string | null, resumable: boolean): Promise<void> {
		this.state = 'created';
		this.responseId = responseId;
		this.#resumable = resumable;
		// The event that carries the id is the first one: a process lost right after it goes on from there, live.
		this.cursor = resumable ? (this.cursor ?? 0) : null;
		const patch = { providerState: 'created' as const, responseId, cursor: this.cursor };
		this.#parts.writer.add({ type: 'response', data: { responseId, model } }, patch);
		await this.#parts.writer.flush();
		this.#parts.log.info({ jobId: this.#parts.row.id, responseId }, 'response created');
		for (const settle of this.#waiting) settle();
	}

	async rejected(): Promise<void> {
		this.state = 'none';
		this.#parts.writer.note({ providerState: 'none' });
		await this.#parts.writer.flush();
		for (const settle of this.#waiting) settle();
	}
}
