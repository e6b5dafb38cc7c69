import { HeadwayError } from '../jobs/error.ts';
import type { Provider, ProviderOutcome, RunLog } from '../operations/operation.ts';
import type { Clock } from './clock.ts';
import { unsettledOf, type Corrections, type Settled, type Unsettled } from './corrections.ts';
import type { JobRow } from './db/schema.ts';
import type { Ending } from './ending.ts';
import { isTerminal } from './providers/outcome.ts';

/** Waits between two askings; the last one goes on. */
const WAITS_MS = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];
/** Asked for as long after the end. */
const LONGEST_MS = 24 * 3_600_000;
/** A response that has ended and has not told its usage after so many askings will not tell it any more. */
const SILENT_TRIES = 5;
const ANSWER_MS = 30_000;

/** What it is made of. */
export interface LateUsageParts {
	corrections: Corrections;
	providerFor(id: string | undefined): Provider;
	clock: Clock;
	log: RunLog;
}

/**
 * Asks again for what ended jobs used, where the provider did not say in time, and stops what may still run there: for a
 * day after the end, and over restarts. What it learns goes into the job, its receipt and the statistics.
 */
export class LateUsage {
	readonly #parts: LateUsageParts;
	readonly #waiting = new Map<string, () => void>();
	readonly #stopped = new AbortController();

	constructor(parts: LateUsageParts) {
		this.#parts = parts;
	}

	/** Takes up what an earlier process left. */
	async start(): Promise<void> {
		await this.#look(0);
	}

	/** A job has ended; one whose cost is not known, or whose cancel was not confirmed, is asked about again. */
	ended({ id }: Pick<JobRow, 'id'>, ending: Ending): void {
		const receipt = ending.status === 'succeeded' ? null : ending.receipt;
		const { known } = ending.status === 'cancelled' ? ending.receipt.cost : ending.cost;
		if (!known || receipt?.provider === 'unconfirmed') this.#later(id, 0);
	}

	stop(): void {
		this.#stopped.abort();
		for (const cancel of this.#waiting.values()) cancel();
		this.#waiting.clear();
	}

	/** How many jobs wait for another asking. */
	get waiting(): number {
		return this.#waiting.size;
	}

	async #look(tries: number, jobId?: string): Promise<void> {
		if (this.#stopped.signal.aborted) return;
		const since = this.#parts.clock.now() - LONGEST_MS;
		const rows = await this.#parts.corrections.pending(since, jobId);
		await Promise.all(rows.map((row) => this.#ask(row, tries)));
	}

	async #ask(row: JobRow, tries: number): Promise<void> {
		const results = await Promise.all(unsettledOf(row).map((open) => this.#settle(row, open, tries)));
		if (results.every((settled) => settled) || this.#stopped.signal.aborted) return;
		this.#later(row.id, tries + 1);
	}

	#later(jobId: string, tries: number): void {
		if (this.#stopped.signal.aborted) return;
		this.#waiting.get(jobId)?.();
		const wait = WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] ?? LONGEST_MS;
		const cancel = this.#parts.clock.after(wait, () => {
			this.#waiting.delete(jobId);
			void this.#look(tries, jobId).catch((error: unknown) => {
				this.#parts.log.warn({ jobId, error: String(error) }, 'late usage not written');
				this.#later(jobId, tries + 1);
			});
		});
		this.#waiting.set(jobId, cancel);
	}

	/** Whether there is nothing more to ask. */
	async #settle(row: JobRow, open: Unsettled, tries: number): Promise<boolean> {
		const found = await this.#find(row, open, tries).catch((error: unknown) => this.#tolerate(error, row, open));
		if (!found) return false;
		if (await this.#parts.corrections.settle(row.id, found))
			this.#parts.log.info({ jobId: row.id, responseId: open.responseId, cost: found.bill?.cost }, 'usage came late');
		return true;
	}

	/** Null while it is not known. */
	async #find(row: JobRow, open: Unsettled, tries: number): Promise<Settled | null> {
		const provider = this.#parts.providerFor(row.provider ?? undefined);
		const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ANSWER_MS)]);
		const outcome = await provider.fetch(open.responseId, signal);
		if (isTerminal(outcome.status)) return this.#settled(outcome, open, tries);
		// Nobody reads it any more, and it costs.
		const answer = await provider.cancel(open.responseId, signal);
		return answer.outcome && isTerminal(answer.outcome.status) ? this.#settled(answer.outcome, open, tries) : null;
	}

	#settled({ status, usage, cost }: ProviderOutcome, open: Unsettled, tries: number): Settled | null {
		if (usage === null && tries < SILENT_TRIES) return null;
		const provider = status === 'cancelled' ? 'confirmed' : 'already_ended';
		return { ...open, bill: usage && { usage, cost }, provider };
	}

	/** The provider does not know it any more: then nobody will. */
	#tolerate(error: unknown, row: JobRow, open: Unsettled): Settled | null {
		const code = error instanceof HeadwayError ? error.code : null;
		this.#parts.log.info({ jobId: row.id, responseId: open.responseId, error: String(error) }, 'usage still not known');
		return code === 'provider_gone' ? { ...open, bill: null, provider: null } : null;
	}
}
