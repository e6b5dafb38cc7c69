import type { ResponseCreateParamsBase, Tool } from 'openai/resources/responses/responses';
import type { ImageEvent, ImageRequest } from '../../operations/provider.ts';
import { totalOf } from '../bills.ts';
import { ProviderError, refusedPicture, reportedError } from './errors.ts';
import { noPicture, pictureOf, previewOf } from './image-bytes.ts';
import type { ImageReading } from './image-events.ts';
import { imageCost, imageUsage } from './image-prices.ts';
import { dataUrl } from './image-request.ts';
import { isTerminal, outcomeOf, statusOf, type Reading } from './outcome.ts';
import { itemIdOf } from './output.ts';
import { reportedUsd } from './prices.ts';
import { record, records, string, type Wire } from './wire.ts';

/** The model that is spoken to, and the one that its tool draws with. */
export interface ToolModels {
	readonly text: string;
	readonly image: string;
}

/** Whether the model makes text and draws only with its tool: one of the ordinary models, by its name. */
export function isMainline(model: string): boolean {
	const name = model.slice(model.lastIndexOf('/') + 1);
	return /^(?:gpt-\d|o\d|demo-research)/.test(name) && !name.includes('image');
}

/** Whether the tool is asked in a stream: the tool refuses one without previews. */
export function toolStreams(request: ImageRequest): boolean {
	return request.stream && request.partialImages > 0;
}

/** A request for a picture to the image tool of a Responses model. It makes one, whatever `count` says. */
export function toolBody(
	request: ImageRequest,
	models: ToolModels,
	stateless: boolean
): Omit<ResponseCreateParamsBase, 'stream'> {
	const { size, quality, background, format, images } = request;
	const tool = {
		...{ type: 'image_generation', model: models.image, action: images.length > 0 ? 'edit' : 'generate' },
		...(size && { size }),
		...(quality && { quality }),
		...(background && { background }),
		...(format && { output_format: format }),
		...(toolStreams(request) && { partial_images: request.partialImages })
	} as Tool.ImageGeneration;
	return {
		model: models.text,
		input: images.length > 0 ? [{ role: 'user', content: parts(request) }] : request.prompt,
		tools: [tool],
		tool_choice: { type: 'image_generation' },
		...(stateless && { store: false })
	};
}

function parts({ prompt, images }: ImageRequest) {
	const pictures = images.map((image) => ({ type: 'input_image', detail: 'auto', image_url: dataUrl(image) }) as const);
	return [{ type: 'input_text' as const, text: prompt }, ...pictures];
}

/** The answers of a Responses model that draws with its tool. */
export class ToolEvents implements ImageReading {
	readonly #reading: Reading;
	readonly #models: ToolModels;
	readonly #told = new Set<string>();
	#previews = 0;

	constructor(reading: Reading, models: ToolModels) {
		this.#reading = reading;
		this.#models = models;
	}

	read(event: Wire): ImageEvent[] {
		switch (event['type']) {
			case 'response.image_generation_call.partial_image':
				return this.#preview(event);
			case 'response.output_item.done':
				return this.#drawn(record(event['item']), event['output_index']);
			case 'response.completed':
			case 'response.incomplete':
			case 'response.failed':
			case 'response.cancelled':
			case 'response.done':
				return this.readWhole(record(event['response']));
			default:
				return [];
		}
	}

	readWhole(response: Wire): ImageEvent[] {
		const outcome = outcomeOf(response, this.#reading);
		if (outcome.error) throw outcome.error;
		const pictures = records(response['output']).flatMap((item, index) => this.#drawn(item, index));
		if (!isTerminal(statusOf(response))) return pictures;
		const refused = outcome.refusal !== null || outcome.incompleteReason === 'content_filter';
		if (this.#told.size === 0 && refused)
			throw new ProviderError('provider_moderation', refusedPicture(this.#reading.asking.label));
		if (this.#told.size === 0) throw noPicture({}, this.#reading.asking);
		return [...pictures, { type: 'ended', ...this.#bill(response) }];
	}

	#preview(event: Wire): ImageEvent[] {
		const preview = previewOf(event['partial_image_b64'], event['partial_image_index'], this.#previews);
		this.#previews += preview.length;
		return preview;
	}

	#drawn(item: Wire, place: unknown): ImageEvent[] {
		if (item['type'] !== 'image_generation_call') return [];
		const { asking } = this.#reading;
		if (item['status'] === 'failed' || item['error']) throw reportedError(record(item['error']), asking);
		const id = itemIdOf(item['id'], place);
		const b64 = string(item['result']);
		if (!b64 || this.#told.has(id)) return [];
		this.#told.add(id);
		return [pictureOf(b64, item['revised_prompt'], asking)];
	}

	/** The model's own tokens and those of its tool are two bills, unless the provider made one of them. */
	#bill(response: Wire): Pick<Extract<ImageEvent, { type: 'ended' }>, 'usage' | 'cost'> {
		const { usage, cost } = outcomeOf(response, this.#reading);
		const drawing = record(response['tool_usage'])['image_gen'];
		const tool = { usage: imageUsage(drawing), cost: imageCost(this.#models.image, drawing) };
		const total = totalOf({ model: { usage, cost }, tool });
		const billed = this.#reading.demo || reportedUsd(record(response['usage'])) !== null;
		return { usage: total.usage, cost: billed ? cost : total.cost };
	}
}
