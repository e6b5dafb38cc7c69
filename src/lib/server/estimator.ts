import { estimate, forecast, phaseShares, type Estimate, type PastRun } from '../jobs/estimate.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { JobQueries, RunKind } from './job-queries.ts';

/** A silence of the provider after which the estimated percentage stands still and says so. */
export const QUIET_AFTER_MS = 60_000;

/** Where a run is, as its meter knows it. Times in ms. */
export interface Position {
	phase: string | null;
	elapsedMs: number;
	inPhaseMs: number;
	measured: number | null;
	silentMs: number;
	floor: number;
	/** Since the bar last rose. */
	sinceFloorMs: number;
}

/** What a run is measured against: the history of its kind, read once when it starts. */
export class Expectation {
	readonly #model: AnyModel;
	readonly #history: readonly PastRun[];
	readonly #held: readonly boolean[];
	readonly #quietAfterMs: number;
	readonly #typicalMs: number;

	constructor(
		model: AnyModel,
		queries: JobQueries,
		kind: RunKind,
		known: { quietAfterMs?: number; typicalMs?: number | undefined } = {}
	) {
		this.#model = model;
		this.#history = queries.history(kind);
		this.#held = queries.held(kind);
		this.#quietAfterMs = known.quietAfterMs ?? QUIET_AFTER_MS;
		this.#typicalMs = known.typicalMs ?? model.typicalMs;
	}

	/** The range of the whole time in ms, before the start; null without enough history. */
	forecast(): { low: number; high: number; runs: number } | null {
		return forecast(this.#history, this.#held);
	}

	get runs(): number {
		return this.#history.length;
	}

	/** Each phase's share of the whole work. */
	shares(): Record<string, number> {
		const phases: AnyModel['phases'] = this.#model.phases;
		const shares = phaseShares(phases, this.#model.milestones ? [] : this.#history);
		return Object.fromEntries(phases.map(({ name }: { name: string }, index: number) => [name, shares[index] ?? 0]));
	}

	estimate(position: Position): Estimate {
		return estimate({
			...position,
			phases: this.#model.phases,
			milestones: this.#model.milestones ?? false,
			priorMs: this.#typicalMs,
			history: this.#history,
			forecasts: this.#held,
			quietAfterMs: this.#quietAfterMs
		});
	}
}
