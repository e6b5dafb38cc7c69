import { HeadwayError } from '../../jobs/error.ts';
import { AnswerReader, QUEUED } from '../answer.ts';
import { endedWithout, saidNothing, whyIncomplete, type Advice } from '../ending.ts';
import type { ProviderEvent, ProviderOutcome } from '../operation.ts';
import { CitationMarks } from './marks.ts';
import type { Cited } from './model.ts';
import type { Context, Progress } from './progress.server.ts';
import type { Asked } from './requests.ts';
import { SilenceClock } from './silence.server.ts';
import type { Stopwatch } from './stopwatch.ts';

/** An answer as it was shown. */
export interface Answered {
	text: string;
	/** Those that it cites, in the order of the first citations. */
	citations: Cited[];
	/** False when the model stopped before its end. */
	complete: boolean;
}

/** Half of an answer's share of the bar is reached at so many characters. */
const USUAL_LENGTH = 900;

/** An error shows within 2 s (CH-07). */
const TELL_MS = 1_000;

/** Streams the answer: its text, its thoughts apart, a citation the moment its mark is whole. Only what this call says is shown (CH-06). */
export class Answering {
	readonly #ctx: Context;
	readonly #progress: Progress;
	readonly #passages: readonly Cited[];
	readonly #watch: Stopwatch;
	readonly #from: number;
	readonly #reader: AnswerReader;
	#marks = new CitationMarks();
	readonly #cited = new Map<number, Cited>();
	#idle = false;

	/** `from`: the share of the execution that is done already. */
	constructor(of: { ctx: Context; progress: Progress; passages: readonly Cited[]; watch: Stopwatch; from: number }) {
		this.#ctx = of.ctx;
		this.#progress = of.progress;
		this.#passages = of.passages;
		this.#watch = of.watch;
		this.#from = of.from;
		const { answer = '', reasoning = '' } = of.ctx.resumed?.content ?? {};
		this.#reader = new AnswerReader(
			{ shown: answer, thought: reasoning },
			{
				text: (piece, restart) => this.#write(piece, restart),
				reasoning: (piece) => this.#think(piece),
				queued: () => this.#ctx.activity(QUEUED)
			}
		);
		for (const known of of.ctx.resumed?.state.citations ?? []) this.#cited.set(known.number, known);
		this.#marks.push(answer);
	}

	/** Fails with the provider's own error, `provider_idle` after its silence, `refused`, or `provider_error` when nothing was said. What was shown stays. */
	async run(asked: Asked): Promise<Answered> {
		this.#watch.answering(this.#ctx.now());
		const outcome = await this.#read(asked);
		this.#progress.over('generating', 'Answered', this.#passages.length);
		return this.#conclude(outcome);
	}

	async #read(asked: Asked): Promise<ProviderOutcome> {
		const { provider, signal, streaming } = this.#ctx;
		// Unstreamed, nothing is heard until the end: the provider's own time limit holds.
		const silence = streaming ? new SilenceClock(this.#ctx, provider.silenceMs, () => this.#giveUp()) : null;
		try {
			for await (const event of provider.respond(asked, 'answer')) {
				if (event.type === 'ended') {
					if (this.#idle && event.outcome.status !== 'completed') break;
					return event.outcome;
				}
				this.#reader.take(event);
				if (isWord(event)) silence?.heard();
			}
		} catch (error) {
			signal.throwIfAborted();
			throw this.#idle ? this.#silent() : error;
		} finally {
			silence?.end();
		}
		throw this.#idle ? this.#silent() : endedWithout(this.#reader.refusal, provider.label);
	}

	/** CH-07: what it is at the provider decides, which may have ended unheard; but a person is told soon. */
	#giveUp(): void {
		this.#idle = true;
		const calm = this.#ctx.after(TELL_MS, () => this.#progress.fail(this.#silent().message));
		const failed = (error: unknown) =>
			this.#ctx.log.warn({ error: String(error) }, 'a silent answer could not be stopped');
		void this.#ctx.provider.stop().catch(failed).finally(calm);
	}

	#silent(): HeadwayError {
		const { label, silenceMs } = this.#ctx.provider;
		const seconds = Math.round(silenceMs / 1_000);
		const kept = this.#reader.shown === '' ? '' : ' What was said is kept.';
		return new HeadwayError(
			'provider_idle',
			`${label} said nothing for ${seconds} s, so the turn was ended.${kept} Try again.`
		);
	}

	#write(text: string, restart: boolean): void {
		this.#first();
		this.#ctx.content('answer', text, restart);
		if (restart) this.#marks = new CitationMarks();
		this.#cite(this.#marks.push(text));
		const { shown } = this.#reader;
		this.#watch.text(this.#ctx.now(), shown);
		this.#ctx.progress(this.#from + (1 - this.#from) * (1 - Math.exp(-shown.length / USUAL_LENGTH)), 'estimated');
	}

	#think(piece: string): void {
		this.#first();
		this.#ctx.content('reasoning', piece);
	}

	#first(): void {
		if (this.#watch.first(this.#ctx.now())) this.#ctx.emit('timing', this.#watch.read(this.#progress.helperMs));
	}

	#cite(numbers: readonly number[]): void {
		for (const number of numbers) {
			const passage = this.#passages.find((each) => each.number === number);
			if (!passage || this.#cited.has(number)) continue;
			this.#cited.set(number, passage);
			this.#ctx.emit('citation', passage);
		}
	}

	/** The provider's last word replaces whatever the stream said. */
	#conclude(outcome: ProviderOutcome): Answered {
		this.#reader.conclude(outcome, this.#ctx.provider.label);
		if (outcome.text.trim() === '') throw saidNothing(outcome, 'answer', advice);
		this.#watch.ended(outcome.usage);
		const why = whyIncomplete(outcome, 'answer', advice);
		if (why !== null) this.#ctx.notice('warning', 'incomplete', why);
		return { text: this.#reader.shown, citations: [...this.#cited.values()], complete: why === null };
	}
}

/** Whether it is text, a thought or a refusal. */
function isWord(event: ProviderEvent): boolean {
	if (event.type === 'text' || event.type === 'reasoning_delta') return event.text !== '';
	return event.type === 'reasoning' || event.type === 'refusal';
}

const advice: Advice = {
	max_output_tokens: 'Say “go on”, or ask for less.',
	content_filter: 'Ask in other words.'
};
