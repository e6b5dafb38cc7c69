import { HeadwayError } from '../jobs/error.ts';
import type { Puzzle } from '../puzzles/puzzle.ts';
import { shippedPuzzle, type ShippedPuzzle } from '../puzzles/shipped.server.ts';

/** What a run about a puzzle can tell of it. */
interface Context {
	readonly resumed: { readonly state: { readonly shipped: unknown } } | null;
	emit(type: 'puzzle', data: ShippedPuzzle): void;
}

/** The puzzle of an input. One that ships is told of once, so that the page can draw it. Throws `invalid_input` where it is gone. */
export function askedPuzzle(
	{ puzzle, puzzleId = '' }: { puzzle?: Puzzle | undefined; puzzleId?: string | undefined },
	ctx: Context
): Puzzle {
	if (puzzle) return puzzle;
	const shipped = shippedPuzzle(puzzleId);
	if (!shipped) throw new HeadwayError('invalid_input', 'There is no puzzle of this id any more.');
	if (!ctx.resumed?.state.shipped) ctx.emit('puzzle', { ...shipped });
	return shipped.puzzle;
}
