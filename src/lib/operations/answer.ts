import type { Usage } from '../jobs/event.ts';
import { assertAnswered, endedWithout, saidNothing, whyStopped } from './ending.ts';
import type { DurableProvider, ProviderEvent, ProviderOutcome } from './provider.ts';
import { Thoughts } from './thoughts.ts';

/** What a process that was lost had shown of an answer, and of the reasoning before it. */
export interface Shown {
	readonly shown: string;
	readonly thought: string;
}

/** One request of an operation that makes several, and the name under which it is taken up again. */
export interface Question extends Shown {
	readonly request: Parameters<DurableProvider['respond']>[0];
	readonly step: string;
	/** What the page says meanwhile. */
	readonly activity: string;
}

/** What a reader tells while an answer arrives. */
export interface Heard {
	/** `restart`: what was shown before gives way to this. */
	text(piece: string, restart: boolean): void;
	reasoning(piece: string): void;
	/** It waits in the provider's queue. */
	queued(): void;
}

/** What a listener is told while an answer arrives. */
export interface AnswerListener extends Pick<Heard, 'text' | 'reasoning'> {
	activity(message: string): void;
}

/** A model's answer by the provider's last word. */
export interface Answer {
	readonly text: string;
	/** Why it stopped early, without a full stop; null when it came to its end. */
	readonly stopped: string | null;
	readonly usage: Usage | null;
}

export const QUEUED = "Waiting in the provider's queue";

/** For an answer of which nothing is shown. */
export const unheard: AnswerListener = { text: () => undefined, reasoning: () => undefined, activity: () => undefined };

/** Asks the provider and reads its answer to the end. Throws `HeadwayError`: refused, stopped without any text, or the provider's own. */
export async function ask(provider: DurableProvider, question: Question, listener: AnswerListener): Promise<Answer> {
	const outcome = await hear(provider, question, listener);
	if (outcome.text.trim() === '') throw saidNothing(outcome, 'answer');
	return answerOf(outcome);
}

/** The same for one who judges the text, which may be empty. */
export async function askForAny(
	provider: DurableProvider,
	question: Question,
	listener: AnswerListener
): Promise<Answer> {
	return answerOf(await hear(provider, question, listener));
}

/** Reads a response to the provider's last word. Throws `HeadwayError` where that does not come. */
export async function lastWord(
	events: AsyncIterable<ProviderEvent>,
	reader: { readonly refusal: string | null; take(event: ProviderEvent): void },
	label: string
): Promise<ProviderOutcome> {
	for await (const event of events) {
		if (event.type === 'ended') return event.outcome;
		reader.take(event);
	}
	throw endedWithout(reader.refusal, label);
}

async function hear(provider: DurableProvider, question: Question, listener: AnswerListener): Promise<ProviderOutcome> {
	let said = '';
	// The same line again would only wake everyone who watches.
	const say = (line: string) => {
		if (line !== said) listener.activity(line);
		said = line;
	};
	const { request, step, activity } = question;
	const reader = new AnswerReader(question, {
		text: (piece, restart) => {
			say(activity);
			listener.text(piece, restart);
		},
		reasoning: (piece) => {
			say(activity);
			listener.reasoning(piece);
		},
		queued: () => say(QUEUED)
	});
	say(activity);
	const outcome = await lastWord(provider.respond(request, step), reader, provider.label);
	reader.conclude(outcome, provider.label);
	return outcome;
}

function answerOf(outcome: ProviderOutcome): Answer {
	return { text: outcome.text, stopped: whyStopped(outcome), usage: outcome.usage };
}

/** Reads one answer out of what a provider tells: which message it is, what of it and of its reasoning is new, and how it ended. */
export class AnswerReader {
	/** How the model declined; the outcome that follows has the usage. */
	refusal: string | null = null;
	readonly #heard: Heard;
	readonly #thoughts: Thoughts;
	/** The message that is the answer, and messages that are only commentary. */
	#answer: string | null = null;
	readonly #commentary = new Set<string>();
	#shown: string;

	constructor({ shown, thought }: Shown, heard: Heard) {
		this.#shown = shown;
		this.#thoughts = new Thoughts(thought);
		this.#heard = heard;
	}

	/** What was told of the answer. */
	get shown(): string {
		return this.#shown;
	}

	/** What was told of the reasoning. */
	get reasoning(): string {
		return this.#thoughts.text;
	}

	/** What is thought from here on is another part, whatever it calls itself. */
	endThought(): void {
		this.#thoughts.endPart();
	}

	take(event: ProviderEvent): void {
		if (event.type === 'message' && event.phase === 'commentary') this.#commentary.add(event.itemId);
		if (event.type === 'text' && !this.#commentary.has(event.itemId)) this.#write(event.itemId, event.text);
		if (event.type === 'reasoning_delta') this.#think(this.#thoughts.add(partOf(event), event.text));
		if (event.type === 'reasoning') this.#think(this.#thoughts.whole(partOf(event), event.text));
		if (event.type === 'refusal') this.refusal = event.text;
		if (event.type === 'alive' && event.status === 'queued') this.#heard.queued();
	}

	/** The provider's last word replaces whatever the stream said. Throws the `HeadwayError` of one that is no answer. */
	conclude(outcome: ProviderOutcome, label: string): void {
		// An answer that was not streamed has its reasoning only here.
		for (const item of outcome.items) if (item.type === 'reasoning') this.take(item);
		assertAnswered(outcome, this.refusal, label);
		// An answer in which nothing stands replaces nothing; white space around it makes no other one.
		if (outcome.text.trim() !== '' && outcome.text.trim() !== this.#shown.trim()) this.#tell(outcome.text, true);
	}

	#think(piece: string): void {
		if (piece !== '') this.#heard.reasoning(piece);
	}

	/** Without a mark the last message is the answer: what an earlier one said gives way. */
	#write(itemId: string, text: string): void {
		if (text === '') return;
		const restart = this.#answer !== null && this.#answer !== itemId;
		this.#answer = itemId;
		this.#tell(text, restart);
	}

	#tell(text: string, restart: boolean): void {
		const replaces = restart && this.#shown !== '';
		this.#shown = replaces ? text : this.#shown + text;
		this.#heard.text(text, replaces);
	}
}

function partOf({ itemId, index }: { itemId: string; index: number }): string {
	return `${itemId} ${index}`;
}
