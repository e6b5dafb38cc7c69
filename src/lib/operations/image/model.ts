import { z } from 'zod';
import { artifact } from '../../jobs/event.ts';
import { countedAny } from '../../text/counted.ts';
import { shortened } from '../../text/shortened.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

/** Bounds of a picture's size that image models take (providers.md 3.1): pixels a side, and how many times as long one side may be. */
const SIDE = { least: 64, most: 3_840, step: 16, ratio: 3 };

/** A raster picture that every browser shows and that carries no code. */
export const pictureType = z.enum(['image/png', 'image/jpeg', 'image/webp']);
export type PictureType = z.infer<typeof pictureType>;

export const quality = z.enum(['auto', 'low', 'medium', 'high', 'xhigh', 'max']);
export const background = z.enum(['auto', 'opaque', 'transparent']);
export const format = z.enum(['png', 'jpeg', 'webp']);

const input = z
	.strictObject({
		prompt: z
			.string()
			.trim()
			.min(1, 'Describe the picture.')
			.max(32_000, 'Describe the picture in at most 32,000 characters.'),
		/** `auto`, or width and height as in `1024x1024`. */
		size: z
			.string()
			.refine(
				isSize,
				'Use auto, or a size like 1536x1024: multiples of 16 from 64 to 3840, one at most 3 times the other.'
			)
			.default('auto')
			.meta({ examples: ['1024x1024', '1536x1024', '1024x1536'] }),
		quality: quality.default('auto'),
		background: background.default('auto'),
		format: format.default('png'),
		/** How many pictures of the same description. */
		count: z.number().int().min(1).max(10).default(1),
		/** How many previews to ask for on the way; fewer may come. */
		partialImages: z.number().int().min(0).max(3).default(3),
		/** False asks for the picture in one piece. */
		stream: z.boolean().default(true),
		/** Uploaded pictures to start from: then it is an edit. */
		images: z
			.array(z.string().regex(/^file_[0-9a-f]{20}$/, 'is not the id of an uploaded file'))
			.min(1)
			.max(16)
			.optional(),
		...whereFields
	})
	.refine((asked) => asked.background !== 'transparent' || asked.format !== 'jpeg', {
		path: ['background'],
		message: 'A transparent background needs PNG or WebP.'
	});

/** A finished picture. `number` counts from 1; `width` and `height` in pixels, `size` in bytes. */
const picture = artifact.extend({
	number: z.number().int().positive(),
	width: z.number().int().positive(),
	height: z.number().int().positive(),
	/** What the provider made of the description; null where it does not say. */
	revisedPrompt: z.string().nullable(),
	/** How many previews came. */
	previews: z.number().int().min(0),
	/** From the first preview to the finished picture, in milliseconds (IM-12); null without a preview. */
	previewToFinalMs: z.number().nullable()
});
export type Picture = z.infer<typeof picture>;

const result = z.object({ images: z.array(picture) });
export type ImageResult = z.infer<typeof result>;

const events = {
	/** Live only: one of the coarse pictures on the way, of the picture after those that are finished. `index` counts from 1. */
	preview: z.object({ index: z.number().int().positive(), b64: z.string(), mediaType: pictureType }),
	image: picture
};
export type Preview = z.infer<(typeof events)['preview']> & { at: number };

/** What an image job has shown so far. */
export interface ImageState {
	images: (Picture & { at: number })[];
	/** The newest preview of the picture that is being made. */
	preview: Preview | null;
}

/** Pictures from a description, or from other pictures, that sharpen as they are made. */
export const image = defineOperation({
	id: 'image',
	title: 'Image',
	description: 'Makes a picture from your words, or changes one of yours, and shows it as it sharpens.',
	icon: 'palette',
	input,
	result,
	phases: [
		{ name: 'processing', label: 'Processing prompt', weight: 15 },
		{ name: 'generating', label: 'Generating image', weight: 60 },
		{ name: 'finalizing', label: 'Finalizing', weight: 25 }
	],
	events,
	state: (): ImageState => ({ images: [], preview: null }),
	reduce(state, event) {
		const { at } = event;
		if (event.type === 'image') return { images: [...state.images, { at, ...event.data }], preview: null };
		// A late one is of a picture that is finished, and must not cover it (IM-05).
		const last = state.images.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
		return at > last ? { ...state, preview: { at, ...event.data } } : state;
	},
	titleOf: ({ prompt }) => shortened(prompt.replace(/\s+/g, ' '), 80),
	variantOf: ({ quality, count }) => (count === 1 ? quality : `${quality}, ${count} pictures`),
	refersTo: ({ images }) => (images ? { files: images } : {}),
	keptOf({ images, preview }) {
		const finished = countedAny([images.length, 'picture']);
		return preview ? [...finished, 'the newest preview, for 15 minutes'] : finished;
	},
	limits: { timeoutMs: 30 * 60_000, running: 4 },
	runsOn: 'images',
	can: { finishNow: false, resumable: false, repeatable: false },
	typicalMs: 30_000
});

/** Whether a text is a size that an image model may take. */
export function isSize(text: string): boolean {
	if (text === 'auto') return true;
	const sides = sidesOf(text);
	if (!sides) return false;
	const [small, large] = [Math.min(...sides), Math.max(...sides)];
	return (
		sides.every((side) => side % SIDE.step === 0) &&
		small >= SIDE.least &&
		large <= SIDE.most &&
		large <= small * SIDE.ratio
	);
}

/** Width and height of a size like `1536x1024`, in pixels; null for `auto`. */
export function sidesOf(size: string): [number, number] | null {
	const [, width, height] = /^(\d{2,4})x(\d{2,4})$/.exec(size) ?? [];
	return width && height ? [Number(width), Number(height)] : null;
}
