import { HeadwayError } from '$lib/jobs/error.ts';
import type {
	CancelAnswer,
	ImageEvent,
	Message,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { hungUp, outcome } from '../../server/fake-provider.ts';

/** What a request is answered with. `thought` comes before the text, `fails` after it. */
export type Reply =
	string | (Partial<Omit<ProviderOutcome, 'error'>> & { text: string; thought?: string; error?: HeadwayError | null });

export type Kind = 'plan' | 'ranking' | 'memories' | 'answer';

interface Stored {
	kind: Kind;
	events: ProviderEvent[];
	outcome: ProviderOutcome;
	cancelled: boolean;
}

/** A provider in this process that tells the calls of a turn apart by their schema, as the demo does. It keeps its responses over a restart of the app. */
export class ChatProvider implements Provider {
	readonly id = 'talker';
	readonly label = 'Talker';
	readonly demo = false;
	readonly defaultModel = 'talker-1';
	readonly defaultImageModel = 'none';
	can = { background: true, webSearch: false, images: false, structured: true, embeddings: false };
	readonly requests: ResponseRequest[] = [];
	readonly cancelled: string[] = [];
	/** Plans in order; the last one again. */
	plans: Reply[] = [planOf([])];
	ranking: (request: ResponseRequest) => Reply = () => 'no ranking';
	memories: (request: ResponseRequest) => Reply = () => '{"memories":[]}';
	answer: (request: ResponseRequest) => Reply = () => 'It is so.';
	readonly #gates = new Map<Kind, { gate: Gate; after: number }>();
	readonly #responses = new Map<string, Stored>();
	#planned = 0;

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

	searchUrl(): string {
		return '/search';
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.requests.push(request);
		const kind = kindOf(request);
		const id = `resp_talker_${this.requests.length}`;
		this.#responses.set(id, stored(id, kind, this.#reply(kind, request), request.stream));
		return this.#play(id, -1, signal);
	}

	resume(id: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		return this.#play(id, cursor, signal);
	}

	async fetch(id: string): Promise<ProviderOutcome> {
		const { outcome: end, cancelled, kind } = this.#known(id);
		if (cancelled) return { ...end, status: 'cancelled' };
		return this.#gates.has(kind) ? { ...end, status: 'in_progress' } : end;
	}

	async cancel(id: string): Promise<CancelAnswer> {
		this.#known(id).cancelled = true;
		this.cancelled.push(id);
		return { provider: 'confirmed', outcome: await this.fetch(id) };
	}

	async *image(): AsyncGenerator<ImageEvent> {
		throw new HeadwayError('provider_bad_request', 'It makes no pictures.');
	}

	async embed(): Promise<never> {
		throw new HeadwayError('not_supported', 'It makes no vectors.');
	}

	#reply(kind: Kind, request: ResponseRequest): Reply {
		if (kind === 'plan') return this.plans[Math.min(this.#planned++, this.plans.length - 1)] ?? '';
		return kind === 'answer' ? this.answer(request) : this[kind](request);
	}

	#known(id: string): Stored {
		const response = this.#responses.get(id);
		if (!response) throw new HeadwayError('provider_gone', 'It knows no such response.');
		return response;
	}

	async *#play(id: string, after: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const { events, kind } = this.#known(id);
		let pieces = 0;
		for (const event of events) {
			const held = this.#gates.get(kind);
			if (held && (event.type === 'ended' || (event.type === 'text' && pieces >= held.after)))
				await Promise.race([held.gate.passed.then(() => this.#gates.delete(kind)), hungUp(signal)]);
			if (event.type === 'text') pieces += 1;
			if ((event.cursor ?? 0) > after) yield event;
		}
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

/** A response as a stream: its id, its thought, its message word by word, its end. */
function stored(id: string, kind: Kind, reply: Reply, streams: boolean): Stored {
	const { text, thought, ...facts } = typeof reply === 'string' ? { text: reply, thought: undefined } : reply;
	const end = outcome(facts.status ?? 'completed', { responseId: id, model: 'talker-1', text, ...facts });
	const pieces = streams ? (text.match(/\s*\S{1,5}/g) ?? []) : [];
	const told: ProviderEvent[] = [
		{ cursor: null, type: 'created', responseId: id, model: 'talker-1' },
		...(thought === undefined ? [] : thoughtOf(thought)),
		{ cursor: null, type: 'message', itemId: `m_${id}`, phase: null },
		...pieces.map((piece): ProviderEvent => ({ cursor: null, type: 'text', itemId: `m_${id}`, part: 0, text: piece })),
		{ cursor: null, type: 'ended', outcome: end }
	];
	return { kind, events: told.map((event, cursor) => ({ ...event, cursor })), outcome: end, cancelled: false };
}

function thoughtOf(text: string): ProviderEvent[] {
	const item = { cursor: null, itemId: 'r', index: 0 };
	const [first = '', ...rest] = text.split(' ');
	const deltas = [first, ` ${rest.join(' ')}`].map((piece) => ({
		...item,
		type: 'reasoning_delta' as const,
		text: piece
	}));
	return [...deltas, { ...item, type: 'reasoning', text }];
}
