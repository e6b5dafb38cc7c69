import type { ProviderEvent } from '../../operations/operation.ts';

/** Remembers which facts were told, whether they came from a stream or from a poll. */
export class Seen {
	readonly #keys = new Set<string>();
	readonly #items = new Set<string>();

	/** Whether this event says something new; it is remembered. Deltas are always new: their cursor tells them apart. */
	first(event: ProviderEvent): boolean {
		if ('itemId' in event) this.#items.add(event.itemId);
		const key = keyOf(event);
		const first = key === null || !this.#keys.has(key);
		if (key !== null) this.#keys.add(key);
		return first;
	}

	/** Whether the event is about an item of which anything was told. */
	knows(event: ProviderEvent): boolean {
		return 'itemId' in event && this.#items.has(event.itemId);
	}
}

function keyOf(event: ProviderEvent): string | null {
	switch (event.type) {
		case 'created':
		case 'refusal':
			return event.type;
		case 'message':
			return `message ${event.itemId}`;
		case 'reasoning':
			return `reasoning ${event.itemId} ${event.index}`;
		case 'text_done':
			return `text ${event.itemId} ${event.part}`;
		case 'web':
		case 'tool':
			return `${event.type} ${event.itemId} ${event.state === 'started' ? 'started' : 'over'}`;
		default:
			return null;
	}
}
