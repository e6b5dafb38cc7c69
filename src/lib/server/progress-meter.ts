import type { BaseEvent, Contact } from '../jobs/event.ts';
import { waitedMsOf, type JobSnapshot } from '../jobs/snapshot.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { Expectation } from './estimator.ts';

type ProgressData = Extract<BaseEvent, { type: 'progress' }>['data'];

/** Where a bar starts from: the fold of what was before, the moment, and the highest fraction that the row knows. */
interface MeterStart {
	model: AnyModel;
	expectation: Expectation;
	from: JobSnapshot;
	now: number;
	floor: number;
}

/** A run looks at its clock each second: one that moved by more than this was set, or its machine slept. */
const LEAP_MS = 60_000;

/** One run's bar: which phase is the furthest, since when, what was measured, when the provider was last heard. Pure but for what it is told; times in ms. */
export class ProgressMeter {
	readonly #model: AnyModel;
	readonly #expectation: Expectation;
	/** As if no time had been spent waiting for a person; so is `#enteredAt`. */
	#startedAt: number;
	#phase: string | null;
	#enteredAt: number;
	#counted: { fraction: number; basis: 'measured' | 'estimated' } | null = null;
	#heardAt: number;
	#floor: number;
	/** When the bar last rose. */
	#roseAt: number;
	#waitingSince: number | null = null;
	/** The last moment that it was told. */
	#toldAt: number;

	constructor({ model, expectation, from, now, floor }: MeterStart) {
		this.#model = model;
		this.#expectation = expectation;
		// Never in the future: the clock may have been set back since.
		this.#startedAt = Math.min(now, (from.startedAt ?? now) + waitedMsOf(from));
		this.#phase = from.phase;
		const current = from.phases.find(({ name }) => name === from.phase);
		this.#enteredAt = Math.min(now, current?.startedAt ? current.startedAt + current.waitedMs : this.#startedAt);
		this.#toldAt = now;
		this.#heardAt = now;
		this.#roseAt = now;
		this.#floor = Math.max(floor, from.progress.fraction ?? 0);
	}

	/** The highest fraction shown so far. */
	get floor(): number {
		return this.#floor;
	}

	/** Enters a phase; false when it is not beyond the furthest (PG-01). */
	enter(name: string, now: number): boolean {
		const index = (phase: string | null) =>
			this.#model.phases.findIndex((known: { name: string }) => known.name === phase);
		if (index(name) < 0) throw new Error(`operation ${this.#model.id} has no phase ${name}`);
		if (index(name) <= index(this.#phase)) return false;
		this.read(now);
		[this.#phase, this.#enteredAt, this.#counted] = [name, now, null];
		return true;
	}

	/** The operation's own count of the current phase; it never falls. */
	count(fraction: number, basis: 'measured' | 'estimated'): void {
		this.#counted = { fraction: Math.min(1, Math.max(this.#counted?.fraction ?? 0, fraction)), basis };
	}

	heard(now: number): void {
		this.#follow(now);
		this.#heardAt = now;
	}

	/** Time stands still from now on: a person is asked. */
	wait(since: number): void {
		this.#follow(since);
		this.#waitingSince ??= since;
	}

	/** The person has answered: the clock goes on where it stood. */
	resume(now: number): void {
		this.#follow(now);
		const waited = now - (this.#waitingSince ?? now);
		this.#waitingSince = null;
		this.#startedAt += waited;
		this.#enteredAt += waited;
		this.#roseAt += waited;
		this.#heardAt = now;
	}

	/** How long the job has been at work, in ms, over all its processes. */
	workedMs(now: number): number {
		this.#follow(now);
		return (this.#waitingSince ?? now) - this.#startedAt;
	}

	/** Goes along with a clock that was set, so that no time is counted which nobody worked, and none twice. */
	#follow(now: number): void {
		const leap = now - this.#toldAt;
		this.#toldAt = now;
		if (leap >= 0 && leap <= LEAP_MS) return;
		this.#startedAt += leap;
		this.#enteredAt += leap;
		this.#roseAt += leap;
		this.#heardAt += leap;
		if (this.#waitingSince !== null) this.#waitingSince += leap;
	}

	/** How it stands now. The fraction never falls below what an earlier reading gave. */
	read(at: number, contact: Contact | null = null): ProgressData {
		this.#follow(at);
		const now = this.#waitingSince ?? at;
		const waiting = this.#waitingSince !== null;
		const estimate = this.#expectation.estimate({
			phase: this.#phase,
			elapsedMs: now - this.#startedAt,
			inPhaseMs: now - this.#enteredAt,
			measured: this.#counted?.fraction ?? null,
			silentMs: waiting ? 0 : now - this.#heardAt,
			floor: this.#floor,
			sinceFloorMs: now - this.#roseAt
		});
		const shown = estimate.progress.fraction ?? 0;
		if (shown > this.#floor) [this.#floor, this.#roseAt] = [shown, now];
		return {
			...(estimate.progress.basis === 'measured' && this.#counted
				? { ...estimate.progress, basis: this.#counted.basis }
				: estimate.progress),
			operation: this.#model.id,
			message: estimate.sentence,
			state: waiting ? 'waiting' : estimate.quiet ? 'quiet' : 'active',
			metadata: {
				elapsedMs: now - this.#startedAt,
				remaining: estimate.remaining,
				runs: estimate.runs,
				overdue: estimate.overdue,
				...(contact ? { contact } : {})
			}
		};
	}
}
