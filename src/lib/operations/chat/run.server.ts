import { HeadwayError } from '../../jobs/error.ts';
import { Toolbox } from '../../tools/toolbox.server.ts';
import { counted } from '../../text/counted.ts';
import { defineRun } from '../operation.ts';
import { analyze } from './analyzing.server.ts';
import { Answering, type Answered } from './answering.server.ts';
import { gatherContext, type Known } from './context.server.ts';
import { Gathering, givesPassages, TOOLS_SHARE, type Gathered } from './gathering.server.ts';
import { chat, type ChatResult, type Plan, type TurnTiming } from './model.ts';
import { Planning } from './planning.server.ts';
import { Progress, type Context, type Input } from './progress.server.ts';
import { remember } from './remembering.server.ts';
import { answerRequest } from './requests.ts';
import { resultsOf } from './results.ts';
import { Stopwatch } from './stopwatch.ts';

/** One turn: understand, plan, check, work, answer, remember. Taken up again after a restart, it goes on where it stood. */
export default defineRun(chat, async (input, ctx) => {
	const progress = new Progress(ctx);
	const turn = new TurnRun(input, ctx, progress);
	try {
		return await turn.go();
	} catch (error) {
		if (!ctx.signal.aborted) progress.fail(error instanceof HeadwayError ? error.message : 'Something went wrong.');
		turn.measure();
		throw error;
	}
});

class TurnRun {
	readonly #input: Input;
	readonly #ctx: Context;
	readonly #progress: Progress;
	readonly #watch: Stopwatch;

	constructor(input: Input, ctx: Context, progress: Progress) {
		this.#input = input;
		this.#ctx = ctx;
		this.#progress = progress;
		const { steps = [], timing = null } = ctx.resumed?.state ?? {};
		this.#watch = new Stopwatch(steps[0]?.startedAt ?? ctx.now(), timing);
		progress.helperMs = timing?.helperMs ?? 0;
	}

	async go(): Promise<ChatResult> {
		const { message } = this.#input;
		this.#start();
		const known = await gatherContext(this.#input, this.#ctx, this.#progress);
		const plan = await this.#plan(known);
		const { gathered, answered } = await this.#execute(plan, known);
		const of = { message, answer: answered.text, known };
		const memories = await remember(of, this.#ctx, this.#progress);
		return await this.#complete({ ...answered, plan, tools: [...gathered.tools], memories }, known);
	}

	/** Tells what was measured (CH-12): of a turn that was stopped or failed too. */
	measure(): TurnTiming {
		const timing = this.#watch.read(this.#progress.helperMs);
		this.#ctx.emit('timing', timing);
		return timing;
	}

	#start(): void {
		const { provider, streaming } = this.#ctx;
		const { message, files } = this.#input;
		const facts = { characters: message.length, files: files.length, model: provider.model, streaming };
		this.#progress.begin('start', 'The turn begins.', facts);
		this.#progress.end('start', 'The message was received.');
	}

	/** Null for a turn that needs no plan, or whose plan cannot run. */
	async #plan(known: Known): Promise<Plan | null> {
		const { message } = this.#input;
		const needs = await analyze(message, known, this.#ctx, this.#progress);
		if (!needs.plan) return this.#unplanned();
		const toolbox = this.#toolbox(known);
		const planning = new Planning({ ctx: this.#ctx, progress: this.#progress, toolbox, known, message });
		const plan = await planning.make();
		this.#progress.over(
			'classifying',
			plan ? counted(plan.calls.length, 'call planned', 'calls planned') : 'No plan',
			plan?.calls.length
		);
		return plan;
	}

	#unplanned(): null {
		this.#progress.over('classifying', 'No tool and no document is needed');
		this.#progress.skip('planning', 'No plan is needed.');
		this.#progress.skip('validation', 'There is no plan to check.');
		return null;
	}

	#toolbox({ reach, files }: Known): Toolbox {
		const inReach = [...this.#input.files, ...files.earlier.map(({ id }) => id)];
		return new Toolbox(this.#ctx, { projectId: reach.projectId, files: inReach });
	}

	async #execute(plan: Plan | null, known: Known): Promise<{ gathered: Gathered; answered: Answered }> {
		const before = this.#executed();
		if (before) return before;
		const calls = plan?.calls.length ?? 0;
		this.#progress.begin(
			'execution',
			calls > 0 ? `${counted(calls, 'call', 'calls')}, then the answer.` : 'Answering.',
			{ calls }
		);
		const gathered = await this.#gather(plan, known);
		const answered = await this.#answer(gathered, known);
		this.measure();
		const { citations, text } = answered;
		const failed = gathered.tools.filter(({ state }) => state !== 'completed').length;
		const counts = { calls, failed, passages: gathered.passages.length, citations: citations.length };
		const said = `Answered in ${counted(text.length, 'character', 'characters')}, citing ${counted(citations.length, 'passage', 'passages')}.`;
		this.#progress.end('execution', said, { ...counts, characters: text.length, complete: answered.complete });
		return { gathered, answered };
	}

	/** What a process that was lost after the answer had got to: it is not asked for again. */
	#executed(): { gathered: Gathered; answered: Answered } | null {
		const { resumed } = this.#ctx;
		const details = this.#progress.ended('execution');
		if (!resumed || !details) return null;
		const { tools, passages, citations } = resumed.state;
		const text = resumed.content.answer ?? '';
		return { gathered: { tools, passages }, answered: { text, citations, complete: details.complete !== false } };
	}

	async #gather(plan: Plan | null, known: Known): Promise<Gathered> {
		if (!plan || plan.calls.length === 0) return { tools: [], passages: [] };
		const toolbox = this.#toolbox(known);
		return new Gathering(this.#ctx, this.#progress, toolbox).run(plan, this.#input.message);
	}

	#answer({ tools, passages }: Gathered, known: Known): Promise<Answered> {
		const { history, system, memories, files } = known;
		this.#progress.stage('generating', 'Writing the answer', passages.length);
		const results = [
			...resultsOf(tools, { givesPassages, found: passages.length > 0 }),
			...files.texts.map(({ name, text }) => ({ head: `file: ${name}`, text }))
		];
		const facts = { history, system, passages, results, memories, message: this.#input.message, images: files.images };
		const from = tools.length > 0 ? TOOLS_SHARE : 0;
		const of = { ctx: this.#ctx, progress: this.#progress, passages, watch: this.#watch, from };
		return new Answering(of).run(answerRequest(facts));
	}

	async #complete(parts: Omit<ChatResult, 'timing'>, { conversation }: Known): Promise<ChatResult> {
		this.#progress.begin('completion', 'Finishing.');
		// One that was deleted meanwhile takes no answer; and a stop that came with the last words is heeded.
		if (conversation) await this.#ctx.conversation();
		this.#ctx.signal.throwIfAborted();
		const timing = this.measure();
		const { tools, citations, memories } = parts;
		const counts = { tools: tools.length, citations: citations.length, memories: memories.length };
		this.#progress.end('completion', 'The turn is done.', { ...counts, ...timing });
		return { ...parts, timing };
	}
}
