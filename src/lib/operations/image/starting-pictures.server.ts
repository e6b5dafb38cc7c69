import { HeadwayError } from '../../jobs/error.ts';
import type { ImageRequest, RunContext, UploadedFile } from '../operation.ts';
import { pictureTypeOf } from './picture-file.ts';

/** What a provider takes for one picture to start from, in bytes (providers.md 3.1). */
const LARGEST = 50 * 1024 * 1024;

/** The uploaded pictures that an edit starts from, in their order. Throws `invalid_input` for what cannot be one. */
export async function startingPictures(
	ids: readonly string[],
	ctx: Pick<RunContext, 'file' | 'signal'>
): Promise<ImageRequest['images']> {
	const pictures: ImageRequest['images'][number][] = [];
	for (const id of ids) {
		const file = await ctx.file(id);
		check(file);
		pictures.push({ name: file.name, mediaType: file.mediaType, bytes: await file.bytes() });
		ctx.signal.throwIfAborted();
	}
	return pictures;
}

function check({ name, mediaType, size }: UploadedFile): void {
	if (pictureTypeOf(mediaType) === null)
		throw new HeadwayError('invalid_input', `“${name}” is no PNG, JPEG or WebP picture: it cannot be started from.`);
	if (size > LARGEST)
		throw new HeadwayError('invalid_input', `“${name}” is larger than 50 MB: make it smaller to start from it.`);
}
