import { emptySnapshot, type JobSnapshot } from '../jobs/snapshot.ts';
import { isTerminal } from '../jobs/job.ts';
import { reduceJob } from '../operations/index.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { JobRow } from './db/schema.ts';
import { PAGE, type EventLog } from './event-log.ts';

/** How many folds of running jobs are kept; a dropped one is folded again from the log. */
const KEPT = 200;
/** So far a kept fold may fall behind its log: who asks for it waits for no more than these. */
const FAR = 512;
/** How many events are folded in one turn of the event loop while nobody asks. */
const STEP = 128;

/** A job's fold, and how far the one is that a restart finds. */
interface Fold {
	snapshot: JobSnapshot;
	checkpointed: number;
}

/** Folds logs into snapshots, those of long running jobs as their logs grow. What it keeps is only a shortcut: everything can be folded again. */
export class Snapshots {
	readonly log: EventLog;
	readonly #models: Record<string, AnyModel>;
	readonly #logEpoch: string;
	readonly #checkpoints: Checkpoints | null;
	readonly #folds = new Map<string, Fold>();
	readonly #behind = new Set<string>();

	constructor(log: EventLog, models: Record<string, AnyModel>, logEpoch: string, checkpoints?: Checkpoints) {
		this.log = log;
		this.#models = models;
		this.#logEpoch = logEpoch;
		this.#checkpoints = checkpoints ?? null;
		log.onGrowth((jobId, seq) => this.#grown(jobId, seq));
	}

	/** The fold of a job's whole log, as the table stands now. */
	of(row: JobRow): JobSnapshot {
		// One that an older version stored knows nothing of parents and of waiting.
		if (row.snapshot) return { ...row.snapshot, parentId: row.parentId, waitingFor: null, logEpoch: this.#logEpoch };
		const fold = this.#folds.get(row.id) ?? this.#begun(row);
		while (this.#fold(fold, PAGE) === PAGE);
		this.#folds.delete(row.id);
		if (!isTerminal(fold.snapshot.status)) this.#keep(fold);
		return fold.snapshot;
	}

	/** Drops what is kept of a job that has ended, also in the database: within the caller's transaction. */
	forget(jobId: string): void {
		this.#folds.delete(jobId);
		this.#checkpoints?.remove(jobId);
	}

	#begun(row: JobRow): Fold {
		const known = this.#checkpoints?.read(row.id, this.#logEpoch);
		return known ? { snapshot: known, checkpointed: known.seq } : { snapshot: this.#seed(row), checkpointed: 0 };
	}

	#seed(row: JobRow): JobSnapshot {
		const { id, operation, title, input, options, createdAt, parentId } = row;
		const model = this.#models[operation];
		return emptySnapshot({
			...{ id, operation, title, input, options, createdAt, parentId },
			logEpoch: this.#logEpoch,
			phases: model?.phases ?? [],
			state: model?.state() ?? null
		});
	}

	/** Folds the next events, at most `limit`, and says how many there were. */
	#fold(fold: Fold, limit: number): number {
		const events = this.log.readNow(fold.snapshot.id, fold.snapshot.seq, limit);
		for (const event of events) fold.snapshot = reduceJob(fold.snapshot, event, this.#models);
		return events.length;
	}

	/** A log that grows while nobody asks is followed in steps, so that who asks does not wait for all of it. */
	#grown(jobId: string, seq: number): void {
		const fold = this.#folds.get(jobId);
		if (!fold || seq - fold.snapshot.seq < FAR || this.#behind.has(jobId)) return;
		this.#behind.add(jobId);
		if (this.#behind.size === 1) setImmediate(() => this.#followOn());
	}

	/** One step of one job in each turn of the event loop. */
	#followOn(): void {
		const [jobId] = this.#behind;
		if (jobId === undefined || !this.log.open) return this.#behind.clear();
		this.#behind.delete(jobId);
		if (this.#step(jobId)) this.#behind.add(jobId);
		if (this.#behind.size > 0) setImmediate(() => this.#followOn());
	}

	/** Whether more is there. */
	#step(jobId: string): boolean {
		const fold = this.#folds.get(jobId);
		if (!fold) return false;
		try {
			if (this.#fold(fold, STEP) === STEP) return true;
			this.#checkpoint(fold);
		} catch {
			// Who asks for it is told what is wrong.
			this.#folds.delete(jobId);
		}
		return false;
	}

	#checkpoint(fold: Fold): void {
		const { seq, status } = fold.snapshot;
		if (isTerminal(status) || !this.#checkpoints?.isDue(seq, fold.checkpointed)) return;
		this.#checkpoints.write(fold.snapshot);
		fold.checkpointed = seq;
	}

	#keep(fold: Fold): void {
		this.#folds.set(fold.snapshot.id, fold);
		const oldest = this.#folds.keys().next().value;
		if (this.#folds.size > KEPT && oldest !== undefined) this.#folds.delete(oldest);
	}
}
