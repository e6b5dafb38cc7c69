import { tokensIn } from '../usage.ts';
import type { PictureRequest } from './picture-request.ts';

/** Token counts as the Images API reports them. */
export interface PictureUsage {
	input_tokens: number;
	input_tokens_details: { image_tokens: number; text_tokens: number };
	output_tokens: number;
	total_tokens: number;
}

// Output tokens of a square picture of 1024 pixels, by quality; other sizes by their area.
const OUTPUT = { low: 196, medium: 1056, high: 4160, xhigh: 6240, max: 8320 };
// Each preview adds this many, as at OpenAI.
const PREVIEW = 100;
// A rough count for each picture to start from.
const INPUT_IMAGE = 323;

/** What pictures cost in tokens, with the previews that were sent. */
export function pictureUsage(
	request: Pick<PictureRequest, 'prompt' | 'quality' | 'width' | 'height' | 'images'>,
	pictures: number,
	previews: number
): PictureUsage {
	const area = (request.width * request.height) / 1024 ** 2;
	const output = Math.ceil(OUTPUT[request.quality] * area) * pictures + PREVIEW * previews;
	const details = { image_tokens: INPUT_IMAGE * request.images.length, text_tokens: tokensIn(request.prompt) };
	const input = details.image_tokens + details.text_tokens;
	return { input_tokens: input, input_tokens_details: details, output_tokens: output, total_tokens: input + output };
}
