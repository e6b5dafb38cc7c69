import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import { grid, type Grid } from '../../puzzles/grid.ts';
import { confidenceOf } from '../../puzzles/confidence.ts';

const words = z.string().trim().min(1).nullable().catch(null);
const shape = z.object({
	predictions: z.array(grid),
	...{ pattern: words, strategy: words },
	hints: z.array(z.string().trim().min(1)).max(100).catch([])
});

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
	const checked = shape.safeParse(read);
	if (!checked.success) return { problem: problemOf(checked.error) };
	const { predictions: grids, ...said } = checked.data;
	if (grids.length !== count) return { problem: `it has ${grids.length} grids, and there are ${count} tests` };
	const { confidence } = read as { confidence?: unknown };
	return { grids, ...said, confidence: confidenceOf(confidence).percent };
}

function problemOf({ issues: [issue] }: z.ZodError): string {
	const [, at] = issue?.path ?? [];
	return `${typeof at === 'number' ? `grid ${at + 1}` : 'it'}: ${issue?.message ?? 'is of another kind'}`;
}
