import { median, predict, slope, type Weighted } from './quantile.ts';

/** How long one succeeded run took, in ms. A phase that was skipped is 0 or absent. */
export interface PastRun {
	totalMs: number;
	phases: Record<string, number>;
}

/** A span of time in ms, from the 10th to the 90th percentile; `0 <= low <= high`. */
export interface Forecast {
	low: number;
	high: number;
}

/** Where a run is: its furthest phase (null before the first), and its clocks in ms. */
export interface Position {
	phase: string | null;
	elapsedMs: number;
	inPhaseMs: number;
}

/** With fewer past runs than this there is no range. */
export const MIN_RUNS = 5;

/** The newest runs that count; with the decay below, an older one would weigh less than 1 in 400. */
export const WINDOW = 100;

// Chosen by back-test: each run weighs 6 % less than the next newer one, so a jump is followed within about 20 runs.
const DECAY = 0.94;
const MISS_RATE = 0.2; // what a range from the 10th to the 90th percentile leaves out
const STEP = 0.05; // how far one miss moves the miss rate that is aimed at
const TAIL = 0.2; // the longest fifth of the past runs, but at least three, speaks for whatever outlasts the others

const weigh = (history: readonly PastRun[]) =>
	history.slice(0, WINDOW).map((run, index) => ({ run, weight: DECAY ** index }));

const times = (history: readonly PastRun[], phase: string | null): Weighted[] =>
	weigh(history).map(({ run, weight }) => ({
		value: phase === null ? run.totalMs : (run.phases[phase] ?? 0),
		weight
	}));

const timesOfEntered = (history: readonly PastRun[], phase: string) =>
	times(history, phase).filter((item) => item.value > 0);

/** The usual time in ms of a phase over all runs (0 if most skip it), or of the whole run (`null`): a weighted median. */
export function usualMs(history: readonly PastRun[], phase: string | null): number {
	return median(times(history, phase));
}

/** The usual time in ms of a phase among the runs that entered it; 0 if none did. */
export function usualMsOnceEntered(history: readonly PastRun[], phase: string): number {
	return median(timesOfEntered(history, phase));
}

/** What is past its 90th percentile: the whole run, else its phase; null if neither, or with fewer than `MIN_RUNS` runs. */
export function outlasted(history: readonly PastRun[], position: Position): 'run' | 'phase' | null {
	const isPast = (ms: number, sample: readonly Weighted[]) =>
		sample.length >= MIN_RUNS && ms > predict(sample, 1 - MISS_RATE / 2);
	if (isPast(position.elapsedMs, times(history, null))) return 'run';
	if (position.phase === null) return null;
	return isPast(position.inPhaseMs, timesOfEntered(history, position.phase)) ? 'phase' : null;
}

/** The range of the time that is left, given the phases in order; null with fewer than `MIN_RUNS` past runs. */
export function remainingRange(
	order: readonly string[],
	history: readonly PastRun[],
	forecasts: readonly boolean[],
	position: Position
): Forecast | null {
	if (history.length < MIN_RUNS) return null;
	const rests = restsOf(order, history, position);
	const missRate = adaptedMissRate(forecasts);
	const low = predict(rests, missRate / 2);
	return { low, high: Math.max(low, predict(rests, 1 - missRate / 2)) };
}

// A range that failed lowers the miss rate that is aimed at, one that held raises it: in the long run they hold as often
// as they claim, however the durations shift (adaptive conformal inference; Gibbs and Candès, 2021).
function adaptedMissRate(forecasts: readonly boolean[]): number {
	return forecasts.slice(0, WINDOW).reduceRight((rate, held) => {
		const next = rate + STEP * (MISS_RATE - (held ? 0 : 1));
		return Math.min(2 * MISS_RATE, Math.max(MISS_RATE / 5, next));
	}, MISS_RATE);
}

/** A past run seen from one of its phases: the time before it, in it and after it. */
interface Course {
	before: number;
	span: number;
	after: number;
	weight: number;
}

function restsOf(order: readonly string[], history: readonly PastRun[], position: Position): Weighted[] {
	const index = order.indexOf(position.phase ?? '');
	const entered = weigh(history)
		.map(({ run, weight }) => courseOf(order, index, run, weight))
		.filter((course) => course.span > 0);
	if (entered.length >= MIN_RUNS) {
		return survivors(atPace(entered, position.elapsedMs - position.inPhaseMs), position.inPhaseMs);
	}
	// Before the first phase, or in one that few runs entered: only the whole time can be compared.
	const whole = weigh(history).map(({ run, weight }) => ({ before: 0, span: run.totalMs, after: 0, weight }));
	return survivors(whole, position.elapsedMs);
}

function courseOf(order: readonly string[], index: number, run: PastRun, weight: number): Course {
	const spent = (names: readonly string[]) => names.reduce((total, name) => total + (run.phases[name] ?? 0), 0);
	if (index < 0) return { before: 0, span: 0, after: 0, weight };
	return {
		before: spent(order.slice(0, index)),
		span: spent(order.slice(index, index + 1)),
		after: spent(order.slice(index + 1)),
		weight
	};
}

// A run that was slow so far mostly stays slow: the past runs are scaled to the pace of this one, as far as history
// bears that out (a regression on logarithms, its slope shrunk towards none while runs are few).
function atPace(courses: readonly Course[], beforeMs: number): readonly Course[] {
	const paced = courses.filter((course) => course.before > 0);
	if (beforeMs <= 0 || paced.length < MIN_RUNS) return courses;
	const points = paced.map(({ before, span, after, weight }) => ({
		x: Math.log(before),
		y: Math.log(span + after),
		weight
	}));
	const trust = paced.length / (paced.length + MIN_RUNS);
	const power = Math.min(1, Math.max(0, slope(points) * trust));
	return paced.map(({ before, span, after, weight }) => {
		const scale = Math.min(4, Math.max(1 / 4, (beforeMs / before) ** power));
		return { before, span: span * scale, after: after * scale, weight };
	});
}

// What was left of the runs that took this long too. Once only the longest ones are left they stay, and are stretched:
// the tail keeps its shape, so what outlasts every record is expected to last on in proportion.
function survivors(courses: readonly Course[], spentMs: number): Weighted[] {
	const spans = courses.map((course) => course.span).sort((a, b) => b - a);
	const kept = Math.max(3, Math.ceil(TAIL * spans.length));
	const threshold = Math.min(spentMs, spans[kept - 1] ?? 0);
	const stretch = threshold > 0 ? spentMs / threshold : 1;
	return courses
		.filter((course) => course.span >= threshold)
		.map(({ span, after, weight }) => ({ value: (span - threshold) * stretch + after, weight }));
}
