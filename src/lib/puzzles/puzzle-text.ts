import type { z } from 'zod';
import { puzzle, type Puzzle } from './puzzle.ts';

/** A puzzle that was read from a text, or what is wrong with it, in sentences. */
export type PuzzleReading = { puzzle: Puzzle } | { problems: string[] };

/** So many mistakes are named; one often brings others. */
const MOST_PROBLEMS = 5;
/** Longer than any puzzle of the largest grids, each cell on a line of its own, in characters. */
export const LONGEST_PUZZLE = 1_000_000;

/** Reads a puzzle in the ARC format: JSON with `train` and `test`. */
export function readPuzzle(text: string): PuzzleReading {
	if (text.length > LONGEST_PUZZLE) return { problems: ['This is longer than the largest puzzle that there can be.'] };
	let value: unknown;
	try {
		value = JSON.parse(text.trim());
	} catch (error) {
		const why = error instanceof Error ? ` (${error.message})` : '';
		return {
			problems: [
				`This is not JSON${why}. A puzzle looks like {"train": [{"input": …, "output": …}], "test": [{"input": …}]}.`
			]
		};
	}
	const read = puzzle.safeParse(value);
	if (read.success) return { puzzle: read.data };
	return { problems: read.error.issues.slice(0, MOST_PROBLEMS).map(sentenceOf) };
}

function sentenceOf({ path, message }: z.core.$ZodIssue): string {
	const place = placeOf(path);
	return place === '' ? message : `${place}: ${message}`;
}

/** `train.1.output.2` as "Training pair 2, output, row 3". */
function placeOf(path: readonly PropertyKey[]): string {
	const [part, index, side, row, cell] = path;
	const whole = part === 'train' ? 'Training pair' : part === 'test' ? 'Test' : part === undefined ? '' : String(part);
	const steps = [
		typeof index === 'number' ? `${whole} ${index + 1}` : whole === 'Training pair' ? 'Training pairs' : whole,
		side === undefined ? '' : String(side),
		typeof row === 'number' ? `row ${row + 1}` : '',
		typeof cell === 'number' ? `cell ${cell + 1}` : ''
	];
	return steps.filter(Boolean).join(', ');
}
