import type { CreateRequest } from '../request.ts';
import { analysisPart } from './analysis.ts';
import type { PuzzlePart } from './part.ts';
import { solverPart } from './solver.ts';
import { visualPart } from './visual.ts';

/** The part of work on a puzzle that a request asks for: an analysis, a program, or a look at its pictures; null for any other request. */
export function puzzlePart(
	request: Pick<CreateRequest, 'instructions' | 'body'>,
	prompt: string
): (PuzzlePart & { kind: 'analysis' | 'step' }) | null {
	const analysis = analysisPart(request, prompt);
	if (analysis) return { ...analysis, kind: 'analysis' };
	const step = solverPart(request, prompt) ?? visualPart(request, prompt);
	return step && { ...step, kind: 'step' };
}
