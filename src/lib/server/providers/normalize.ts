import type { ProviderEvent } from '../../operations/operation.ts';
import { citationOf } from './citations.ts';
import { isTerminal, outcomeOf, statusOf, type Reading } from './outcome.ts';
import { begun, finished, itemIdOf, type Fact } from './output.ts';
import { ownId } from './own-id.ts';
import type { TextReading } from './text-call.ts';
import { number, record, string, type Wire } from './wire.ts';

/**
 * Turns one connection's raw events into normalized ones. It keeps so little that a new one, told the last cursor, goes
 * on as the old one would have: an item's whole content is told when the item is done.
 */
export class Normalizer implements TextReading {
	readonly #reading: Reading;
	#cursor: number;
	#created: boolean;
	/** Reasoning that was told already, by item and index. */
	readonly #told = new Set<string>();
	/** Items whose reasoning comes as a summary; their raw reasoning would say the same again. */
	readonly #summarized = new Set<string>();

	/** `after` is the last cursor that was received before; null at the begin. */
	constructor(reading: Reading, after: number | null = null) {
		this.#reading = reading;
		this.#cursor = after ?? -1;
		this.#created = after !== null;
	}

	/** The normalized events of one frame: none for one that was seen already, `alive` for one that says nothing new. */
	read(event: Wire): ProviderEvent[] {
		const cursor = number(event['sequence_number']);
		if (cursor !== null && cursor <= this.#cursor) return [];
		this.#cursor = cursor ?? this.#cursor;
		const facts = this.#facts(event);
		return (facts.length > 0 ? facts : [{ type: 'alive' as const }]).map(
			(fact) => ({ cursor, ...fact }) as ProviderEvent
		);
	}

	/** The normalized events of a plain JSON answer. */
	readWhole(response: Wire): ProviderEvent[] {
		return [...this.#begin(response), ...this.#end(response)].map(
			(fact) => ({ cursor: null, ...fact }) as ProviderEvent
		);
	}

	/** The last event has it all. */
	readonly isWhole = false;

	/** Only a terminal event ends a response. */
	finish(): ProviderEvent[] {
		return [];
	}

	#facts(event: Wire): Fact[] {
		const itemId = itemIdOf(event['item_id'], event['output_index']);
		const part = number(event['content_index']) ?? 0;
		const delta = string(event['delta']) ?? '';
		switch (event['type']) {
			case 'response.created':
			case 'response.queued':
			case 'response.in_progress':
				return this.#life(record(event['response']));
			case 'response.completed':
			case 'response.incomplete':
			case 'response.failed':
			case 'response.cancelled':
			case 'response.done':
				return [...this.#begin(record(event['response'])), ...this.#end(record(event['response']))];
			case 'response.output_item.added':
				return begun(record(event['item']), itemIdOf(record(event['item'])['id'], event['output_index']));
			case 'response.output_item.done':
				return this.#itemDone(record(event['item']), event['output_index']);
			case 'response.reasoning_summary_text.delta':
			case 'response.reasoning_text.delta':
			case 'response.reasoning_summary_text.done':
			case 'response.reasoning_text.done':
				return this.#reasoning(event, itemId);
			case 'response.output_text.delta':
				return delta ? [{ type: 'text', itemId, part, text: delta }] : [];
			case 'response.output_text.annotation.added': {
				const citation = citationOf(record(event['annotation']));
				return citation ? [{ type: 'citation', itemId, part, citation }] : [];
			}
			default:
				return [];
		}
	}

	#life(response: Wire): Fact[] {
		const status = statusOf(response);
		const alive: Fact[] = status === 'queued' || status === 'in_progress' ? [{ type: 'alive', status }] : [];
		return [...this.#begin(response), ...alive];
	}

	#begin(response: Wire): Fact[] {
		const responseId = string(response['id']);
		if (this.#created || !responseId) return [];
		this.#created = true;
		const id = this.#reading.shortIds ? ownId(responseId) : responseId;
		return [{ type: 'created', responseId: id, model: string(response['model']) }];
	}

	#end(response: Wire): Fact[] {
		return isTerminal(statusOf(response)) ? [{ type: 'ended', outcome: outcomeOf(response, this.#reading) }] : [];
	}

	#itemDone(item: Wire, outputIndex: unknown): Fact[] {
		const facts = finished(item, itemIdOf(item['id'], outputIndex));
		return facts.filter((fact) => fact.type !== 'reasoning' || this.#firstTold(fact.itemId, fact.index));
	}

	#reasoning(event: Wire, itemId: string): Fact[] {
		const index = number(event['summary_index']) ?? number(event['content_index']) ?? 0;
		if (String(event['type']).startsWith('response.reasoning_summary')) this.#summarized.add(itemId);
		else if (this.#summarized.has(itemId)) return [];
		if (string(event['delta'])) return [{ type: 'reasoning_delta', itemId, index, text: String(event['delta']) }];
		const text = string(event['text']);
		return text && this.#firstTold(itemId, index) ? [{ type: 'reasoning', itemId, index, text }] : [];
	}

	#firstTold(itemId: string, index: number): boolean {
		const key = `${itemId} ${index}`;
		const first = !this.#told.has(key);
		this.#told.add(key);
		return first;
	}
}
