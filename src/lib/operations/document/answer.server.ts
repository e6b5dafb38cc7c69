import { HeadwayError } from '../../jobs/error.ts';
import type { DurableProvider, ProviderEvent, ProviderOutcome } from '../operation.ts';

/** One request, and the name under which it is taken up again. */
export interface Question {
	request: Parameters<DurableProvider['respond']>[0];
	step: string;
	/** What a process that was lost had shown of the answer. */
	shown: string;
}

/** What a listener is told while the answer arrives. */
export interface AnswerListener {
	/** `restart`: what was shown before gives way to this. */
	text(piece: string, restart: boolean): void;
	activity(message: string): void;
}

/** A model's answer: its text by the provider's last word, and whether the model came to its end. */
export interface Answer {
	text: string;
	complete: boolean;
	/** Why it stopped early, as a sentence; null when it did not. */
	stopped: string | null;
}

/** Asks the provider and reads its answer to the end. Throws `HeadwayError`: refused, incomplete without any text, or the provider's own. */
export async function ask(provider: DurableProvider, question: Question, listener: AnswerListener): Promise<Answer> {
	const reader = new AnswerReader(question.shown, listener);
	for await (const event of provider.respond(question.request, question.step)) {
		if (event.type === 'ended') return concluded(event.outcome, reader.refusal, provider.label);
		reader.take(event);
	}
	if (reader.refusal !== null) throw declined(reader.refusal);
	throw new HeadwayError('provider_connection', `${provider.label} ended without a result. What arrived is kept.`);
}

class AnswerReader {
	refusal: string | null = null;
	readonly #listener: AnswerListener;
	/** The message that is the answer, and messages that are only commentary. */
	#answer: string | null = null;
	readonly #commentary = new Set<string>();
	#hasText: boolean;

	constructor(shown: string, listener: AnswerListener) {
		this.#hasText = shown !== '';
		this.#listener = listener;
	}

	take(event: ProviderEvent): void {
		if (event.type === 'message' && event.phase === 'commentary') this.#commentary.add(event.itemId);
		if (event.type === 'text' && !this.#commentary.has(event.itemId)) this.#write(event.itemId, event.text);
		if (event.type === 'refusal') this.refusal = event.text;
		if (event.type === 'alive' && event.status === 'queued') this.#listener.activity("Waiting in the provider's queue");
	}

	/** Without a mark the last message is the answer: what an earlier one said gives way. */
	#write(itemId: string, text: string): void {
		const restart = this.#answer !== null && this.#answer !== itemId && this.#hasText;
		this.#answer = itemId;
		this.#hasText = true;
		this.#listener.text(text, restart);
	}
}

function concluded(outcome: ProviderOutcome, said: string | null, label: string): Answer {
	const refusal = outcome.refusal ?? said;
	if (refusal) throw declined(refusal);
	if (outcome.error) throw outcome.error;
	if (outcome.status === 'cancelled')
		throw new HeadwayError('provider_error', `The run was cancelled at ${label}. Try again.`);
	const complete = outcome.status === 'completed';
	const stopped = complete ? null : whyStopped(outcome);
	const text = outcome.text.trim();
	if (text !== '') return { text, complete, stopped };
	if (stopped !== null) throw new HeadwayError('incomplete', stopped);
	throw new HeadwayError('provider_error', 'The model ended without an answer. Try again, or ask in other words.');
}

function declined(words: string): HeadwayError {
	return new HeadwayError('refused', `The model declined: ${words}`);
}

function whyStopped({ incompleteReason }: ProviderOutcome): string {
	if (incompleteReason === 'max_output_tokens')
		return 'Stopped at the length limit: the document is not complete. Ask for less, or try again.';
	if (incompleteReason === 'content_filter')
		return 'Stopped by the content filter: the document is not complete. Ask in other words.';
	return 'The model stopped before the end: the document is not complete.';
}
