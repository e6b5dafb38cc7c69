import { imageSize } from 'image-size';
import { HeadwayError } from '../../jobs/error.ts';
import { asSentence } from '../../text/sentence.ts';
import { defineRun, type ImageEvent, type ImageRequest, type InputOf, type RunContext } from '../operation.ts';
import { image, sidesOf, type ImageResult, type Picture, type PictureType } from './model.ts';
import { fileNameOf, pictureTypeOf } from './picture-file.ts';
import { startingPictures } from './starting-pictures.server.ts';

type Context = RunContext<typeof image>;
type Input = InputOf<typeof image>;
type Fact<T extends ImageEvent['type']> = Extract<ImageEvent, { type: T }>;

/** Makes pictures: streamed one request after another, since a stream does not say which picture its previews are of; otherwise all in one. */
export default defineRun(image, async (input, ctx): Promise<ImageResult> => {
	ctx.phase('processing');
	if (!ctx.provider.can.images) throw makesNone(ctx);
	ctx.activity(input.images ? 'Reading the starting pictures' : 'Sending the description');
	const request = requestFor(input, await startingPictures(input.images ?? [], ctx));
	const work = new Painting(input, ctx);
	if (!ctx.streaming || !input.stream) await work.plain(request);
	else for (let number = 1; number <= input.count; number++) await work.streamed(request, number);
	return work.result();
});

/** What is left to the provider is not sent: not every vendor knows `auto`. */
function requestFor(
	input: Input,
	images: ImageRequest['images']
): Omit<ImageRequest, 'model' | 'stream' | 'count' | 'partialImages'> {
	const { prompt, size, quality, background, format } = input;
	return {
		...{ prompt, images, format },
		...(size === 'auto' ? {} : { size }),
		...(quality === 'auto' ? {} : { quality }),
		...(background === 'auto' ? {} : { background })
	};
}

class Painting {
	readonly #input: Input;
	readonly #ctx: Context;
	readonly #images: Picture[] = [];
	/** What came of the picture that is being made. */
	readonly #previews = new Set<number>();
	#firstPreviewAt: number | null = null;
	#unstored: unknown = null;

	constructor(input: Input, ctx: Context) {
		this.#input = input;
		this.#ctx = ctx;
	}

	/** One request without previews. Until its answer comes nothing tells how far it is. */
	async plain(request: ReturnType<typeof requestFor>): Promise<void> {
		const { count } = this.#input;
		this.#begin(count === 1 ? 'Making the picture' : `Making ${count} pictures`);
		await this.#follow({ ...request, count, partialImages: 0, stream: false }, count === 1 ? 'image-1' : 'images');
	}

	/** One picture with its previews. */
	async streamed(request: ReturnType<typeof requestFor>, number: number): Promise<void> {
		this.#previews.clear();
		this.#firstPreviewAt = null;
		const { partialImages } = this.#input;
		await this.#follow({ ...request, count: 1, partialImages }, `image-${number}`);
	}

	result(): ImageResult {
		const { count } = this.#input;
		if (this.#images.length < count) {
			const message = `${this.#ctx.provider.label} made ${this.#images.length} of ${count} pictures.`;
			this.#ctx.notice('warning', 'fewer_pictures', asSentence(message));
		}
		return { images: this.#images };
	}

	async #follow(request: Parameters<Context['provider']['image']>[0], step: string): Promise<void> {
		const before = this.#images.length;
		for await (const event of this.#ctx.provider.image(request, step)) {
			if (event.type === 'accepted') this.#begin('Making the picture');
			else if (event.type === 'preview') this.#preview(event);
			else if (event.type === 'image') await this.#keep(event);
			// What was billed is known by now, whatever became of the file.
			else if (this.#unstored !== null) throw this.#unstored;
			else if (this.#images.length > before) return;
			else throw new HeadwayError('provider_error', `${this.#ctx.provider.label} ended without a picture. Try again.`);
		}
		throw new HeadwayError(
			'provider_connection',
			`${this.#ctx.provider.label} ended without a picture. What arrived is kept.`
		);
	}

	#begin(activity: string): void {
		this.#ctx.phase('generating');
		this.#ctx.activity(activity);
		if (this.#input.count > 1) this.#ctx.progress(this.#images.length / this.#input.count, 'measured');
	}

	#preview({ index, b64, mediaType: stated }: Fact<'preview'>): void {
		const mediaType = pictureTypeOf(stated);
		const { partialImages, count } = this.#input;
		if (mediaType === null || partialImages === 0) return;
		this.#ctx.phase('generating');
		// One that comes twice is one.
		this.#previews.add(index);
		this.#firstPreviewAt ??= this.#ctx.now();
		this.#ctx.transient('preview', { index, b64, mediaType });
		this.#ctx.activity(`Preview ${index} has come`);
		// Fewer may come than were asked for, so they tell nothing of one picture; of several, they only move the guess on.
		const share = Math.min(this.#previews.size, partialImages) / (partialImages + 1);
		if (count > 1) this.#ctx.progress((this.#images.length + share) / count, 'estimated');
		if (this.#previews.size >= partialImages && this.#isLast()) this.#ctx.phase('finalizing');
	}

	#isLast(): boolean {
		return this.#images.length + 1 === this.#input.count;
	}

	/** Stores a finished picture, and only then tells of it. One that cannot be stored is told of once the bill is known. */
	async #keep({ bytes, mediaType: stated, revisedPrompt }: Fact<'image'>): Promise<void> {
		const { prompt, count } = this.#input;
		const number = this.#images.length + 1;
		const cameAt = this.#ctx.now();
		if (this.#isLast()) this.#ctx.phase('finalizing');
		this.#ctx.activity('Storing the picture');
		const mediaType = pictureTypeOf(stated);
		try {
			if (mediaType === null) throw noPicture(this.#ctx);
			const { width, height } = measured(bytes, this.#ctx);
			this.#compare({ mediaType, width, height });
			const name = fileNameOf(prompt, mediaType, count === 1 ? null : number);
			const stored = await this.#ctx.artifact({ name, mediaType, bytes });
			const previewToFinalMs = this.#firstPreviewAt === null ? null : cameAt - this.#firstPreviewAt;
			const picture = {
				...stored,
				number,
				width,
				height,
				revisedPrompt,
				previews: this.#previews.size,
				previewToFinalMs
			};
			this.#images.push(picture);
			this.#ctx.emit('image', picture);
			if (!this.#isOver()) this.#ctx.progress(number / count, 'measured');
		} catch (error) {
			this.#ctx.signal.throwIfAborted();
			// What the provider sent is its fault; what the store did not take is ours.
			const isOurs = !(error instanceof HeadwayError) || error.code === 'unavailable';
			this.#unstored = isOurs ? unstored(error) : error;
		}
	}

	#isOver(): boolean {
		return this.#images.length >= this.#input.count;
	}

	/** A provider may do otherwise than it was asked; the person is told. */
	#compare({ mediaType, width, height }: { mediaType: PictureType; width: number; height: number }): void {
		const { format, size } = this.#input;
		const label = asSentence(this.#ctx.provider.label);
		const got = mediaType.replace('image/', '');
		if (got !== format)
			this.#tell('other_format', `${label} answered with ${got.toUpperCase()} instead of ${format.toUpperCase()}.`);
		const sides = sidesOf(size);
		if (sides && (sides[0] !== width || sides[1] !== height))
			this.#tell('other_size', `${label} answered with ${width} × ${height} pixels instead of ${sides.join(' × ')}.`);
	}

	/** Once, however many pictures it is true of. */
	#tell(code: string, message: string): void {
		if (this.#images.length === 0) this.#ctx.notice('info', code, message);
	}
}

function measured(bytes: Uint8Array, ctx: Context): { width: number; height: number } {
	try {
		return imageSize(bytes);
	} catch (cause) {
		throw noPicture(ctx, cause);
	}
}

function noPicture({ provider }: Context, cause?: unknown): HeadwayError {
	const message = `${provider.label} answered with a file that is no PNG, JPEG or WebP picture. Try again.`;
	return new HeadwayError('provider_error', asSentence(message), { cause });
}

function unstored(cause: unknown): HeadwayError {
	const message =
		'The picture was made, but could not be stored. Check the disk or the file store of the server, then try again.';
	return new HeadwayError('internal', message, { cause });
}

function makesNone({ provider }: Context): HeadwayError {
	const message = `${provider.label} makes no pictures. Use a provider that does, or set HEADWAY_IMAGES=tool where its models have an image tool.`;
	return new HeadwayError('not_supported', asSentence(message));
}
