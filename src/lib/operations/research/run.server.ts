import { HeadwayError } from '../../jobs/error.ts';
import { defineRun, type InputOf, type ProviderOutcome, type RunContext } from '../operation.ts';
import { evidencePrompt, finishingInstructions, mostWritten } from './evidence.ts';
import { research } from './model.ts';
import { depths, instructions, instructionsWithoutSearch } from './prompt.ts';
import { declined, Researcher } from './researcher.server.ts';

type Context = RunContext<typeof research>;
type Input = InputOf<typeof research>;

/** Runs a research: one response at the provider, and where it is finished early a second one that writes the report from what there is. */
export default defineRun(research, async (input, ctx) => {
	const researcher = new Researcher(ctx, depths[input.depth].expectedLength);
	const outcome = ctx.resumed?.state.early ? null : await new Gathering(ctx, researcher).run(input);
	return researcher.conclude(outcome ?? (await writeEarly(input, ctx, researcher)));
});

/** The response that searches and, unless it is ended early, writes the report. */
class Gathering {
	readonly #ctx: Context;
	readonly #researcher: Researcher;
	/** Whether the provider was told to stop. */
	#stopped = false;
	/** That the report is being written already was said. */
	#said = false;

	constructor(ctx: Context, researcher: Researcher) {
		this.#ctx = ctx;
		this.#researcher = researcher;
	}

	/** How it ended; null when it was stopped before it had a report. */
	async run(input: Input): Promise<ProviderOutcome | null> {
		const { finishing, resumed } = this.#ctx;
		// Taken up again, it may run on unseen: nothing would come of it that says so.
		if (finishing.aborted && resumed && !(await this.#stop())) return null;
		const heed = () => this.#heed();
		finishing.addEventListener('abort', heed);
		try {
			return await this.#read(input);
		} finally {
			finishing.removeEventListener('abort', heed);
		}
	}

	async #read(input: Input): Promise<ProviderOutcome | null> {
		const { provider, finishing } = this.#ctx;
		this.#begin();
		for await (const event of provider.respond(requestFor(input, provider.can.webSearch))) {
			if (event.type === 'ended') return this.#wasCut(event.outcome) ? null : event.outcome;
			this.#researcher.take(event);
			// A message in between may have looked like the report.
			if (finishing.aborted) this.#heed();
		}
		if (this.#stopped) return null;
		if (this.#researcher.refusal !== null) throw declined(this.#researcher.refusal);
		throw new HeadwayError('provider_connection', `${provider.label} ended without a result. What arrived is kept.`);
	}

	#begin(): void {
		const { provider, resumed } = this.#ctx;
		this.#ctx.phase('analyzing');
		if (!this.#stopped) this.#ctx.activity('Reading the question');
		if (!provider.can.webSearch && !resumed) this.#ctx.notice('warning', 'no_web_search', whyUnsearched(this.#ctx));
	}

	#heed(): void {
		if (this.#stopped) return;
		if (!this.#researcher.writing) return void this.#stop();
		if (this.#said) return;
		this.#said = true;
		this.#ctx.notice('info', 'already_writing', 'The report is being written already: it goes on to its end.');
	}

	async #stop(): Promise<ProviderOutcome | null> {
		this.#stopped = true;
		this.#ctx.activity('Ending the search');
		return this.#ctx.provider.stop();
	}

	#wasCut({ status }: ProviderOutcome): boolean {
		return this.#stopped && status === 'cancelled';
	}
}

/** Writes the report from what was gathered: one request, without searches, bounded on both sides. */
async function writeEarly(input: Input, ctx: Context, researcher: Researcher): Promise<ProviderOutcome> {
	ctx.signal.throwIfAborted();
	const prompt = evidencePrompt(input.query, researcher.state, researcher.draft);
	// In the log before the request is: taken up again, this job writes and does not gather once more.
	researcher.finishEarly();
	ctx.phase('synthesizing');
	ctx.activity('Writing the report from what there is');
	const request = { input: prompt, instructions: finishingInstructions, effort: 'low', summaries: true } as const;
	for await (const event of ctx.provider.respond({ ...request, maxOutputTokens: mostWritten[input.depth] }, 'finish')) {
		if (event.type === 'ended') return event.outcome;
		researcher.take(event);
	}
	if (researcher.refusal !== null) throw declined(researcher.refusal);
	throw new HeadwayError('provider_connection', `${ctx.provider.label} ended without a result. What arrived is kept.`);
}

function requestFor({ query, depth }: Input, searches: boolean) {
	const { effort, maxToolCalls, context } = depths[depth];
	const request = { input: query, effort, summaries: true };
	if (!searches) return { ...request, instructions: instructionsWithoutSearch };
	return { ...request, instructions, maxToolCalls, webSearch: { contextSize: context } };
}

function whyUnsearched({ provider }: Context): string {
	return `${provider.label.replace(/^the /, 'The ')} has no web search: the report rests on the model’s own knowledge and cites no sources.`;
}
