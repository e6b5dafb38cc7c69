import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import { grid, type Grid } from '../../puzzles/grid.ts';
import { confidenceOf } from '../../puzzles/confidence.ts';
import { gridsOf } from '../../puzzles/predicted.ts';

const words = z.string().trim().min(1).nullable().catch(null);
const shape = z.object({
	predictions: z.array(grid),
	...{ pattern: words, strategy: words },
	hints: z.array(z.string().trim().min(1)).max(100).catch([])
});
const loose = z.looseObject({});

/** The last answer. Its grids are what counts; what is said beside them may be missing. */
export interface VisualAnswer {
	readonly grids: Grid[];
	readonly pattern: string | null;
	readonly strategy: string | null;
	readonly hints: string[];
	/** 0 to 100. */
	readonly confidence: number | null;
}

/** Reads the last answer, or says what is wrong with it, as the end of a sentence. A fence around the JSON is no fault. */
export function answerIn(text: string, count: number): VisualAnswer | { problem: string } {
	const read = jsonIn(text);
	if (read === undefined) return { problem: 'it is no JSON' };
	const whole = loose.safeParse(read).data ?? {};
	const checked = shape.safeParse({ ...whole, predictions: gridsOf(whole.predictions ?? whole.prediction) });
	if (!checked.success) return { problem: problemOf(checked.error) };
	const { predictions: grids, ...said } = checked.data;
	if (grids.length !== count) return { problem: `it has ${grids.length} grids, and there are ${count} tests` };
	return { grids, ...said, confidence: confidenceOf(whole.confidence).percent };
}

function problemOf({ issues: [issue] }: z.ZodError): string {
	const [, at] = issue?.path ?? [];
	return typeof at === 'number' ? `grid ${at + 1}: ${issue?.message ?? ''}` : 'it has no list of `predictions`';
}
