import { z } from 'zod';
import { grid, type Grid } from '../../puzzles/grid.ts';
import { confidenceOf } from '../../puzzles/confidence.ts';
import { gridsOf } from '../../puzzles/predicted.ts';
import { MOST } from './field-reader.ts';
import type { Preview } from './model.ts';

/** A whole answer, checked. */
export interface Answer {
	pattern: string;
	strategy: string;
	hints: string[];
	prediction: Grid[];
	/** 0 to 100; null where the model gave no number. */
	confidence: number | null;
}

/** A whole answer, or why it is none, in a few words. */
export type Reading = { ok: true; answer: Answer } | { ok: false; problem: string };

const words = z.string().trim().min(1);
const answer = z.object({
	pattern: words,
	strategy: words,
	hints: z.array(z.string().trim()).max(MOST.hints, `there are more than ${MOST.hints}`),
	prediction: z.array(grid)
});
const loose = z.looseObject({});

/** Checks the object of an answer, as models write it, against what was asked for. */
export function readAnswer(value: unknown, tests: number): Reading {
	const whole = loose.safeParse(value).data;
	if (!whole) return { ok: false, problem: 'its JSON is not whole, or there is none' };
	const { predictions = whole.prediction, ...rest } = whole;
	const read = answer.safeParse({ ...rest, prediction: gridsOf(predictions) });
	if (!read.success) return { ok: false, problem: problemOf(read.error) };
	const { prediction } = read.data;
	if (prediction.length !== tests)
		return { ok: false, problem: `it predicts ${prediction.length} grids for ${tests} test inputs` };
	return { ok: true, answer: { ...read.data, confidence: confidenceOf(whole.confidence).percent } };
}

/** Whether the fields that were shown are those of the answer (TS-05). */
export function isPreviewed(answer: Answer, { pattern, strategy, hints, rows, confidence }: Preview): boolean {
	const shown = {
		...{ pattern: pattern?.text, strategy: strategy?.text, hints: hints.map(({ text }) => text) },
		...{ prediction: rows, confidence: confidence?.percent ?? null }
	};
	const { pattern: said, strategy: way, ...rest } = answer;
	return (
		JSON.stringify(shown) ===
		JSON.stringify({
			pattern: said,
			strategy: way,
			hints: rest.hints,
			prediction: rest.prediction,
			confidence: rest.confidence
		})
	);
}

function problemOf(error: z.ZodError): string {
	const [issue] = error.issues;
	const [field, ...path] = issue?.path ?? [];
	const name = field === 'prediction' ? 'predictions' : field;
	const place =
		path.length > 0
			? ` (at ${path.map((step) => (typeof step === 'number' ? step + 1 : String(step))).join(', ')})`
			: '';
	const says =
		issue?.code === 'custom' || issue?.code === 'too_big' || issue?.code === 'too_small'
			? issue.message.replace(/\.$/, '')
			: 'missing, or of another kind';
	return `\`${String(name)}\`${place}: ${says}`;
}
