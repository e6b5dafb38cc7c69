import { HeadwayError } from '$lib/jobs/error.ts';
import type {
	CancelAnswer,
	ImageEvent,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest
} from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { hungUp, outcome } from '../../server/fake-provider.ts';

/** What a request is answered with. */
type Reply = string | (Partial<ProviderOutcome> & { text: string });

interface Stored {
	events: ProviderEvent[];
	outcome: ProviderOutcome;
	cancelled: boolean;
}

/** The outline that it gives unless told otherwise. */
export const plan = {
	title: 'Tea and sleep',
	sections: [
		{ heading: 'What tea is', points: ['leaves', 'water'] },
		{ heading: 'What it does', points: ['caffeine'] },
		{ heading: 'When to drink it', points: ['morning'] }
	]
};

/** A provider in this process that plans and writes by the labels of the prompt. It keeps its responses over a restart of the app. */
export class AuthorProvider implements Provider {
	readonly id = 'author';
	readonly label = 'Author';
	readonly demo = false;
	readonly defaultModel = 'author-1';
	readonly defaultImageModel = 'none';
	can = { background: true, webSearch: false, images: false, structured: true, embeddings: false };
	readonly requests: ResponseRequest[] = [];
	/** Ids of the responses that were cancelled. */
	readonly cancelled: string[] = [];
	/** Answers to outlines, in order; the last one again. */
	outlines: Reply[] = [JSON.stringify(plan)];
	/** The text of a section by its heading. */
	section: (heading: string) => Reply = (heading) => `About ${heading.toLowerCase()}: **much** is known.`;
	readonly #gates = new Map<string, Gate>();
	readonly #responses = new Map<string, Stored>();
	#outlined = 0;

	/** Answers whose request has this text in it stop after their first words, until the gate opens. */
	hold(about: string): Gate {
		const gate = new Gate();
		this.#gates.set(about, gate);
		return gate;
	}

	/** Headings of the sections that were asked for, in order; an outline is `outline`. */
	get asked(): string[] {
		return this.requests.map((request) => labelOf(inputOf(request), 'Section') ?? 'outline');
	}

	searchUrl(): string {
		return '/search';
	}

	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		this.requests.push(request);
		const id = `resp_author_${this.requests.length}`;
		const heading = labelOf(inputOf(request), 'Section');
		const reply = heading === null ? this.#nextOutline() : this.section(heading);
		this.#responses.set(id, stored(id, typeof reply === 'string' ? { text: reply } : reply));
		return this.#play(id, -1, this.#gateOf(inputOf(request)), signal);
	}

	resume(id: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent> {
		const request = this.requests[Number(id.split('_').at(-1)) - 1];
		return this.#play(id, cursor, this.#gateOf(request ? inputOf(request) : ''), signal);
	}

	async fetch(id: string): Promise<ProviderOutcome> {
		const { outcome: end, cancelled } = this.#known(id);
		return cancelled ? { ...end, status: 'cancelled' } : end;
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

	#nextOutline(): Reply {
		return this.outlines[Math.min(this.#outlined++, this.outlines.length - 1)] ?? '';
	}

	#gateOf(input: string): Gate | undefined {
		return [...this.#gates].find(([about]) => input.includes(about))?.[1];
	}

	#known(id: string): Stored {
		const response = this.#responses.get(id);
		if (!response) throw new HeadwayError('provider_gone', 'It knows no such response.');
		return response;
	}

	async *#play(id: string, after: number, gate: Gate | undefined, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		for (const event of this.#known(id).events) {
			if (gate && (event.cursor ?? 0) > 2) await Promise.race([gate.passed, hungUp(signal)]);
			if ((event.cursor ?? 0) > after) yield event;
		}
	}
}

/** A response as a stream: its id, its message, a few words at a time, its end. */
function stored(id: string, { text, ...facts }: Partial<ProviderOutcome> & { text: string }): Stored {
	const end = outcome(facts.status ?? 'completed', { responseId: id, model: 'author-1', text, ...facts });
	const pieces = text.match(/\s*\S+/g) ?? [];
	const events: ProviderEvent[] = [
		{ cursor: 0, type: 'created', responseId: id, model: 'author-1' },
		{ cursor: 1, type: 'message', itemId: `m_${id}`, phase: null },
		...pieces.map((piece, at): ProviderEvent => ({
			...{ cursor: 2 + at, type: 'text', itemId: `m_${id}`, part: 0, text: piece }
		})),
		{ cursor: 2 + pieces.length, type: 'ended', outcome: end }
	];
	return { events, outcome: end, cancelled: false };
}

/** An author is asked with one text, never a conversation. */
export function inputOf({ input }: ResponseRequest): string {
	if (typeof input !== 'string') throw new Error('an author is asked with one text');
	return input;
}

/** The text after a label, to the end of its line. */
export function labelOf(input: string, label: string): string | null {
	return new RegExp(`^${label}: (.*)$`, 'm').exec(input)?.[1] ?? null;
}
