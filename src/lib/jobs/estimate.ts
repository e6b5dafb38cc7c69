import { describeRange, describeSpan } from './duration.ts';
import { MIN_RUNS, outlasted, remainingRange, usualMs, usualMsOnceEntered, WINDOW } from './history.ts';
import type { Forecast, PastRun, Position } from './history.ts';

export { describeRange, formatDuration } from './duration.ts';
export { MIN_RUNS } from './history.ts';
export type { Forecast, PastRun } from './history.ts';

/** How sure a percentage is. */
export type Basis = 'measured' | 'estimated' | 'unknown';

/** How far a run is, 0 to 1. A fraction never goes without its basis (BY-04). */
export type Progress = { fraction: number; basis: 'measured' | 'estimated' } | { fraction: null; basis: 'unknown' };

/** A declared phase and its relative share of the work, until history knows better. */
export interface PhasePrior {
	name: string;
	weight: number;
}

/** All that an estimate rests on; times in ms. */
export interface EstimateInput {
	/** In the order in which they run. */
	phases: readonly PhasePrior[];
	/** The weights are milestones: history does not change the phases' shares. */
	milestones?: boolean;
	/** Succeeded runs, newest first. */
	history: readonly PastRun[];
	/** Whether earlier published ranges held, newest first. */
	forecasts: readonly boolean[];
	/** The furthest phase that was entered; null before the first. */
	phase: string | null;
	/** Since the start. */
	elapsedMs: number;
	/** Since that phase was entered. */
	inPhaseMs: number;
	/** What the operation measured within the phase, 0 to 1; null if nothing. */
	measured: number | null;
	/** Since the provider was last heard. */
	silentMs: number;
	/** After this much silence whatever is estimated stops moving. */
	quietAfterMs: number;
	/** The highest fraction that was shown so far. */
	floor: number;
	/** Since that fraction was shown; without it a run that has fallen behind its floor stands still there. */
	sinceFloorMs?: number;
	/** The operation's declared typical duration; used for the percentage only, and only until there is history. */
	priorMs: number | null;
}

/** What is known of a run's progress and its end. */
export interface Estimate {
	/** Never below the floor, always below 1: only success is 1. */
	progress: Progress;
	/** What is left, 10th to 90th percentile; null with fewer than `MIN_RUNS` past runs. */
	remaining: Forecast | null;
	/** How many past runs it rests on. */
	runs: number;
	/** The run, or its present phase, is past the 90th percentile of the past ones. */
	overdue: boolean;
	/** The provider has been silent for longer than `quietAfterMs`. */
	quiet: boolean;
	/** The above in words. */
	sentence: string;
}

const KNEE = 0.8; // a phase that took its usual time stands here; the rest is for those that take longer
const LEAST_SHARE = 0.01; // a phase that most runs skip must still be able to move
const CATCH_UP_MS = 600_000; // time constant of a bar that is ahead of its run: slow, but seen to move within 5 s
const CATCH_UP_PHASES = 5; // nor faster than this many usual phases, or the bar would outrun a run of hours
const SLACK = 0.02; // as far past a measurement the bar may have crept and still be called measured
const ALMOST = 1 - 1e-6;

/** The progress and the remaining time of a run, now. Moves with the clocks in its input and with nothing else. */
export function estimate(input: EstimateInput): Estimate {
	const overSilentMs = Math.max(0, input.silentMs - input.quietAfterMs);
	const heard: EstimateInput = {
		...input,
		elapsedMs: Math.max(0, input.elapsedMs - overSilentMs),
		inPhaseMs: Math.max(0, input.inPhaseMs - overSilentMs),
		sinceFloorMs: Math.max(0, (input.sinceFloorMs ?? 0) - overSilentMs)
	};
	const order = input.phases.map((phase) => phase.name);
	const remaining = remainingRange(order, input.history, input.forecasts, heard);
	const late = outlasted(input.history, input);
	const runs = Math.min(input.history.length, WINDOW);
	const quiet = overSilentMs > 0;
	return {
		progress: progressOf(heard),
		remaining,
		runs,
		overdue: late !== null,
		quiet,
		sentence: quiet ? silence(input.silentMs) : inWords(remaining, runs, late)
	};
}

/** The range of the whole time, before the start; null with fewer than `MIN_RUNS` past runs. */
export function forecast(
	history: readonly PastRun[],
	forecasts: readonly boolean[]
): (Forecast & { runs: number }) | null {
	const before: Position = { phase: null, elapsedMs: 0, inPhaseMs: 0 };
	const range = remainingRange([], history, forecasts, before);
	return range && { ...range, runs: Math.min(history.length, WINDOW) };
}

/** How many of the published ranges held; nominally 8 in 10. */
export function coverage(forecasts: readonly boolean[]): { held: number; of: number } {
	return { held: forecasts.filter(Boolean).length, of: forecasts.length };
}

/** Each phase's share of the whole work, adding up to 1: of the historical median once there are `MIN_RUNS` runs, declared before that. */
export function phaseShares(phases: readonly PhasePrior[], history: readonly PastRun[]): number[] {
	const learned = history.length >= MIN_RUNS ? phases.map(({ name }) => usualMs(history, name)) : [];
	return sharesOf(learned.some((ms) => ms > 0) ? learned : phases.map((prior) => prior.weight));
}

function progressOf(input: EstimateInput): Progress {
	const place = placeOf(input);
	const within = input.measured === null ? approach(input.inPhaseMs, place.usual) : clamp(input.measured);
	const reached = place.start + (place.end - place.start) * (within ?? 0);
	if (within === null && reached === 0 && input.floor === 0) return { fraction: null, basis: 'unknown' };
	const fraction = Math.min(ALMOST, reached > input.floor ? reached : caughtUp(input, place));
	const isMeasured = input.measured !== null && fraction <= reached + SLACK;
	return { fraction, basis: isMeasured ? 'measured' : 'estimated' };
}

/** Where the current phase begins and ends, 0 to 1, and its usual time in ms, if that can be told. */
interface Place {
	start: number;
	end: number;
	usual: number | null;
}

function placeOf({ phases, history, phase, priorMs, milestones = false }: EstimateInput): Place {
	const isLearned = history.length >= MIN_RUNS;
	const priors = sharesOf(phases.map((prior) => prior.weight));
	const shares = phaseShares(phases, milestones ? [] : history);
	const index = phases.findIndex((prior) => prior.name === phase);
	const start = total(shares.slice(0, Math.max(0, index)));
	const end = start + (shares[Math.max(0, index)] ?? 0);

	const wholeMs = (isLearned ? null : priorMs) ?? usualMs(history, null);
	const enteredMs = isLearned && phase !== null ? usualMsOnceEntered(history, phase) : 0;
	return { start, end, usual: enteredMs || wholeMs * (priors[index] ?? 0) || null };
}

function sharesOf(weights: readonly number[]): number[] {
	const least = total(weights) * LEAST_SHARE || 1;
	const raised = weights.map((weight) => Math.max(least, weight));
	return raised.map((weight) => weight / total(raised));
}

// In proportion up to the usual time, then ever slower, without a corner and without an end. A hyperbola, since an
// exponential would soon stand still to the eye.
function approach(inPhaseMs: number, usual: number | null): number | null {
	if (usual === null) return null;
	const ratio = Math.max(0, inPhaseMs) / usual;
	return ratio <= 1 ? KNEE * ratio : 1 - (1 - KNEE) / (1 + (KNEE / (1 - KNEE)) * (ratio - 1));
}

// The floor, moved on a little by the time since it was shown: after a new attempt, or between coarse measurements, the
// bar is ahead of its run, and may neither fall nor stand still (PG-07). An exponential makes the rate of calls irrelevant.
function caughtUp({ floor, sinceFloorMs = 0, elapsedMs }: EstimateInput, { end, usual }: Place): number {
	const ceiling = floor < end ? end : 1;
	const slowness = Math.max(CATCH_UP_MS, CATCH_UP_PHASES * (usual ?? 0));
	const way = 1 - Math.exp(-Math.min(sinceFloorMs, elapsedMs) / slowness);
	return floor + (ceiling - floor) * way;
}

function inWords(remaining: Forecast | null, runs: number, late: 'run' | 'phase' | null): string {
	if (remaining === null) return `no estimate yet: ${runs} of ${MIN_RUNS} runs`;
	if (late === 'run') return 'longer than 9 of 10 such runs';
	const range = describeRange(remaining);
	const left = range === 'wrapping up' ? range : `${range} left`;
	return late === 'phase' ? `${left}, longer than 9 of 10 such runs in this phase` : `${left}, from ${runs} past runs`;
}

const silence = (ms: number) => `nothing heard from the provider for ${describeSpan(ms)}`;
const clamp = (fraction: number) => Math.min(1, Math.max(0, fraction));
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
