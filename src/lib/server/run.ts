import type { Receipt } from '../jobs/event.ts';
import type { CancelReason } from '../jobs/job.ts';
import { Withdrawn, type OperationRun, type Provider } from '../operations/operation.ts';
import { feedKey } from './bell.ts';
import { Cleanups } from './cleanups.ts';
import { modelFor } from './default-model.ts';
import { aborted, pause } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import { Expectation } from './estimator.ts';
import { describe, faultOf, faultOfStop, isOverBudget } from './fault.ts';
import { FencedError } from './event-log.ts';
import { EventWriter } from './event-writer.ts';
import { endingWith, type Ending } from './ending.ts';
import { withPossibleBill } from './lost-create.ts';
import { ProgressMeter } from './progress-meter.ts';
import { ProviderLink } from './provider-link.ts';
import { leftRunning, ORDINARY, SHUTDOWN, stopAtProvider, type ProviderStop } from './provider-stop.ts';
import { JobContext } from './run-context.ts';
import type { RunDeps } from './run-deps.ts';
import { whenRoom } from './room.ts';
import { Settlement } from './settlement.ts';
import { Slot } from './slot.ts';

/** Why a run's signal aborts. `lost` means that another process may run the job now: nothing more is written. */
type StopReason = CancelReason | 'lost';

/** How often the bar moves. Rows say at least every 5 s (PG-07). */
const TICK_MS = 1_000;
/** How long an operation may take to notice that it is to stop, before it is left behind. */
const STOP_MS = 5_000;
/** The receipt comes within this time of the stop (architecture section 7). */
const RECEIPT_MS = 10_000;

type Outcome = { ok: true; result: unknown } | { ok: false; error: unknown };

/** One job's way from claim to finish, in one epoch. */
export class Run {
	readonly row: JobRow;
	readonly #deps: RunDeps;
	readonly #operation: OperationRun;
	readonly #provider: Provider;
	readonly #abort = new AbortController();
	readonly #finishing = new AbortController();
	readonly #cleanups: Cleanups;
	readonly #writer: EventWriter;
	readonly #meter: ProgressMeter;
	readonly #link: ProviderLink;
	readonly #settlement: Settlement;
	readonly #adopted: boolean;
	readonly #over = new AbortController();
	/** When this process began to stop the run, and what becomes of it at the provider. */
	#stopping: { since: number; atProvider: Promise<ProviderStop> } | null = null;
	#leftBehind = false;
	#asked = false;
	/** Why events could not be stored. */
	#unwritten: unknown = null;
	readonly #shares: Record<string, number>;
	#forecast: JobRow['forecast'];

	constructor(deps: RunDeps, row: JobRow, operation: OperationRun) {
		this.#deps = deps;
		this.row = row;
		this.#operation = operation;
		const { clock, events } = deps;
		const input = row.input as { provider?: string };
		this.#provider = deps.providerFor(row.provider ?? input.provider);
		const model = row.model ?? modelFor(this.#provider, operation.model, row.input);
		this.row.model = model;
		this.#adopted = row.epoch > 1;
		this.#cleanups = new Cleanups(clock);
		this.#writer = new EventWriter({
			log: events,
			clock,
			jobId: row.id,
			epoch: row.epoch,
			logger: deps.log,
			onFailure: (error) => this.#writeFailed(error)
		});
		const kind = { operation: row.operation, model, variant: row.variant };
		const expectation = new Expectation(operation.model, deps.queries, kind, {
			quietAfterMs: deps.quietAfterMs,
			typicalMs: this.#provider.typicalMs?.[operation.model.runsOn ?? 'text']
		});
		this.#shares = expectation.shares();
		this.#forecast = row.forecast ?? expectation.forecast();
		this.#meter = new ProgressMeter({
			model: operation.model,
			expectation,
			from: deps.snapshots.of(row),
			now: clock.now(),
			floor: row.fraction ?? 0
		});
		this.#link = new ProviderLink({
			...{ row, provider: this.#provider, model, clock, log: deps.log },
			...{ signal: this.#abort.signal, writer: this.#writer },
			streaming: row.options.stream !== false,
			idleMs: deps.idleMs,
			silenceMs: deps.silenceFor(model),
			heard: () => this.#meter.heard(clock.now()),
			interrupted: () => deps.interrupted('provider')
		});
		const own = { writer: this.#writer, cleanups: this.#cleanups };
		this.#settlement = new Settlement({ ...deps, ...operation, row, link: this.#link, ...own });
	}

	/** Runs the job to its end. Never rejects. */
	async go(): Promise<void> {
		try {
			this.#begin();
			const outcome = await this.#work();
			await this.#writer.flush().catch(() => undefined);
			await this.#end(outcome).catch((error: unknown) => this.#endBroken(error));
		} catch (error) {
			this.#deps.log.warn({ jobId: this.row.id, error: String(error) }, 'run ended without a word');
		} finally {
			this.#over.abort();
		}
	}

	/** Stops the run; the first reason stands. One that was `asked` to stop ends as cancelled, whatever the reason. */
	stop(reason: StopReason, asked = false): void {
		if (this.#abort.signal.aborted) return;
		this.#asked = asked;
		this.#deps.log.info({ jobId: this.row.id, reason }, 'job stopping');
		this.#abort.abort(reason);
		if (reason === 'lost' || (reason === 'shutdown' && this.adoptable)) return this.#link.close();
		// Not after the operation: one that ignores its signal must not keep the provider working, and billing.
		this.#stopping = { since: this.#deps.clock.now(), atProvider: this.#stopAtProvider() };
	}

	/** A create on its way is waited for: without its id what it began could not be cancelled, and would be paid. */
	async #stopAtProvider(): Promise<ProviderStop> {
		const isShutdown = this.#abort.signal.reason === 'shutdown';
		const patience = isShutdown ? SHUTDOWN : ORDINARY;
		await this.#link.answered(patience.cancelMs);
		this.#link.close();
		// Its id came just in time: the next process goes on with it.
		if (isShutdown && this.adoptable) return leftRunning;
		return stopAtProvider(this.#link, patience);
	}

	/** Tells the operation to write its result from what it has. */
	finishNow(): void {
		this.#finishing.abort();
	}

	/** Why it is to stop; null while it is not. */
	get stopReason(): StopReason | null {
		return this.#abort.signal.aborted ? (this.#abort.signal.reason as StopReason) : null;
	}

	/** Whether another process can take the job up where it stands. */
	get adoptable(): boolean {
		const { resumable, repeatable } = this.#operation.model.can;
		return repeatable || (resumable && this.#link.adoptable);
	}

	#begin(): void {
		const { row } = this;
		const model = row.model || null;
		const provider = this.#provider.id;
		this.#writer.add(
			{ type: 'started', data: { epoch: row.epoch, provider, model, adopted: this.#adopted, shares: this.#shares } },
			{ provider, model, forecast: this.#forecast }
		);
		if (row.cancelRequestedAt !== null) this.stop(row.cancelReason ?? 'user', true);
		if (row.finishRequestedAt !== null) this.finishNow();
		this.#limitTime();
		this.#tickOn();
	}

	#limitTime(): void {
		const { clock, timeoutFor } = this.#deps;
		const allowed = timeoutFor(this.row.operation, this.#operation.model.limits.timeoutMs);
		const own = this.row.options.timeLimit === undefined ? allowed : this.row.options.timeLimit * 1_000;
		const left = () => Math.min(own, allowed) - this.#meter.workedMs(clock.now());
		void pause(clock, Math.max(0, left()), this.#over.signal).then(() => {
			if (this.#over.signal.aborted) return;
			// A person who was asked took some of it.
			if (left() > 0) this.#limitTime();
			else this.stop('timeout');
		});
	}

	#tickOn(): void {
		void pause(this.#deps.clock, TICK_MS, this.#over.signal).then(() => {
			if (this.#over.signal.aborted || this.#abort.signal.aborted) return;
			this.#tick();
			this.#tickOn();
		});
	}

	#tick(): void {
		if (this.#over.signal.aborted) return;
		const { clock, transients, bell } = this.#deps;
		const data = this.#meter.read(clock.now(), this.#link.contact.current);
		transients.publish({ jobId: this.row.id, at: clock.now(), type: 'progress', data });
		if (data.fraction !== null) this.#writer.save({ fraction: data.fraction, basis: data.basis });
		bell.ring(feedKey(this.row.owner));
	}

	/** The operation's outcome; once it is told to stop it is waited for a little, then left behind. */
	async #work(): Promise<Outcome> {
		const signal = this.#abort.signal;
		if (signal.aborted) return { ok: false, error: signal.reason };
		const work = this.#operation.run(this.row.input, this.#context()).then(
			(result): Outcome => ({ ok: true, result }),
			(error: unknown): Outcome => ({ ok: false, error })
		);
		const late = aborted(signal)
			.then(() => pause(this.#deps.clock, STOP_MS, this.#over.signal))
			.then(() => null);
		const outcome = await Promise.race([work, late]);
		this.#leftBehind = outcome === null;
		return outcome ?? { ok: false, error: signal.reason };
	}

	#context(): JobContext {
		const { state, content, seq } = this.#deps.snapshots.of(this.row);
		const signal = this.#abort.signal;
		const { id: jobId, epoch } = this.row;
		return new JobContext({
			...this.#deps,
			...{ row: this.row, model: this.#operation.model },
			...{ signal, finishing: this.#finishing.signal, over: this.#over.signal },
			...{ provider: this.#link, streaming: this.row.options.stream !== false },
			...{ writer: this.#writer, meter: this.#meter, cleanups: this.#cleanups },
			slot: new Slot({ ...this.#deps, jobId, epoch, signal }),
			resumed: this.#adopted && seq > 0 ? { state, content } : null,
			tick: () => this.#tick()
		});
	}

	async #end(outcome: Outcome): Promise<void> {
		const reason = this.stopReason;
		if (reason === 'lost') return this.#deps.transients.forget(this.row.id);
		if (reason === 'shutdown' && (await this.#isLeft())) return this.#deps.store.release(this.row.id, this.row.epoch);
		const ending = outcome.ok ? await this.#success(outcome.result) : await this.#failure(reason, outcome.error);
		// What each request was billed belongs to the row before it ends.
		await this.#writer.flush().catch(() => undefined);
		const finish = () => this.#deps.store.finish(this.row.id, this.row.epoch, ending);
		if (!(await whenRoom(finish, this.#deps))) return this.#deps.transients.forget(this.row.id);
		this.#deps.transients.release(this.row.id, ending.status === 'succeeded');
		this.#deps.ended(this.row, ending);
	}

	/** What broke at the end ends the job too: found by its lease it would run, and be paid, once more. */
	async #endBroken(error: unknown): Promise<void> {
		this.#deps.log.warn({ jobId: this.row.id, error: describe(error) }, 'the end of a run failed');
		const ending: Ending = { status: 'failed', ...faultOf(error), ...this.#link.settle(null), receipt: null };
		const finish = () => this.#deps.store.finish(this.row.id, this.row.epoch, ending);
		if (await whenRoom(finish, this.#deps)) this.#deps.ended(this.row, ending);
	}

	/** Whether another process is to go on with it. */
	async #isLeft(): Promise<boolean> {
		await this.#stopping?.atProvider;
		if (this.adoptable) this.#deps.log.info({ jobId: this.row.id }, 'job left to the next process');
		return this.adoptable;
	}

	async #success(result: unknown): Promise<Ending> {
		const bill = await this.#settlement.bill(RECEIPT_MS);
		const why = (issues: unknown) => this.#deps.log.warn({ jobId: this.row.id, issues }, 'invalid result');
		return endingWith(result, this.#operation.model.result, bill, why);
	}

	async #failure(stopped: CancelReason | null, error: unknown): Promise<Ending> {
		const reason = stopped ?? (error instanceof Withdrawn ? 'user' : null);
		const receipt = await this.#receipt(reason ?? (isOverBudget(error) ? 'budget' : 'error'));
		if (this.#asked || reason === 'user' || reason === 'disconnect') return { status: 'cancelled', receipt };
		if (reason === null) this.#deps.log.warn({ jobId: this.row.id, error: describe(error) }, 'job failed');
		const facts = { creating: this.#link.state === 'creating', unwritten: this.#unwritten };
		const fault = reason === null ? faultOf(error) : faultOfStop(reason, facts);
		const { cost, usage } = receipt;
		return { status: 'failed', ...withPossibleBill(fault, this.row, this.#deps), cost, usage, receipt };
	}

	async #receipt(reason: CancelReason): Promise<Receipt> {
		const now = this.#deps.clock.now();
		const since = this.#stopping?.since ?? now;
		const spent = now - since;
		// A clock that was set tells nothing of what is left.
		const left = spent >= 0 && spent < RECEIPT_MS ? RECEIPT_MS - spent : RECEIPT_MS / 2;
		const atProvider = this.#stopping?.atProvider ?? this.#stopAtProvider();
		return this.#settlement.receipt(reason, { atProvider, leftBehind: this.#leftBehind, leftMs: left, since });
	}

	#writeFailed(error: unknown): void {
		if (!(error instanceof FencedError))
			this.#deps.log.warn({ jobId: this.row.id, error: describe(error) }, 'log write failed');
		this.#unwritten = error;
		this.stop(error instanceof FencedError ? 'lost' : 'error');
	}
}
