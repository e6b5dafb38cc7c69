import { HeadwayError } from '../../jobs/error.ts';
import type { Grid } from '../../puzzles/grid.ts';
import type { Puzzle } from '../../puzzles/puzzle.ts';
import { scoreGrid, scoreOf } from '../../puzzles/score.ts';
import { asSentence } from '../../text/sentence.ts';
import { ask, type Answer } from '../answer.ts';
import { askedPuzzle } from '../asked-puzzle.server.ts';
import { defineRun, type ProgramRun, type RunContext } from '../operation.ts';
import {
	bestOf,
	isSolved,
	mergeStage,
	scoreOfRuns,
	type Iteration,
	type IterationState,
	type PairRun,
	type Stage
} from './iterations.ts';
import { reasoningOf, solver, targetOf, type SolverResult, type SolverState } from './model.ts';
import { programIn, wordsIn } from './program.ts';
import { instructions, solverPrompt, type Earlier } from './prompt.ts';

type Context = RunContext<typeof solver>;
type Answered = Pick<NonNullable<SolverState['answered']>, 'number' | 'prediction' | 'errors'>;

/** How long an answer tends to be, in characters; our own guess until it is measured. */
const ANSWER_LENGTH = 1_800;
/** The share of an iteration that the writing is; the rest is running. */
const WRITING = 0.9;

/** Solves a puzzle: programs are written and run until one is right on all pairs; the best answers the tests. */
export default defineRun(solver, async (input, ctx): Promise<SolverResult> => {
	ctx.phase('reading');
	const work = new Solving(askedPuzzle(input, ctx), input.iterations, ctx);
	ctx.phase('solving');
	await work.iterate();
	ctx.phase('answering');
	return work.answer();
});

/** The iterations. After a restart those that ended are not asked for again, and a program that was written is only run. */
class Solving {
	readonly #puzzle: Puzzle;
	readonly #most: number;
	readonly #ctx: Context;
	#iterations: IterationState[];
	readonly #texts: Record<string, string>;

	constructor(puzzle: Puzzle, most: number, ctx: Context) {
		this.#puzzle = puzzle;
		this.#most = most;
		this.#ctx = ctx;
		this.#iterations = ctx.resumed?.state.iterations ?? [];
		this.#texts = { ...ctx.resumed?.content };
	}

	async iterate(): Promise<void> {
		for (let number = 1; number <= this.#most && !this.#isOver(number); number++) {
			if (!this.#of(number)?.ran) await this.#iteration(number);
			this.#ctx.progress(number / this.#most, 'estimated');
		}
	}

	/** Solved; or the last two answers before this one had no program, so that another would hardly have one. */
	#isOver(number: number): boolean {
		const hasNone = (each: number) => this.#of(each)?.ran !== undefined && this.#of(each)?.written?.program === null;
		return this.#iterations.some(isSolved) || (hasNone(number - 1) && hasNone(number - 2));
	}

	/** Runs the best program on the tests. */
	async answer(): Promise<SolverResult> {
		const best = bestOf(this.#iterations);
		if (!best) throw noProgram(this.#iterations.length, this.#ctx);
		const { prediction } = this.#ctx.resumed?.state.answered ?? (await this.#answerWith(best));
		const { right, of } = scoreOfRuns(best.ran?.runs ?? []);
		return {
			...wordsIn(this.#texts[targetOf(best.number)] ?? ''),
			prediction,
			confidence: of === 0 ? 0 : Math.floor((100 * right) / of),
			score: scoreOf(prediction, this.#puzzle),
			program: best.program,
			iterations: this.#iterations.map(summaryOf)
		};
	}

	async #answerWith({ number, program }: { number: number; program: string }): Promise<Answered> {
		this.#ctx.activity('Running the best program on the tests');
		const inputs = this.#puzzle.test.map(({ input }) => input);
		const runs = await this.#ctx.programs.run(program, inputs, this.#ctx.signal);
		const prediction = runs.map(({ output }) => output);
		const answered = { number, prediction, errors: runs.map(({ error }) => error?.message ?? null) };
		this.#ctx.emit('answered', answered);
		return answered;
	}

	async #iteration(number: number): Promise<void> {
		if (!this.#of(number)) this.#tell({ stage: 'started', number });
		if (!this.#of(number)?.written) await this.#write(number);
		const program = this.#of(number)?.written?.program ?? null;
		const runs = program === null ? [] : await this.#run(number, program);
		this.#tell({ stage: 'ran', number, runs });
	}

	async #write(number: number): Promise<void> {
		const input = solverPrompt(this.#puzzle, this.#before(number));
		const { text, usage, stopped } = await this.#ask(number, input);
		const program = programIn(text);
		const tokens = usage && { input: usage.inputTokens, output: usage.outputTokens };
		this.#tell({ stage: 'written', number, program, tokens });
		const why = stopped ?? 'It was asked for a block of JavaScript, and gave none';
		if (program === null) this.#ctx.notice('warning', 'no_program', `Iteration ${number} brought no program. ${why}.`);
	}

	async #ask(number: number, input: string): Promise<Answer> {
		const { provider } = this.#ctx;
		const target = targetOf(number);
		const activity = `Writing program ${number}, at most ${this.#most}`;
		const known = { shown: this.#texts[target] ?? '', thought: this.#texts[reasoningOf(number)] ?? '' };
		const request = { instructions, input, effort: 'medium', summaries: true } as const;
		return ask(
			provider,
			{ request, step: target, activity, ...known },
			{
				activity: (message) => this.#ctx.activity(message),
				reasoning: (piece) => this.#ctx.content(reasoningOf(number), piece),
				text: (piece, restart) => this.#grow(number, piece, restart)
			}
		);
	}

	#grow(number: number, piece: string, restart: boolean): void {
		const target = targetOf(number);
		const text = (this.#texts[target] = restart ? piece : (this.#texts[target] ?? '') + piece);
		this.#ctx.content(target, piece, restart);
		const within = WRITING * (1 - Math.exp((-2 * text.length) / ANSWER_LENGTH));
		this.#ctx.progress((number - 1 + within) / this.#most, 'estimated');
	}

	async #run(number: number, program: string): Promise<PairRun[]> {
		const { train } = this.#puzzle;
		this.#ctx.activity(`Running program ${number} on the training pairs`);
		const inputs = train.map(({ input }) => input);
		const runs = await this.#ctx.programs.run(program, inputs, this.#ctx.signal);
		return runs.map((run, pair) => pairRun(pair, run, train[pair]?.output ?? []));
	}

	/** The program before this one, and what it came to; null for the first. */
	#before(number: number): Earlier | null {
		const last = this.#of(number - 1);
		if (!last?.written || !last.ran) return null;
		const { program } = last.written;
		if (program !== null) return { program, runs: last.ran.runs, repeats: this.#firstWith(program, number - 1) };
		const before = this.#iterations.findLast(({ written }) => written?.program != null)?.written?.program ?? null;
		return { program: before, runs: null, repeats: null };
	}

	/** The first iteration before this one that wrote the same; null when none did. */
	#firstWith(program: string, before: number): number | null {
		const same = ({ number, written }: IterationState) =>
			number < before && written?.program?.trim() === program.trim();
		return this.#iterations.find(same)?.number ?? null;
	}

	#of(number: number): IterationState | undefined {
		return this.#iterations.find((each) => each.number === number);
	}

	#tell(stage: Stage): void {
		this.#iterations = mergeStage(this.#iterations, stage, this.#ctx.now());
		this.#ctx.emit('iteration', stage);
	}
}

function pairRun(pair: number, { output, error, log, ms }: ProgramRun, sought: Grid): PairRun {
	const { right, of, solved } = scoreGrid(output, sought);
	const failed = { error: error?.message ?? null, line: error?.line ?? null };
	return { pair, output, right, of, solved, ...failed, log, ms: Math.round(ms) };
}

function summaryOf({ number, startedAt, written, ran }: IterationState): Iteration {
	return {
		number,
		program: written?.program ?? null,
		...scoreOfRuns(ran?.runs ?? []),
		tokens: written?.tokens ?? null,
		ms: (ran?.at ?? startedAt) - startedAt
	};
}

function noProgram(count: number, { provider }: Context): HeadwayError {
	const times = count === 1 ? 'in 1 iteration' : `in ${count} iterations`;
	const message = `${provider.label} wrote no program ${times}. Try again, or choose another model.`;
	return new HeadwayError('provider_error', asSentence(message));
}
