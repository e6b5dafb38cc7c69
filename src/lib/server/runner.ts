import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import type { OperationRun } from '../operations/operation.ts';
import { queueKey, ringWithin } from './bell.ts';
import { totalCost } from './bills.ts';
import { pause } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { Ending } from './ending.ts';
import type { StopFault } from './fault.ts';
import type { ClaimTerms } from './claim.ts';
import { isAlive } from './folder-lock.ts';
import { billSoFar, withPossibleBill } from './lost-create.ts';
import type { RunDeps } from './run-deps.ts';
import { Run } from './run.ts';

/** A lease lasts 15 s and is renewed every 5 s (transport-and-storage.md, C6). */
const LEASE_MS = 15_000;
const BEAT_MS = 5_000;
/** How often the queue is looked at without a bell, for leases that run out. */
const SWEEP_MS = 1_000;
/** How long jobs that cannot be adopted may take to end on shutdown. */
const GRACE_MS = 4_000;

/** The only thing that runs anything: claims jobs, keeps their leases, takes up what a lost process left, stops what is to stop. */
export class Runner {
	readonly #deps: RunDeps;
	readonly #operations: Record<string, OperationRun>;
	readonly #id = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
	readonly #runs = new Map<string, { run: Run; over: Promise<void> }>();
	readonly #stopped = new AbortController();
	#loop: Promise<void> = Promise.resolve();

	constructor(deps: RunDeps, operations: Record<string, OperationRun>) {
		this.#deps = deps;
		this.#operations = operations;
	}

	start(): void {
		this.#loop = this.#claimOn();
		const { children, log } = this.#deps;
		void children.stopOrphans().catch((error: unknown) => log.warn({ error: String(error) }, 'orphans not stopped'));
		void this.#beatOn();
	}

	/** How many jobs run in this process. */
	get running(): number {
		return this.#runs.size;
	}

	/** Looks at a job's stamps (cancel, finish now) and acts on them; whether it runs in this process. */
	heed(row: JobRow): boolean {
		const run = this.#runs.get(row.id)?.run;
		if (row.cancelRequestedAt !== null) run?.stop(row.cancelReason ?? 'user', true);
		if (row.finishRequestedAt !== null) run?.finishNow();
		return run !== undefined;
	}

	/** No new claims; jobs that can be adopted are left to be adopted, the rest are stopped; resolves when all have ended, after 4 s at most. */
	async stop(): Promise<void> {
		this.#stopped.abort();
		for (const { run } of this.#runs.values()) run.stop('shutdown');
		const all = Promise.all([...this.#runs.values()].map(({ over }) => over));
		await Promise.race([all, pause(this.#deps.clock, GRACE_MS)]);
		await this.#loop;
	}

	/** Resolves when nothing runs and nothing is queued that could; for tests. */
	async idle(): Promise<void> {
		while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map(({ over }) => over));
	}

	async #claimOn(): Promise<void> {
		const { bell, clock } = this.#deps;
		const signal = this.#stopped.signal;
		const listener = bell.listen([queueKey]);
		while (!signal.aborted) {
			await this.#claimAll();
			await ringWithin(listener, SWEEP_MS, clock, signal);
		}
		listener.close();
	}

	async #claimAll(): Promise<void> {
		const isGone = (runner: string) => this.#isGone(runner);
		const holds = (id: string) => this.#runs.has(id);
		const terms: ClaimTerms = { runner: this.#id, leaseMs: LEASE_MS, limits: this.#deps.limits, isGone, holds };
		try {
			for (let row = await this.#deps.store.claim(terms); row; row = await this.#deps.store.claim(terms))
				await this.#take(row);
		} catch (error) {
			this.#deps.log.warn({ error: String(error) }, 'claiming failed');
		}
	}

	/** A process of this machine that is gone leaves its lease behind; another machine's lease must run out. */
	#isGone(runner: string): boolean {
		const [host, pid] = runner.split(':');
		if (runner === this.#id || host !== hostname()) return false;
		return Number(pid) === process.pid || !isAlive(Number(pid));
	}

	async #take(row: JobRow): Promise<void> {
		const operation = this.#operations[row.operation];
		const run = operation ? (whyLost(row, operation) ?? this.#build(row, operation)) : unknownOperation(row);
		if (!(run instanceof Run)) return this.#endLost(row, run);
		const { id: jobId, operation: name, epoch, createdAt, startedAt } = row;
		this.#deps.log.info(
			{ jobId, operation: name, epoch, waitedMs: (startedAt ?? createdAt) - createdAt },
			'job started'
		);
		if (epoch > 1) this.#deps.interrupted('process');
		this.#stopWithParent(run);
		const over = run.go().finally(() => this.#runs.delete(row.id));
		this.#runs.set(row.id, { run, over });
	}

	/** A part that was claimed before its parent's stop could be written down asks for nothing any more. */
	#stopWithParent(run: Run): void {
		const reason = run.row.parentId === null ? null : this.#runs.get(run.row.parentId)?.run.stopReason;
		if (reason && reason !== 'lost') run.stop(reason, true);
	}

	/** Ends a job that does not go on here. */
	async #endLost(row: JobRow, why: StopFault): Promise<void> {
		const { store, children, ended } = this.#deps;
		const { usage, cost } = billSoFar(row);
		const whole = { usage, cost: totalCost([cost, await children.costOf(row.id)]), receipt: null };
		const ending: Ending = { status: 'failed', ...withPossibleBill(why, row, this.#deps), ...whole };
		if (await store.finish(row.id, row.epoch, ending)) ended(row, ending);
		await children.stopAll(row.id, 'error', 0);
	}

	/** The run, or why it cannot begin: its provider is not configured any more. */
	#build(row: JobRow, operation: OperationRun): Run | StopFault {
		try {
			return new Run(this.#deps, row, operation);
		} catch (error) {
			return failed('provider_unreachable', error instanceof Error ? error.message : 'This job could not be started.');
		}
	}

	async #beatOn(): Promise<void> {
		const { clock, log } = this.#deps;
		for (;;) {
			await pause(clock, BEAT_MS, this.#stopped.signal);
			if (this.#stopped.signal.aborted) return;
			for (const { run } of [...this.#runs.values()])
				await this.#renew(run).catch((error: unknown) => log.warn({ error: String(error) }, 'lease not renewed'));
		}
	}

	/** Holds a run's lease for longer, and looks at what its row asks for. */
	async #renew(run: Run): Promise<void> {
		const { clock, store, queries } = this.#deps;
		const { id, epoch, owner } = run.row;
		if (await store.renew(id, epoch, clock.now() + LEASE_MS)) this.heed(await queries.get(owner, id));
		else run.stop('lost');
	}
}

/** Null when the job can go on here; otherwise why not. Only a job that ran before (epoch above 1) can be lost. */
function whyLost(row: JobRow, { model }: OperationRun): StopFault | null {
	if (row.epoch === 1 || model.can.repeatable) return null;
	if (row.providerState === 'creating')
		return failed(
			'unknown_outcome',
			'The server stopped while this was being started at the provider. It may be running there and may be billed.'
		);
	const resumes = model.can.resumable || row.cancelRequestedAt !== null;
	return resumes ? null : failed('interrupted', 'The server stopped while this ran. What it had until then is kept.');
}

function unknownOperation(row: JobRow): StopFault {
	return failed('unknown_operation', `This server has no operation "${row.operation}" any more.`);
}

function failed(code: StopFault['code'], message: string): StopFault {
	return { code, message, retryable: true };
}
