import { and, eq, gte, isNotNull, or, sql } from 'drizzle-orm';
import { unknownCost, type Cost, type Receipt, type Usage } from '../jobs/event.ts';
import { isTerminal } from '../jobs/job.ts';
import { feedKey, jobKey, type Bell } from './bell.ts';
import { totalCost, totalOf, unknownBill } from './bills.ts';
import type { Clock } from './clock.ts';
import type { Db, Rows } from './db/open.ts';
import { jobs, timings, type Bill, type JobRow } from './db/schema.ts';

/** A response of which nobody knows yet what it used; `step` is the request that it answered. */
export interface Unsettled {
	step: string;
	responseId: string;
}

/** What was learned of one later: its bill, or null when it will never be known, and how it ended at the provider. */
export interface Settled extends Unsettled {
	bill: Bill | null;
	provider: 'confirmed' | 'already_ended' | null;
}

/** Which responses of an ended job are without their usage. */
export function unsettledOf({ bills, providerState, providerStep, responseId }: JobRow): Unsettled[] {
	const open = Object.entries(bills ?? {}).flatMap(([step, bill]) =>
		bill.responseId ? [{ step, responseId: bill.responseId }] : []
	);
	// A process that was lost wrote no bill.
	const lost = providerState === 'created' && responseId !== null && !bills?.[providerStep];
	return lost ? [...open, { step: providerStep, responseId }] : open;
}

/** Corrects what ended jobs cost, once it is known: in the row, its snapshot and receipt, its history, and what it was a part of. The log stays as it was. */
export class Corrections {
	readonly #db: Db;
	readonly #bell: Bell;
	readonly #clock: Clock;

	constructor(db: Db, bell: Bell, clock: Clock) {
		this.#db = db;
		this.#bell = bell;
		this.#clock = clock;
	}

	/** Jobs that ended at or after `since` with a response that may still run, or whose usage is not known; or only the one. */
	async pending(since: number, jobId?: string): Promise<JobRow[]> {
		const unknown = sql`json_extract(${jobs.cost}, '$.known') = 0`;
		const unconfirmed = sql`json_extract(${jobs.receipt}, '$.provider') = 'unconfirmed'`;
		const asked = jobId === undefined ? isNotNull(jobs.provider) : eq(jobs.id, jobId);
		return this.#db
			.select()
			.from(jobs)
			.where(and(asked, gte(jobs.endedAt, since), or(unknown, unconfirmed)))
			.all()
			.filter((row) => unsettledOf(row).length > 0);
	}

	/** Writes down what was learned. False when the job is gone, runs again, or knew it already. */
	async settle(jobId: string, learned: Settled): Promise<boolean> {
		const changed = this.#db.transaction(
			(tx) => {
				const row = tx.select().from(jobs).where(eq(jobs.id, jobId)).get();
				const open = row && isTerminal(row.status) && unsettledOf(row).some(({ step }) => step === learned.step);
				return open ? this.#correct(tx, row, learned) : [];
			},
			{ behavior: 'immediate' }
		);
		for (const { id, owner } of changed) {
			this.#bell.ring(jobKey(id));
			this.#bell.ring(feedKey(owner));
		}
		return changed.length > 0;
	}

	#correct(tx: Rows, row: JobRow, { step, bill, provider }: Settled): JobRow[] {
		const bills = { ...row.bills, [step]: bill ?? unknownBill };
		tx.update(jobs).set({ bills }).where(eq(jobs.id, row.id)).run();
		const last = step === row.providerStep ? provider : null;
		return [row, ...this.#recount(tx, { ...row, bills }, last)];
	}

	/** Adds up again, here and in what this job is a part of; those are given back. */
	#recount(tx: Rows, row: JobRow, provider: Settled['provider']): JobRow[] {
		const own = totalOf(row.bills ?? {});
		const parts = tx.select({ cost: jobs.cost }).from(jobs).where(eq(jobs.parentId, row.id)).all();
		const cost = totalCost([own.cost, ...parts.map((part) => part.cost ?? unknownCost)]);
		this.#write(tx, row, { cost, usage: own.usage ?? row.usage, provider });
		const parent = row.parentId && tx.select().from(jobs).where(eq(jobs.id, row.parentId)).get();
		return parent && isTerminal(parent.status) ? [parent, ...this.#recount(tx, parent, null)] : [];
	}

	#write(tx: Rows, row: JobRow, found: { cost: Cost; usage: Usage | null; provider: Settled['provider'] }): void {
		const { cost, usage, provider } = found;
		const now = this.#clock.now();
		const receipt: Receipt | null = row.receipt && {
			...{ ...row.receipt, cost, usage, settledAt: now },
			...(provider && row.receipt.provider === 'unconfirmed' && { provider, acknowledgedAt: now })
		};
		const snapshot = row.snapshot && { ...row.snapshot, cost, usage, receipt };
		tx.update(jobs).set({ cost, usage, receipt, snapshot, updatedAt: now }).where(eq(jobs.id, row.id)).run();
		tx.update(timings).set({ costUsd: cost.usd }).where(eq(timings.jobId, row.id)).run();
	}
}
