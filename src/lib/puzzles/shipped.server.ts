import type { Puzzle } from './puzzle.ts';
import puzzles from './shipped.json' with { type: 'json' };

/** A puzzle that ships with Headway, with its known answer. Made by `scripts/make-puzzles.mjs`. */
export interface ShippedPuzzle {
	/** Stable; what `puzzleId` names. */
	readonly id: string;
	readonly title: string;
	/** From 1, one plain rule, to 5, several rules together. */
	readonly level: number;
	readonly puzzle: Puzzle;
}

/** All of them, the easiest first. */
export function shippedPuzzles(): readonly ShippedPuzzle[] {
	return puzzles;
}

/** The one of this id; undefined when there is none. */
export function shippedPuzzle(id: string): ShippedPuzzle | undefined {
	return puzzles.find((each) => each.id === id);
}
