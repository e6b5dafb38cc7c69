import { HeadwayError } from '../../jobs/error.ts';
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
	readonly #marks = new CitationMarks();
	readonly #cited = new Map<number, Cited>();
	readonly #commentary = new Set<string>();
	/** Thoughts that came in pieces; a whole one that follows is told already. */
	readonly #thought = new Set<string>();
	#thinking: string | null = null;
	#shown: string;
	#item: string | null = null;
	#refusal: string | null = null;
	#idle = false;

	/** `from`: the share of the execution that is done already. */
	constructor(of: { ctx: Context; progress: Progress; passages: readonly Cited[]; watch: Stopwatch; from: number }) {
		this.#ctx = of.ctx;
		this.#progress = of.progress;
		this.#passages = of.passages;
		this.#watch = of.watch;
		this.#from = of.from;
		this.#shown = of.ctx.resumed?.content.answer ?? '';
		for (const known of of.ctx.resumed?.state.citations ?? []) this.#cited.set(known.number, known);
		this.#marks.push(this.#shown);
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
				if (this.#take(event)) silence?.heard();
			}
		} catch (error) {
			signal.throwIfAborted();
			throw this.#idle ? this.#silent() : error;
		} finally {
			silence?.end();
		}
		throw this.#idle ? this.#silent() : endedWithout(provider.label);
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
		const kept = this.#shown === '' ? '' : ' What was said is kept.';
		return new HeadwayError(
			'provider_idle',
			`${label} said nothing for ${seconds} s, so the turn was ended.${kept} Try again.`
		);
	}

	/** Whether it was text or a thought. */
	#take(event: ProviderEvent): boolean {
		switch (event.type) {
			case 'message':
				if (event.phase === 'commentary') this.#commentary.add(event.itemId);
				return false;
			case 'text':
				this.#write(event.itemId, event.text);
				return event.text !== '';
			case 'reasoning_delta':
				this.#think(`${event.itemId} ${event.index}`, event.text, true);
				return event.text !== '';
			case 'reasoning':
				this.#think(`${event.itemId} ${event.index}`, event.text, false);
				return true;
			case 'refusal':
				this.#refusal = event.text;
				return true;
			case 'alive':
				if (event.status === 'queued') this.#ctx.activity("Waiting in the provider's queue");
				return false;
			default:
				return false;
		}
	}

	#write(item: string, text: string): void {
		if (text === '' || this.#commentary.has(item)) return;
		// Without a mark the last message is the answer: what an earlier one said gives way.
		const restart = this.#item !== null && this.#item !== item && this.#shown !== '';
		this.#item = item;
		this.#first();
		this.#ctx.content('answer', text, restart);
		this.#shown = restart ? text : this.#shown + text;
		this.#cite(this.#marks.push(text));
		this.#watch.text(this.#ctx.now(), this.#shown);
		this.#ctx.progress(this.#from + (1 - this.#from) * (1 - Math.exp(-this.#shown.length / USUAL_LENGTH)), 'estimated');
	}

	#think(part: string, text: string, piece: boolean): void {
		if (text === '' || (!piece && this.#thought.has(part))) return;
		this.#first();
		this.#thought.add(part);
		const gap = this.#thinking !== null && this.#thinking !== part ? '\n\n' : '';
		this.#thinking = part;
		this.#ctx.content('reasoning', gap + text);
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
		const { provider } = this.#ctx;
		const refusal = outcome.refusal ?? this.#refusal;
		if (refusal) throw new HeadwayError('refused', `The model declined: ${refusal}`);
		if (outcome.error) throw outcome.error;
		if (outcome.status === 'cancelled')
			throw new HeadwayError('provider_error', `The answer was cancelled at ${provider.label}. Try again.`);
		if (outcome.text.trim() === '') throw emptyAnswer(outcome);
		this.#settle(outcome.text);
		this.#watch.ended(outcome.usage);
		const complete = outcome.status === 'completed';
		if (!complete) this.#ctx.notice('warning', 'incomplete', whyIncomplete(outcome));
		return { text: this.#shown, citations: [...this.#cited.values()], complete };
	}

	#settle(text: string): void {
		if (text.trim() === this.#shown.trim()) return;
		this.#first();
		this.#ctx.content('answer', text, this.#shown !== '');
		this.#shown = text;
		this.#watch.text(this.#ctx.now(), text);
		this.#cite(new CitationMarks().push(text));
	}
}

function endedWithout(label: string): HeadwayError {
	return new HeadwayError('provider_connection', `${label} ended without a result. What arrived is kept. Try again.`);
}

function emptyAnswer(outcome: ProviderOutcome): HeadwayError {
	if (outcome.status === 'incomplete') return new HeadwayError('incomplete', whyIncomplete(outcome));
	return new HeadwayError('provider_error', 'The model ended without an answer. Try again, or ask in other words.');
}

function whyIncomplete({ incompleteReason }: ProviderOutcome): string {
	if (incompleteReason === 'max_output_tokens')
		return 'Stopped at the length limit: the answer is not complete. Say “go on”, or ask for less.';
	if (incompleteReason === 'content_filter')
		return 'Stopped by the content filter: the answer is not complete. Ask in other words.';
	return 'The model stopped before the end: the answer is not complete.';
}
