import { length, type Choices } from './seed.ts';

/** How fast-check is to run a property: from a seed that follows from the run's, as often as its length says. */
export function rounds(choices: Choices, numRuns: number): { seed: number; numRuns: number } {
	return { seed: choices.whole(0, 2 ** 31 - 1), numRuns: Math.round(numRuns * length) };
}
