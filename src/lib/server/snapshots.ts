import { emptySnapshot, type JobSnapshot } from '../jobs/snapshot.ts';
import { isTerminal } from '../jobs/job.ts';
import { reduceJob } from '../operations/index.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { JobRow } from './db/schema.ts';
import { PAGE, type EventLog } from './event-log.ts';

/** How many folds of running jobs are kept; a dropped one is folded again from the log. */
const KEPT = 200;

/** Folds logs into snapshots. What it keeps is only a shortcut: everything can be folded again. */
export class Snapshots {
	readonly #log: EventLog;
	readonly #models: Record<string, AnyModel>;
	readonly #logEpoch: string;
	readonly #folds = new Map<string, JobSnapshot>();

	constructor(log: EventLog, models: Record<string, AnyModel>, logEpoch: string) {
		this.#log = log;
		this.#models = models;
		this.#logEpoch = logEpoch;
	}

	/** The fold of a job's whole log, as the table stands now. */
	of(row: JobRow): JobSnapshot {
		// One that an older version stored knows nothing of parents and of waiting.
		if (row.snapshot) return { ...row.snapshot, parentId: row.parentId, waitingFor: null, logEpoch: this.#logEpoch };
		const folded = this.#catchUp(this.#folds.get(row.id) ?? this.#seed(row));
		this.#folds.delete(row.id);
		if (!isTerminal(folded.status)) this.#keep(folded);
		return folded;
	}

	forget(jobId: string): void {
		this.#folds.delete(jobId);
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

	#catchUp(from: JobSnapshot): JobSnapshot {
		let snapshot = from;
		for (;;) {
			const page = this.#log.readNow(snapshot.id, snapshot.seq);
			for (const event of page) snapshot = reduceJob(snapshot, event, this.#models);
			if (page.length < PAGE) return snapshot;
		}
	}

	#keep(snapshot: JobSnapshot): void {
		this.#folds.set(snapshot.id, snapshot);
		const oldest = this.#folds.keys().next().value;
		if (this.#folds.size > KEPT && oldest !== undefined) this.#folds.delete(oldest);
	}
}
