import { HeadwayError } from '../../jobs/error.ts';
import type { BaseEvent, JobEvent } from '../../jobs/event.ts';
import type { ChatResult } from '../../operations/chat/model.ts';
import { chunk, completionUsage, finishReason, ownFacts, type CompletionFacts } from './openai-answer.ts';
import { openAiErrorBody } from './openai-error.ts';
import { failureStatus } from './turn-outcome.ts';

const DONE = 'data: [DONE]\n\n';

/** A turn's events as the chunks of a completion. */
export class CompletionStream {
	readonly #facts: CompletionFacts;
	readonly #includeUsage: boolean;
	/** Told of a question to a person: nobody is there to answer it. */
	readonly #asked: (questionId: string) => void;
	#said = '';

	constructor(facts: CompletionFacts, includeUsage: boolean, asked: (questionId: string) => void) {
		this.#facts = facts;
		this.#includeUsage = includeUsage;
		this.#asked = asked;
	}

	/** What is sent for an event; '' for most. */
	say(event: JobEvent): string {
		const { type, data } = event as JobEvent & BaseEvent;
		switch (type) {
			case 'queued':
				return this.#chunk({ delta: { role: 'assistant', content: '' } });
			case 'content':
				return data.target === 'answer' ? this.#text(data) : '';
			case 'question':
				this.#asked(data.questionId);
				return '';
			case 'done':
				return this.#end(data.result as ChatResult, data.usage);
			case 'error':
				return failed(new HeadwayError(data.code, data.message));
			case 'cancelled':
				return failed(new HeadwayError('conflict', 'The answer was stopped.'));
			default:
				return '';
		}
	}

	/** What was sent cannot be taken back: of a text that is stated anew, what it has more is sent. */
	#text({ text, replace = false }: { text: string; replace?: boolean | undefined }): string {
		const isLonger = text.startsWith(this.#said);
		const added = replace ? (isLonger ? text.slice(this.#said.length) : `\n\n${text}`) : text;
		this.#said = replace && isLonger ? text : this.#said + added;
		return added === '' ? '' : this.#chunk({ delta: { content: added } });
	}

	#end(result: ChatResult, usage: Parameters<typeof completionUsage>[0]): string {
		const own = { headway: ownFacts(this.#facts, result.citations) };
		const last = this.#chunk({ delta: {}, finish_reason: finishReason(result) }, own);
		const used = this.#includeUsage ? framed(chunk(this.#facts, null, { usage: completionUsage(usage) })) : '';
		return `${last}${used}${DONE}`;
	}

	#chunk(choice: { delta: object; finish_reason?: string }, more: object = {}): string {
		return framed(chunk(this.#facts, choice, { ...(this.#includeUsage ? { usage: null } : {}), ...more }));
	}
}

/** An error in the middle of a stream, as OpenAI's clients raise it. */
function failed(error: HeadwayError): string {
	return `${framed(openAiErrorBody(error, failureStatus(error.code)))}${DONE}`;
}

function framed(data: object): string {
	return `data: ${JSON.stringify(data)}\n\n`;
}
