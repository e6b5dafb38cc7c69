import type { Message, ResponseRequest } from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { nth, StoredReplies, type Held, type Reply } from '../stored-replies.ts';

/** Answers the requests with these texts, in order, the last one again, at a token for each character. */
export class ReplyingProvider extends StoredReplies {
	readonly id = 'replying';
	readonly label = 'Replying';
	readonly #replies: readonly Reply[];
	readonly #gates = new Map<number, Gate>();

	constructor(...replies: Reply[]) {
		super();
		this.#replies = replies;
	}

	/** The answer to this request, from 1, stops after its first words until the gate opens. */
	hold(request: number): Gate {
		const gate = new Gate();
		this.#gates.set(request, gate);
		return gate;
	}

	/** What was asked: the texts of the requests. */
	get asked(): string[] {
		return this.requests.map((_, at) => this.message(at + 1).text);
	}

	/** The last message of a request. */
	message(request: number): Message {
		const { input = '' } = this.requests[request - 1] ?? {};
		return typeof input === 'string' ? { role: 'user', text: input } : input.at(-1)!;
	}

	protected replyTo(_: ResponseRequest, number: number): Reply {
		const reply = nth(this.#replies, number);
		const facts = typeof reply === 'string' ? { text: reply } : reply;
		const nothing = { cachedTokens: null, reasoningTokens: null, searches: null };
		return { usage: { ...nothing, inputTokens: 100, outputTokens: facts.text.length }, ...facts };
	}

	protected heldBy(_: ResponseRequest, number: number): Held | undefined {
		const gate = this.#gates.get(number);
		return gate && { gate, after: 1 };
	}
}
