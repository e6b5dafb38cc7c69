import type { InputOf, RunContext } from '../operation.ts';
import type { ChatState, chat, StepName } from './model.ts';

/** What a turn runs in. */
export type Context = RunContext<typeof chat>;
export type Input = InputOf<typeof chat>;

type Stage = 'classifying' | 'searching' | 'reranking' | 'working' | 'generating';
type Details = Record<string, unknown>;

/** Tells the steps (AG-01) and the stages (CH-04) of a turn. What the process before this one told is not told again. */
export class Progress {
	readonly #ctx: Context;
	readonly #before: Pick<ChatState, 'steps' | 'stages'>;
	readonly #begun = new Map<string, number>();
	#step: StepName | null = null;
	/** How long helper calls took, in ms. */
	helperMs = 0;

	constructor(ctx: Context) {
		this.#ctx = ctx;
		this.#before = ctx.resumed?.state ?? { steps: [], stages: [] };
	}

	/** What a step that had ended before a restart said; null otherwise. */
	ended(step: StepName): Details | null {
		const known = this.#before.steps.find((each) => each.step === step);
		return known && known.endedAt !== null ? known.details : null;
	}

	/** Whether a stage had begun before a restart, or ended. */
	before(stage: Stage, how: 'begun' | 'ended'): boolean {
		return this.#before.stages.some((each) => each.stage === stage && (how === 'begun' || each.endedAt !== null));
	}

	/** A step begins, with its phase. */
	begin(step: StepName, message: string, details: Details = {}): void {
		this.#ctx.phase(step);
		this.#step = step;
		this.#begun.set(step, this.#ctx.now());
		const known = this.#before.steps.some((each) => each.step === step);
		if (!known) this.#ctx.emit('step', { step, state: 'started', message, details });
	}

	/** A step ends; its time stands in the details as `ms`. */
	end(
		step: StepName,
		message: string,
		details: Details = {},
		state: 'completed' | 'skipped' | 'failed' = 'completed'
	): void {
		this.#step = null;
		if (this.ended(step)) return;
		this.#ctx.emit('step', { step, state, message, details: { ...details, ms: this.#since(step) } });
	}

	/** A step that this turn does not need. */
	skip(step: StepName, message: string, details: Details = {}): void {
		this.begin(step, message);
		this.end(step, message, details, 'skipped');
	}

	/** The step that is open failed. */
	fail(message: string): void {
		if (this.#step !== null) this.end(this.#step, message, {}, 'failed');
	}

	/** A stage begins; one that runs already goes on. */
	stage(stage: Stage, message: string, count: number | null = null): void {
		const known = this.#before.stages.find((each) => each.stage === stage);
		if (this.#begun.has(stage) || (known && known.endedAt !== null)) return;
		this.#begun.set(stage, known?.startedAt ?? this.#ctx.now());
		this.#ctx.activity(message);
		if (known) return;
		this.#ctx.emit('stage', { stage, state: 'started', message, count, ms: null });
	}

	/** A stage is over; nothing happens for one that has not begun. */
	over(stage: Stage, message: string, count: number | null = null): void {
		if (!this.#begun.has(stage)) return;
		this.#ctx.emit('stage', { stage, state: 'completed', message, count, ms: this.#since(stage) });
		this.#begun.delete(stage);
	}

	#since(what: string): number {
		return this.#ctx.now() - (this.#begun.get(what) ?? this.#ctx.now());
	}
}
