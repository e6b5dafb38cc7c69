import { seededRandom } from '../seeded.ts';
import type { PictureRequest } from './picture-request.ts';

// Long enough that a person sees it sharpen (milliseconds at pace 1).
const DURATION = { low: 5_500, medium: 9_000, high: 12_000, xhigh: 13_000, max: 14_000 };
const SPREAD = 1_500;
const FIRST_PREVIEW = 2_300;

/** How long a description is read before its request is answered at all: a refusal comes instead of a stream. */
export const READING = 700;

/** When the previews and the picture are due: milliseconds from the request, at pace 1. */
export interface PictureTiming {
	previews: number[];
	final: number;
}

/** The times of a picture; the same request has the same ones. */
export function pictureTiming({
	prompt,
	quality,
	previews
}: Pick<PictureRequest, 'prompt' | 'quality' | 'previews'>): PictureTiming {
	const final = DURATION[quality] + SPREAD * seededRandom(prompt)();
	const step = (final - FIRST_PREVIEW) / Math.max(1, previews);
	return { previews: Array.from({ length: previews }, (_, index) => FIRST_PREVIEW + index * step), final };
}
