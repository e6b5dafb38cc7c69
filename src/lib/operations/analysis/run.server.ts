import { lastWord } from '../answer.ts';
import { askedPuzzle } from '../asked-puzzle.server.ts';
import { FinishableResponse } from '../finishing.ts';
import { defineRun, type DurableProvider, type ProviderOutcome } from '../operation.ts';
import { Analyst, type Context } from './analyst.server.ts';
import { analysis } from './model.ts';
import {
	analysisPrompt,
	analysisSchema,
	finishingInstructions,
	finishingPrompt,
	instructions,
	mostWritten
} from './prompt.ts';

type Request = Parameters<DurableProvider['respond']>[0];

/** Analyses a puzzle: one response at the provider, and where it is finished early a second one that answers from the reasoning so far. */
export default defineRun(analysis, async (input, ctx) => {
	ctx.phase('reading');
	const analyst = new Analyst(askedPuzzle(input, ctx), ctx);
	const outcome = ctx.resumed?.state.early ? null : await think(ctx, analyst);
	return analyst.conclude(outcome ?? (await answerEarly(ctx, analyst)));
});

/** The response that thinks and, unless it is ended early, answers; null when it was. */
function think(ctx: Context, analyst: Analyst): Promise<ProviderOutcome | null> {
	ctx.phase('thinking');
	if (!ctx.finishing.aborted) analyst.say('Waiting for the model');
	const request = withShape({ instructions, input: analysisPrompt(analyst.puzzle) }, ctx.provider);
	const response = new FinishableResponse(ctx, analyst, { ending: 'Ending the thinking', what: 'analysis' });
	return response.read({ ...request, effort: 'medium', summaries: true });
}

/** Answers from the reasoning so far: one request, bounded on both sides. */
async function answerEarly(ctx: Context, analyst: Analyst): Promise<ProviderOutcome> {
	ctx.signal.throwIfAborted();
	const prompt = finishingPrompt(analyst.puzzle, analyst.reasoning);
	// In the log before the request is: taken up again, this job answers and does not think once more.
	analyst.finishEarly();
	ctx.phase('writing');
	const request = withShape({ instructions: finishingInstructions, input: prompt }, ctx.provider);
	const bounded = { ...request, effort: 'low', summaries: true, maxOutputTokens: mostWritten(analyst.puzzle) } as const;
	return lastWord(ctx.provider.respond(bounded, 'finish'), analyst, ctx.provider.label);
}

function withShape(request: Request, { can }: DurableProvider): Request {
	return can.structured ? { ...request, schema: analysisSchema } : request;
}
