import type { ProviderOutcome, ResponseRequest } from '$lib/operations/operation.ts';
import { Gate } from '../../../support/operations.ts';
import { nth, StoredReplies, type Held, type Reply } from '../stored-replies.ts';

/** What a request is answered with: the fields of the answer, with what was thought before, a text, or how it ended. */
type Written =
	string | (Record<string, unknown> & { thoughts?: readonly string[] }) | { ended: Partial<ProviderOutcome> };

/** Answers with queries, one after the other; the last one again. */
export class QueryWriter extends StoredReplies {
	readonly id = 'writer';
	readonly label = 'Writer';
	readonly #replies: readonly Written[];
	#held: { number: number; gate: Gate } | null = null;

	constructor(...replies: Written[]) {
		super();
		this.#replies = replies;
	}

	/** The answer of this number, from 1, waits until the gate opens. */
	hold(number: number): Gate {
		this.#held = { number, gate: new Gate() };
		return this.#held.gate;
	}

	protected replyTo(_: ResponseRequest, number: number): Reply {
		const written = nth(this.#replies, number);
		if (typeof written === 'string') return written;
		if ('ended' in written) return { text: '', ...(written.ended as Partial<ProviderOutcome>) };
		const { thoughts = [], ...fields } = written;
		return { text: JSON.stringify({ ...usual, ...fields }), thoughts: thoughts as readonly string[] };
	}

	protected heldBy(_: ResponseRequest, number: number): Held | undefined {
		return this.#held?.number === number ? { gate: this.#held.gate, after: 0 } : undefined;
	}
}

const usual = { explanation: 'It counts.', title: 'Counted', chart: 'bar', x: null, y: null, colour: null, unit: null };
