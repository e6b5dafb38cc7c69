import { HeadwayError } from '../../jobs/error.ts';
import type { Puzzle } from '../../puzzles/puzzle.ts';
import { scoreOf } from '../../puzzles/score.ts';
import { AnswerReader, QUEUED } from '../answer.ts';
import { saidNothing, whyIncomplete } from '../ending.ts';
import type { OwnEventOf, ProviderEvent, ProviderOutcome, RunContext } from '../operation.ts';
import { keepAsFile } from '../result-file.ts';
import { isPreviewed, readAnswer, type Answer } from './answer.ts';
import { FieldReader } from './field-reader.ts';
import { analysis, type AnalysisResult, type AnalysisState } from './model.ts';

export type Context = RunContext<typeof analysis>;
type OwnEvent = OwnEventOf<typeof analysis>;

/** Characters of reasoning by which half of the thinking is over, as a guess; it only moves the bar. */
const EXPECTED_REASONING = 2_500;
const ANSWERING_EARLY = 'Answering from the reasoning so far';
/** Characters of an answer beside its grids, as a guess. */
const EXPECTED_WORDS = 900;

/** Turns what a provider tells of an analysis into reasoning, fields and a result. */
export class Analyst {
	readonly puzzle: Puzzle;
	readonly #ctx: Context;
	readonly #answer: AnswerReader;
	readonly #expectedLength: number;
	#fields = new FieldReader();
	#state: AnalysisState;
	#said = '';

	constructor(puzzle: Puzzle, ctx: Context) {
		this.puzzle = puzzle;
		this.#ctx = ctx;
		const { state, content } = ctx.resumed ?? { state: analysis.state(), content: {} as Record<string, string> };
		this.#state = state;
		const shown = content.answer ?? '';
		this.#answer = new AnswerReader(
			{ shown, thought: content.reasoning ?? '' },
			{
				text: (piece, restart) => this.#write(piece, restart),
				reasoning: (piece) => this.#think(piece),
				queued: () => this.say(QUEUED)
			}
		);
		// What it tells was told before the process was lost.
		this.#fields.push(shown);
		const cells = puzzle.test.reduce((sum, { input }) => sum + input.length * (input[0]?.length ?? 0), 0);
		this.#expectedLength = EXPECTED_WORDS + 3 * cells;
	}

	/** How the model declined; the outcome that follows has the usage. */
	get refusal(): string | null {
		return this.#answer.refusal;
	}

	/** What it has thought so far. */
	get reasoning(): string {
		return this.#answer.reasoning;
	}

	get writing(): boolean {
		return this.#answer.shown !== '';
	}

	/** From here on the answer is made from the reasoning so far. Told again after a restart, it changes nothing. */
	finishEarly(): void {
		this.say(ANSWERING_EARLY);
		if (!this.#state.early) this.#emit('early_finish', { reasoning: this.reasoning.length });
		if (this.reasoning.length === this.#state.early?.reasoning) this.#answer.endThought();
	}

	take(event: ProviderEvent): void {
		this.#answer.take(event);
	}

	/** The same line again would only wake everyone who watches. */
	say(activity: string): void {
		if (activity !== this.#said) this.#ctx.activity(activity);
		this.#said = activity;
	}

	#think(piece: string): void {
		this.#ctx.content('reasoning', piece);
		if (this.writing) return;
		// The phase of thinking is over: what is thought from there on belongs to the answer.
		if (this.#state.early) return this.say(ANSWERING_EARLY);
		this.say('Thinking');
		this.#ctx.progress(1 - Math.exp(-this.reasoning.length / EXPECTED_REASONING), 'estimated');
	}

	#write(text: string, restart: boolean): void {
		this.#ctx.phase('writing');
		this.say('Writing the analysis');
		this.#ctx.content('answer', text, restart);
		if (restart) this.#startAnew();
		for (const { type, data } of this.#fields.push(text)) this.#emit(type, data);
		// OP-05: approaches the end as the text nears the length that such answers have.
		this.#ctx.progress(1 - Math.exp((-2 * this.#answer.shown.length) / this.#expectedLength), 'estimated');
	}

	/** The text is another one from its beginning on: so are the fields. */
	#startAnew(): void {
		this.#fields = new FieldReader();
		this.#emit('restarted', {});
	}

	#emit<T extends OwnEvent['type']>(type: T, data: Extract<OwnEvent, { type: T }>['data']): void {
		(this.#ctx as RunContext).emit(type, data);
		this.#state = analysis.reduce(this.#state, { type, data, at: this.#ctx.now() } as OwnEvent & { at: number });
	}

	/** The provider's last word replaces whatever the stream said. Throws `HeadwayError` where it is no whole analysis. */
	async conclude(outcome: ProviderOutcome): Promise<AnalysisResult> {
		this.#answer.conclude(outcome, this.#ctx.provider.label);
		if (outcome.text.trim() === '') throw saidNothing(outcome, 'analysis');
		this.#ctx.phase('writing');
		const reading = readAnswer(this.#fields.value, this.puzzle.test.length);
		if (!reading.ok) throw unreadable(reading.problem, outcome);
		return this.#scored(reading.answer);
	}

	async #scored(answer: Answer): Promise<AnalysisResult> {
		this.#ctx.phase('scoring');
		// An object may name a field twice, of which only the last counts.
		if (!isPreviewed(answer, this.#state)) this.#tellAgain(answer);
		const { note } = this.#state.confidence ?? { note: null };
		if (note !== null) this.#ctx.notice('info', 'confidence_changed', note);
		if (this.#state.early) this.#ctx.notice('warning', 'finished_early', earlyEnd(this.#state.early.reasoning));
		const result = { ...answer, score: scoreOf(answer.prediction, this.puzzle) };
		const bytes = JSON.stringify({ puzzle: this.puzzle, ...result });
		await keepAsFile({ name: 'analysis.json', mediaType: 'application/json', bytes }, 'analysis', this.#ctx);
		return result;
	}

	#tellAgain({ pattern, strategy, hints, prediction, confidence }: Answer): void {
		const note = this.#state.confidence?.note ?? null;
		this.#emit('restarted', {});
		this.#emit('pattern', { text: pattern });
		this.#emit('strategy', { text: strategy });
		for (const [index, text] of hints.entries()) this.#emit('hint', { index, text });
		for (const [test, rows] of prediction.entries())
			for (const [row, cells] of rows.entries()) this.#emit('row', { test, row, cells });
		this.#emit('confidence', { percent: confidence, note });
	}
}

function unreadable(problem: string, outcome: ProviderOutcome): HeadwayError {
	const why = whyIncomplete(outcome, 'analysis');
	if (why !== null) return new HeadwayError('incomplete', `${why} What could be read of it is kept.`);
	const message = `The model’s answer is no whole analysis: ${problem}. What could be read of it is kept. Try again, or choose another model.`;
	return new HeadwayError('provider_error', message);
}

function earlyEnd(characters: number): string {
	return `Finished early, as asked: answered from ${characters.toLocaleString('en')} characters of reasoning, before the thinking was over.`;
}
