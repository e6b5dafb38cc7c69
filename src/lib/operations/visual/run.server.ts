import { HeadwayError } from '../../jobs/error.ts';
import { pictureOf, type Picture } from '../../puzzles/picture.server.ts';
import type { Puzzle } from '../../puzzles/puzzle.ts';
import { scoreOf } from '../../puzzles/score.ts';
import { ask } from '../answer.ts';
import { askedPuzzle } from '../asked-puzzle.server.ts';
import { defineRun, type RunContext } from '../operation.ts';
import { reasoningOf, steps, visual, type Step, type VisualResult } from './model.ts';
import { answerIn, type VisualAnswer } from './predictions.ts';
import { answerSchema, instructions, stepPrompt } from './prompt.ts';

type Context = RunContext<typeof visual>;

/** How long a step's answer tends to be, in characters; our own guess until it is measured. */
const STEP_LENGTH = 1_200;

const activities: Record<Step, string> = {
	look: 'Looking at the pictures',
	hypothesize: 'Looking for rules that could explain them',
	test: 'Testing the hypotheses on each pair',
	answer: 'Applying the rule to the tests'
};

/** Solves a puzzle by eye: its pictures are drawn, and looked at in four requests. */
export default defineRun(visual, async (input, ctx): Promise<VisualResult> => {
	ctx.phase('look');
	const looking = new Looking(askedPuzzle(input, ctx), ctx);
	await looking.draw();
	for (const step of steps) {
		ctx.phase(step);
		await looking.take(step);
	}
	return looking.conclude();
});

/** The steps. After a restart those that ended are not asked for again. */
class Looking {
	readonly #puzzle: Puzzle;
	readonly #ctx: Context;
	readonly #texts: Record<string, string>;
	readonly #done: VisualResult['steps'] = [];
	#pictures: readonly Picture[] = [];

	constructor(puzzle: Puzzle, ctx: Context) {
		this.#puzzle = puzzle;
		this.#ctx = ctx;
		this.#texts = { ...ctx.resumed?.content };
	}

	/** Draws what the model is shown, and keeps it with the job. */
	async draw(): Promise<void> {
		const { train, test } = this.#puzzle;
		this.#ctx.activity('Drawing the pictures');
		const pairs = train.map(({ input, output }) => pictureOf(input, output));
		const tests = test.map(({ input }) => pictureOf(input));
		this.#pictures = [...pairs, ...tests];
		for (const [index, picture] of pairs.entries()) await this.#keep(picture, 'pair', index + 1);
		for (const [index, picture] of tests.entries()) await this.#keep(picture, 'test', index + 1);
	}

	async take(name: Step): Promise<void> {
		const known = this.#ctx.resumed?.state.steps.find((step) => step.name === name);
		const before = known && known.finishedAt !== null ? { ...known, finishedAt: known.finishedAt } : null;
		if (before) return void this.#end(name, before.tokens, before.finishedAt - before.startedAt);
		if (!known) this.#ctx.emit('step', { name, finished: false, tokens: null });
		const startedAt = known?.startedAt ?? this.#ctx.now();
		const tokens = await this.#ask(name);
		this.#ctx.emit('step', { name, finished: true, tokens });
		this.#end(name, tokens, this.#ctx.now() - startedAt);
	}

	conclude(): VisualResult {
		const { grids: prediction, ...said } = this.#answer();
		if (!this.#ctx.resumed?.state.prediction) this.#ctx.emit('predicted', { prediction });
		const textOf = (name: Step) => this.#texts[name]?.trim() || null;
		return {
			...said,
			...{ pattern: said.pattern ?? textOf('hypothesize'), strategy: said.strategy ?? textOf('test') },
			prediction,
			score: scoreOf(prediction, this.#puzzle),
			steps: this.#done
		};
	}

	async #keep(picture: Picture, of: 'pair' | 'test', number: number): Promise<void> {
		const name = `${of}-${number}.png`;
		if (this.#ctx.resumed?.state.pictures.some((shown) => shown.name === name)) return;
		const { bytes, mediaType, width, height } = picture;
		const { url } = await this.#ctx.artifact({ name, mediaType, bytes });
		this.#ctx.emit('picture', { of, number, name, url, width, height });
	}

	async #ask(name: Step): Promise<VisualResult['steps'][number]['tokens']> {
		const { provider } = this.#ctx;
		const said = this.#done.map((step) => [step.name, step.text] as const);
		const message = { role: 'user' as const, text: stepPrompt(this.#puzzle, said), images: this.#pictures };
		const shape = name === 'answer' && provider.can.structured ? { schema: answerSchema } : {};
		const asked = { effort: 'medium', summaries: true, ...shape } as const;
		const request = { instructions: instructions[name], input: [message], ...asked };
		const listener = {
			activity: (line: string) => this.#ctx.activity(line),
			reasoning: (piece: string) => this.#ctx.content(reasoningOf(name), piece),
			text: (piece: string, restart: boolean) => this.#grow(name, piece, restart)
		};
		const known = { shown: this.#texts[name] ?? '', thought: this.#texts[reasoningOf(name)] ?? '' };
		const question = { request, step: name, activity: activities[name], ...known };
		const { usage, stopped } = await ask(provider, question, listener);
		if (stopped !== null) this.#ctx.notice('warning', 'incomplete', `${stopped}. What it said is used as it is.`);
		return usage && { input: usage.inputTokens, output: usage.outputTokens };
	}

	#grow(name: Step, piece: string, restart: boolean): void {
		const text = (this.#texts[name] = restart ? piece : (this.#texts[name] ?? '') + piece);
		this.#ctx.content(name, piece, restart);
		this.#ctx.progress(1 - Math.exp((-2 * text.length) / STEP_LENGTH), 'estimated');
	}

	#end(name: Step, tokens: VisualResult['steps'][number]['tokens'], ms: number): void {
		this.#done.push({ name, text: this.#texts[name] ?? '', tokens, ms });
	}

	#answer(): VisualAnswer {
		const read = answerIn(this.#texts.answer ?? '', this.#puzzle.test.length);
		if ('grids' in read) return read;
		const message = `The answer could not be read as grids: ${read.problem}. Try again, or choose another model. What was said is kept.`;
		throw new HeadwayError('provider_error', message);
	}
}
