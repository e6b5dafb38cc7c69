import type { Cost, Usage } from '../../jobs/event.ts';
import type { ImageEvent } from '../../operations/provider.ts';
import { ProviderError, refusedPicture, type Asking } from './errors.ts';
import { noPicture, pictureOf, previewOf } from './image-bytes.ts';
import { record, records, string, type Wire } from './wire.ts';

/** Turns one answer about pictures into normalized events; it fails with a `ProviderError` where the answer has none. */
export interface ImageReading {
	/** What one event of a stream tells; nothing where it is not known. */
	read(event: Wire): ImageEvent[];
	/** What a plain answer tells; its last event is `ended`. */
	readWhole(answer: Wire): ImageEvent[];
}

/** What is needed to read an answer of the image paths. */
export interface ImageAnswer {
	readonly asking: Asking;
	/** Previews were asked for; any others are dropped (IM-02). */
	readonly previews: boolean;
	readonly emptyIsRefusal: boolean;
	/** What it used and cost, by the answer's own usage. */
	bill(usage: unknown): { usage: Usage | null; cost: Cost };
}

/** The answers of the image paths, OpenAI's and OpenRouter's. */
export class ImageEvents implements ImageReading {
	readonly #answer: ImageAnswer;
	#previews = 0;

	constructor(answer: ImageAnswer) {
		this.#answer = answer;
	}

	read(event: Wire): ImageEvent[] {
		const type = string(event['type']) ?? '';
		if (/^image_\w+\.partial_image$/.test(type)) return this.#preview(event);
		if (/^image_\w+\.completed$/.test(type)) return [this.#picture(event), this.#end(event)];
		return [];
	}

	readWhole(answer: Wire): ImageEvent[] {
		const entries = records(answer['data']);
		const filled = entries.filter((entry) => string(entry['b64_json']));
		if (filled.length === 0) throw this.#missing(entries[0] ?? {});
		return [...filled.map((entry) => this.#picture(entry)), this.#end(answer)];
	}

	#preview(event: Wire): ImageEvent[] {
		if (!this.#answer.previews) return [];
		const preview = previewOf(event['b64_json'], event['partial_image_index'], this.#previews);
		this.#previews += preview.length;
		return preview;
	}

	#picture(entry: Wire): ImageEvent {
		const b64 = string(entry['b64_json']);
		if (!b64) throw this.#missing(entry);
		return pictureOf(b64, entry['revised_prompt'], this.#answer.asking);
	}

	#end(answer: Wire): ImageEvent {
		return { type: 'ended', ...this.#answer.bill(answer['usage']) };
	}

	#missing(entry: Wire): ProviderError {
		const { asking, emptyIsRefusal } = this.#answer;
		if (emptyIsRefusal && !string(record(entry)['url']))
			return new ProviderError('provider_moderation', refusedPicture(asking.label));
		return noPicture(entry, asking);
	}
}
