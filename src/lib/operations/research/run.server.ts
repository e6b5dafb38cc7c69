import { asSentence } from '../../text/sentence.ts';
import { lastWord } from '../answer.ts';
import { FinishableResponse } from '../finishing.ts';
import { defineRun, type InputOf, type ProviderOutcome, type RunContext } from '../operation.ts';
import { evidencePrompt, finishingInstructions, mostWritten } from './evidence.ts';
import { research } from './model.ts';
import { depths, instructions, instructionsWithoutSearch } from './prompt.ts';
import { Researcher } from './researcher.server.ts';

type Context = RunContext<typeof research>;
type Input = InputOf<typeof research>;

/** Runs a research: one response at the provider, and where it is finished early a second one that writes the report from what there is. */
export default defineRun(research, async (input, ctx) => {
	const researcher = new Researcher(ctx, depths[input.depth].expectedLength);
	const outcome = ctx.resumed?.state.early ? null : await gather(input, ctx, researcher);
	return researcher.conclude(outcome ?? (await writeEarly(input, ctx, researcher)));
});

/** The response that searches and, unless it is ended early, writes the report; null when it was. */
function gather(input: Input, ctx: Context, researcher: Researcher): Promise<ProviderOutcome | null> {
	const { can } = ctx.provider;
	ctx.phase('analyzing');
	if (!ctx.finishing.aborted) researcher.say('Reading the question');
	if (!can.webSearch && !ctx.resumed) ctx.notice('warning', 'no_web_search', whyUnsearched(ctx));
	const response = new FinishableResponse(ctx, researcher, { ending: 'Ending the search', what: 'report' });
	return response.read(requestFor(input, can.webSearch));
}

/** Writes the report from what was gathered: one request, without searches, bounded on both sides. */
async function writeEarly(input: Input, ctx: Context, researcher: Researcher): Promise<ProviderOutcome> {
	ctx.signal.throwIfAborted();
	const prompt = evidencePrompt(input.query, researcher.state, researcher.draft);
	// In the log before the request is: taken up again, this job writes and does not gather once more.
	researcher.finishEarly();
	ctx.phase('synthesizing');
	researcher.say('Writing the report from what there is');
	const request = { input: prompt, instructions: finishingInstructions, effort: 'low', summaries: true } as const;
	const bounded = { ...request, maxOutputTokens: mostWritten[input.depth] };
	return lastWord(ctx.provider.respond(bounded, 'finish'), researcher, ctx.provider.label);
}

function requestFor({ query, depth }: Input, searches: boolean) {
	const { effort, maxToolCalls, context } = depths[depth];
	const request = { input: query, effort, summaries: true };
	if (!searches) return { ...request, instructions: instructionsWithoutSearch };
	return { ...request, instructions, maxToolCalls, webSearch: { contextSize: context } };
}

function whyUnsearched({ provider }: Context): string {
	return asSentence(
		`${provider.label} has no web search: the report rests on the model’s own knowledge and cites no sources.`
	);
}
