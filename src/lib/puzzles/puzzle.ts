import { z } from 'zod';
import { countedAny } from '../text/counted.ts';
import { shortened } from '../text/shortened.ts';
import { grid } from './grid.ts';
import titles from './shipped-titles.json' with { type: 'json' };

const known = z.strictObject({ input: grid, output: grid }, only('A pair is an object with `input` and `output`'));
const asked = z.strictObject({ input: grid, output: grid.optional() }, only('A test is an object with `input`'));

/** A puzzle in the ARC format: pairs to learn from, and inputs whose output is sought; known where it is given. */
export const puzzle = z.strictObject(
	{
		train: z
			.array(known, 'A puzzle needs `train`: a list of pairs.')
			.min(1, 'A puzzle needs at least one training pair.')
			.max(10, 'A puzzle has at most 10 training pairs.'),
		test: z
			.array(asked, 'A puzzle needs `test`: a list of inputs.')
			.min(1, 'A puzzle needs at least one test input.')
			.max(5, 'A puzzle has at most 5 test inputs.')
	},
	only('A puzzle is an object with `train` and `test`')
);
export type Puzzle = z.infer<typeof puzzle>;

/** Says what an object is, and which of its fields are not for it. */
function only(thing: string): { error: (issue: z.core.$ZodRawIssue) => string } {
	return {
		error: (issue) =>
			issue.code === 'unrecognized_keys'
				? `${thing}: take out “${[...issue.keys.join('”, “')].slice(0, 80).join('')}”.`
				: `${thing}.`
	};
}

/** The fields that say which puzzle an operation is about: one of the two. */
export const puzzleFields = {
	puzzle: puzzle.optional(),
	/** Of one that ships with Headway. */
	puzzleId: z
		.string()
		.min(1)
		.max(64)
		.refine((id) => Object.hasOwn(titles, id), 'There is no puzzle of this id.')
		.optional()
};

/** A puzzle that ships, as a job tells of it. */
export const toldPuzzle = z.object({ id: z.string(), title: z.string(), level: z.int(), puzzle });

/** What a job about a puzzle is called: the title of one that ships, the id itself where there is none, or what it consists of. */
export function puzzleTitle({
	puzzle,
	puzzleId
}: {
	puzzle?: Puzzle | undefined;
	puzzleId?: string | undefined;
}): string {
	if (puzzleId)
		return shortened(Object.hasOwn(titles, puzzleId) ? titles[puzzleId as keyof typeof titles] : puzzleId, 80);
	const { train = [], test = [] } = puzzle ?? {};
	return `Puzzle of ${countedAny([train.length, 'pair'], [test.length, 'test']).join(' and ')}`;
}

/** For `superRefine`: exactly one of the two is given. */
export function namesOnePuzzle(
	input: { puzzle?: unknown; puzzleId?: unknown },
	ctx: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void }
): void {
	if ((input.puzzle === undefined) === (input.puzzleId === undefined))
		ctx.addIssue({
			code: 'custom',
			path: ['puzzle'],
			message: 'Give either `puzzle`, or the `puzzleId` of one that ships.'
		});
}
