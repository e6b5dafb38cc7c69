import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import { shippedPuzzle, shippedPuzzles } from '../../puzzles/shipped.server.ts';

/** `GET /api/puzzles`: those that ship, without all of their grids. */
export async function listPuzzles(): Promise<Response> {
	const puzzles = shippedPuzzles().map(({ id, title, level, puzzle: { train, test } }) => ({
		...{ id, title, level },
		...{ pairs: train.length, tests: test.length, example: train[0] }
	}));
	return Response.json({ puzzles });
}

/** `GET /api/puzzles/:id`: one of them with all of its grids and its answers. */
export async function getPuzzle({ params }: RequestEvent): Promise<Response> {
	const found = shippedPuzzle(params.id ?? '');
	if (!found) throw new HeadwayError('not_found', 'There is no puzzle of this id.');
	return Response.json(found);
}
