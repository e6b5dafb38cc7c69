import type { BaseEvent, JobEvent } from '../../jobs/event.ts';
import type { App } from '../app.ts';

/** The turn that a stream of the chat door is about. */
export interface TurnPlace {
	jobId: string;
	/** Null for a turn that brought its own history. */
	conversationId: string | null;
}

/** Events that go out as they are. */
const plain = new Set(['step', 'stage', 'plan', 'tool', 'tool_progress', 'citation', 'memory', 'question', 'notice']);
/** Growing texts, by the event that carries their pieces. */
const texts: Partial<Record<string, string>> = { answer: 'token', reasoning: 'reasoning' };

/** What the chat door says of a turn's events: `event:` is a name of its own, `data:` the bare facts, `id:` the place in the log. */
export class ChatFrames {
	readonly #app: App;
	readonly #owner: string;
	readonly #turn: TurnPlace;

	constructor(app: App, owner: string, turn: TurnPlace) {
		this.#app = app;
		this.#owner = owner;
		this.#turn = turn;
	}

	/** One frame; '' for an event that this door does not tell of. */
	async frame(event: JobEvent): Promise<string> {
		const told = plain.has(event.type) ? event : await this.#told(event as JobEvent & BaseEvent);
		if (!told) return '';
		const id = event.seq === null ? '' : `id: ${event.seq}\n`;
		return `event: ${told.type}\n${id}data: ${JSON.stringify(told.data)}\n\n`;
	}

	async #told({ type, data }: BaseEvent): Promise<{ type: string; data: unknown } | null> {
		switch (type) {
			case 'queued':
				return { type: 'turn', data: this.#turn };
			case 'content': {
				const { target, ...piece } = data;
				const name = texts[target];
				return name ? { type: name, data: piece } : null;
			}
			case 'done': {
				const { result, cost, usage } = data;
				return { type, data: { ...(result as object), ...this.#turn, cost, usage } };
			}
			case 'error':
				return { type, data: { ...data, ...this.#turn } };
			case 'cancelled':
				return { type, data: { ...data, ...this.#turn, text: await this.#kept() } };
			default:
				return null;
		}
	}

	/** What a stopped turn leaves: what was on the page. */
	async #kept(): Promise<string> {
		const { jobId } = this.#turn;
		const turn = await this.#app.conversations.turn(this.#owner, jobId);
		return turn?.answer ?? (await this.#app.jobs.snapshot(this.#owner, jobId)).content.answer ?? '';
	}
}
