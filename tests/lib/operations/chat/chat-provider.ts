import type { Message, ResponseRequest } from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { nth, StoredReplies, type Held, type Reply } from '../stored-replies.ts';

export type { Reply };

export type Kind = 'plan' | 'ranking' | 'memories' | 'answer';

/** Tells the calls of a turn apart by their schema, as the demo does. */
export class ChatProvider extends StoredReplies {
	readonly id = 'talker';
	readonly label = 'Talker';
	/** Plans in order; the last one again. */
	plans: Reply[] = [planOf([])];
	ranking: (request: ResponseRequest) => Reply = () => 'no ranking';
	memories: (request: ResponseRequest) => Reply = () => '{"memories":[]}';
	answer: (request: ResponseRequest) => Reply = () => 'It is so.';
	readonly #gates = new Map<Kind, Held>();

	/** Responses of this kind stop after `after` pieces of text, until the gate opens. */
	hold(kind: Kind, after = 1): Gate {
		const gate = new Gate();
		this.#gates.set(kind, { gate, after });
		return gate;
	}

	/** What was asked for, in order. */
	get asked(): Kind[] {
		return this.requests.map(kindOf);
	}

	/** The requests of a kind. */
	of(kind: Kind): ResponseRequest[] {
		return this.requests.filter((request) => kindOf(request) === kind);
	}

	protected replyTo(request: ResponseRequest): Reply {
		const kind = kindOf(request);
		if (kind === 'plan') return nth(this.plans, this.of('plan').length);
		return kind === 'answer' ? this.answer(request) : this[kind](request);
	}

	protected heldBy(request: ResponseRequest): Held | undefined {
		return this.#gates.get(kindOf(request));
	}

	protected override piecesOf(text: string): string[] {
		return text.match(/\s*\S{1,5}/g) ?? [];
	}
}

/** Which of a turn's calls it is, by its schema or the first sentence of its instructions. */
export function kindOf({ schema, instructions = '' }: ResponseRequest): Kind {
	if (schema) return schema.name as Kind;
	if (instructions.startsWith('You plan the work of an assistant.')) return 'plan';
	if (instructions.startsWith('You rank passages.')) return 'ranking';
	if (instructions.startsWith('You decide what is worth remembering.')) return 'memories';
	if (instructions.startsWith('You are the assistant of this conversation.')) return 'answer';
	throw new Error('a request of no known kind');
}

/** The last thing that was said to it. */
export function promptOf({ input }: ResponseRequest): string {
	return typeof input === 'string' ? input : (input.at(-1)?.text ?? '');
}

/** The conversation that it was given. */
export function messagesOf({ input }: ResponseRequest): Pick<Message, 'role' | 'text'>[] {
	return typeof input === 'string' ? [] : input.map(({ role, text }) => ({ role, text }));
}

/** A plan as a model writes it. */
export function planOf(
	calls: { id?: string; tool: string; arguments?: object | string; after?: string[] }[],
	goal = 'To know.'
): string {
	const whole = calls.map(({ id, tool, arguments: args = {}, after = [] }, at) => {
		const text = typeof args === 'string' ? args : JSON.stringify(args);
		return { id: id ?? `a${at + 1}`, tool, arguments: text, after, why: 'It helps.' };
	});
	return JSON.stringify({ goal, calls: whole });
}
