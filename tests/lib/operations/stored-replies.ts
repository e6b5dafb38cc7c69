import { HeadwayError } from '$lib/jobs/error.ts';
import type {
	CancelAnswer,
	ImageEvent,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '$lib/operations/operation.ts';
import type { Gate } from '../../support/operations.ts';
import { hungUp, outcome } from '../server/fake-provider.ts';

/** What a request is answered with: a text, its thoughts before it, each a part of its own, or how else it ends. */
export type Reply = string | (Partial<ProviderOutcome> & { text: string; thoughts?: readonly string[] });

/** A response stops after so many pieces of its text, until the gate opens. */
export interface Held {
	readonly gate: Gate;
	readonly after: number;
}

interface Stored {
	readonly request: ResponseRequest;
	/** From 1. */
	readonly number: number;
	readonly events: readonly ProviderEvent[];
	readonly outcome: ProviderOutcome;
}

/** A provider in this process that answers each request with a text, word by word. It keeps its responses over a restart of the app. */
export abstract class StoredReplies implements Provider {
	abstract readonly id: string;
	abstract readonly label: string;
	readonly demo = false;
	readonly defaultImageModel = 'none';
	can = { background: true, webSearch: false, images: false, structured: true, embeddings: false };
	readonly requests: ResponseRequest[] = [];
	/** Ids of the responses that were cancelled. */
	readonly cancelled: string[] = [];
	readonly #responses = new Map<string, Stored>();
	readonly #passed = new Set<Gate>();

	get defaultModel(): string {
		return `${this.id}-1`;
	}

	/** The reply to a request, of which there were so many with it. */
	protected abstract replyTo(request: ResponseRequest, number: number): Reply;

	/** What its response waits for. */
	protected abstract heldBy(request: ResponseRequest, number: number): Held | undefined;

	/** The pieces in which a text comes. */
	protected piecesOf(text: string): string[] {
		return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
	}

	searchUrl(): string {
		return '/search';
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		const number = this.requests.push(request);
		const id = `resp_${number}`;
		const reply = this.replyTo(request, number);
		this.#responses.set(id, this.#stored(id, request, typeof reply === 'string' ? { text: reply } : reply));
		return this.#play(id, -1, signal);
	}

	resume(id: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		return this.#play(id, cursor, signal);
	}

	async fetch(id: string): Promise<ProviderOutcome> {
		const response = this.#known(id);
		if (this.cancelled.includes(id)) return { ...response.outcome, status: 'cancelled' };
		return this.#holding(response) ? { ...response.outcome, status: 'in_progress' } : response.outcome;
	}

	async cancel(id: string): Promise<CancelAnswer> {
		this.cancelled.push(id);
		return { provider: 'confirmed', outcome: await this.fetch(id) };
	}

	async *image(): AsyncGenerator<ImageEvent> {
		throw new HeadwayError('provider_bad_request', 'It makes no pictures.');
	}

	async embed(): Promise<never> {
		throw new HeadwayError('not_supported', 'It makes no vectors.');
	}

	#known(id: string): Stored {
		const response = this.#responses.get(id);
		if (!response) throw new HeadwayError('provider_gone', 'It knows no such response.');
		return response;
	}

	#holding({ request, number }: Stored): Held | undefined {
		const held = this.heldBy(request, number);
		return held && !this.#passed.has(held.gate) ? held : undefined;
	}

	async *#play(id: string, after: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const response = this.#known(id);
		let pieces = 0;
		for (const event of response.events) {
			const held = this.#holding(response);
			if (held && (event.type === 'ended' || (event.type === 'text' && pieces >= held.after)))
				await Promise.race([held.gate.passed.then(() => this.#passed.add(held.gate)), hungUp(signal)]);
			if (event.type === 'text') pieces += 1;
			if ((event.cursor ?? 0) > after) yield event;
		}
	}

	/** Its id, its thoughts, its message piece by piece, its end, which has the thoughts once more. Unstreamed, only the first and the last. */
	#stored(id: string, request: ResponseRequest, reply: Exclude<Reply, string>): Stored {
		const { text, thoughts = [], ...facts } = reply;
		const none = { cursor: null };
		const whole = thoughts.map((thought, index) => {
			return { ...none, type: 'reasoning', itemId: `r_${id}`, index, text: thought } as const;
		});
		const model = this.defaultModel;
		const end = outcome('completed', { responseId: id, model, text, items: whole, ...facts });
		const thinking = whole.flatMap((part): ProviderEvent[] => [
			...this.piecesOf(part.text).map((piece) => ({ ...part, type: 'reasoning_delta' as const, text: piece })),
			part
		]);
		const writing = this.piecesOf(text).map((piece): ProviderEvent => {
			return { ...none, type: 'text', itemId: `m_${id}`, part: 0, text: piece };
		});
		const told: ProviderEvent[] = [
			{ ...none, type: 'created', responseId: id, model },
			...(request.stream ? thinking : []),
			...(request.stream ? [{ ...none, type: 'message' as const, itemId: `m_${id}`, phase: null }, ...writing] : []),
			{ ...none, type: 'ended', outcome: end }
		];
		const events = told.map((event, cursor) => ({ ...event, cursor }));
		return { request, number: this.requests.length, events, outcome: end };
	}
}

/** The reply of this number, from 1; the last one again where there are no more. */
export function nth<T>(replies: readonly T[], number: number): T | '' {
	return replies[Math.min(number, replies.length) - 1] ?? '';
}
