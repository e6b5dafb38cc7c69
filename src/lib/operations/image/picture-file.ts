import { pictureType, type PictureType } from './model.ts';

const extensions: Record<PictureType, string> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' };
const LONGEST = 60;

/** A media type as one of those that are shown; null for any other. */
export function pictureTypeOf(mediaType: string): PictureType | null {
	return pictureType.safeParse(mediaType).data ?? null;
}

/** A picture's file name: letters, digits and dashes of the description, and its number where there are several. */
export function fileNameOf(prompt: string, mediaType: PictureType, number: number | null): string {
	const words = prompt.toLowerCase().match(/[\p{Letter}\p{Mark}\p{Number}]+/gu) ?? [];
	let stem = '';
	for (const { segment } of new Intl.Segmenter().segment(words.join('-'))) {
		if (stem.length + segment.length > LONGEST) break;
		stem += segment;
	}
	const parts = [stem.replace(/-+$/, '') || 'picture', ...(number === null ? [] : [number])];
	return `${parts.join('-')}.${extensions[mediaType]}`;
}
