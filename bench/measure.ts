/** What the benchmark is made of: measures that each give figures, and the promises that a figure is held against. */

/** One server, program or baseline, with its value of each round, in the order in which they were taken. */
export interface Side {
	name: string;
	rounds: number[];
}

/**
 * What a figure must be: so many times the median of a named peer of the same run, or a plain limit in the figure's own
 * unit. Where lower is better it is the most, where higher is better the least that the figure may be.
 */
export type Target = { against: string; times: number } | { limit: number };

/** One row of the table: the same thing of Headway and of its peers, measured in turn in one run. */
export interface Figure {
	/** What was measured, as the table says it, e.g. `1,000 readers at 50/s, p99`. */
	what: string;
	/** `ms`, `MB`, `KB`, `events/s`, `%`, `s`; `''` for a plain number. */
	unit: string;
	better: 'lower' | 'higher';
	/** Headway's value of each round. */
	ours: number[];
	peers: Side[];
	targets?: Target[];
	/** What a reader of the figure must know, in one sentence. */
	note?: string;
}

/** What a measure is given. */
export interface Context {
	/** Fewer rounds and shorter ones: to see that a measure works, not to publish its figures. */
	quick: boolean;
	/** How often each side is measured; figures are medians of them. */
	rounds: number;
	/**
	 * Runs each task once a round, in turn, so that whatever else the machine does meets them alike; resolves with each
	 * task's values. `rounds` here overrides the run's.
	 */
	interleaved<T>(tasks: readonly (() => Promise<T>)[], rounds?: number): Promise<T[][]>;
	/** One line about how far it is, for the person who waits. */
	say(line: string): void;
	/** Says which peer or part could not be had, and why; the run goes on without it. */
	leftOut(what: string, why: string): void;
}

/** One measure: a module of this folder has one as its default export. It closes what it opened, also when it fails. */
export interface Measure {
	/** As `npm run bench -- <name>` has it. */
	name: string;
	/** One line of what it measures and against what. */
	about: string;
	run(context: Context): Promise<Figure[]>;
}
