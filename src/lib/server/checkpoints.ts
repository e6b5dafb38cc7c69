import type { Statement } from 'better-sqlite3';
import { jobSnapshot, type JobSnapshot } from '../jobs/snapshot.ts';
import type { Db } from './db/open.ts';

/** Below so many events a log is folded sooner than a checkpoint pays. */
const EVERY = 4_096;
/** A checkpoint is due when the log has grown by this part of itself: all of a job's checkpoints together then write only so many times its last one. */
const PART = 16;
/** In characters of JSON: writing a larger one would hold the event loop for longer than a few ms. */
const MOST_SIZE = 4 * 1024 * 1024;

/** Folds of long logs of running jobs, kept in the database over a restart. `version` names the code that folds: what another one wrote is not used. */
export class Checkpoints {
	readonly #version: string;
	readonly #read: Statement<[string, string], string>;
	readonly #write: Statement<[number, string, string, string]>;
	readonly #remove: Statement<[string]>;

	constructor({ $client }: Db, version: string) {
		this.#version = version;
		this.#read = $client
			.prepare<[string, string], string>(
				`select kept.snapshot from checkpoints kept join jobs on id = job_id
				where job_id = ? and version = ? and kept.seq <= jobs.seq`
			)
			.pluck();
		this.#write = $client.prepare(
			`insert into checkpoints (job_id, seq, version, snapshot)
			select id, ?, ?, ? from jobs where id = ? and status = 'running'
			on conflict (job_id) do update set seq = excluded.seq, version = excluded.version, snapshot = excluded.snapshot`
		);
		this.#remove = $client.prepare('delete from checkpoints where job_id = ?');
	}

	/** Whether a fold is so far beyond its last checkpoint that the next one pays. */
	isDue(seq: number, checkpointed: number): boolean {
		return seq - checkpointed >= Math.max(EVERY, seq / PART);
	}

	/** A running job's last checkpoint; null when there is none that this code wrote for this log, or it cannot be read. */
	read(jobId: string, logEpoch: string): JobSnapshot | null {
		const stored = this.#read.get(jobId, this.#version);
		const snapshot = stored === undefined ? null : parsed(stored);
		return snapshot?.id === jobId && snapshot.logEpoch === logEpoch ? snapshot : null;
	}

	/** Keeps a running job's fold in place of the one before. One that is too large, or that finds no room, is not kept: it is only a shortcut. */
	write(snapshot: JobSnapshot): void {
		const text = JSON.stringify(snapshot);
		if (text.length > MOST_SIZE) return;
		try {
			this.#write.run(snapshot.seq, this.#version, text, snapshot.id);
		} catch {
			// A full disk is told to who writes what must not be lost.
		}
	}

	/** Within the caller's transaction. */
	remove(jobId: string): void {
		this.#remove.run(jobId);
	}
}

function parsed(text: string): JobSnapshot | null {
	try {
		const { success, data } = jobSnapshot.safeParse(JSON.parse(text));
		return success ? (data as JobSnapshot) : null;
	} catch {
		return null;
	}
}
