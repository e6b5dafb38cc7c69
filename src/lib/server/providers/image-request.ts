import { toFile } from 'openai';
import type OpenAI from 'openai';
import type { ImageEditParams, ImageGenerateParams } from 'openai/resources/images';
import type { ImageRequest } from '../../operations/provider.ts';
import { ProviderError } from './errors.ts';
import { pictureType } from './image-bytes.ts';
import type { ImageField, ImageQuirks } from './vendors.ts';

/** How the package is to send a request. */
export interface Sending {
	readonly signal: AbortSignal;
	/** Until the answer begins, in milliseconds. */
	readonly timeout: number;
}

/** Sends one request for pictures in the vendor's form. Resolves when the answer begins, its body unread. */
export async function sendImages(
	client: OpenAI,
	request: ImageRequest,
	quirks: ImageQuirks,
	sending: Sending
): Promise<Response> {
	const body = fieldsOf(request, quirks);
	const { images } = request;
	if (quirks.form === 'openrouter') {
		const references = images.map((image) => ({ type: 'image_url', image_url: { url: dataUrl(image) } }));
		const whole = { ...body, ...(references.length > 0 && { input_references: references }) };
		return client.post('/images', { body: whole, ...sending }).asResponse();
	}
	if (images.length === 0) return client.images.generate(body as ImageGenerateParams, sending).asResponse();
	const files = await Promise.all(images.map(({ bytes, name, mediaType: type }) => toFile(bytes, name, { type })));
	const image = files.length === 1 ? files[0] : files;
	return client.images.edit({ ...body, image } as ImageEditParams, sending).asResponse();
}

/** Fails with `provider_bad_request`, unsent, for what the vendor cannot do at all. */
export function checkImages(request: ImageRequest, quirks: ImageQuirks | null, label: string): ImageQuirks {
	const refuse = (reason: string) => new ProviderError('provider_bad_request', reason, { sent: 'no' });
	if (!quirks) throw refuse(`${label} makes no pictures. Configure another provider for them.`);
	if (request.images.length > 0 && !quirks.edits)
		throw refuse(`${label} cannot start from a picture here. Leave the pictures out, or configure another provider.`);
	return quirks;
}

/** A picture as an address that holds it. Its type is told by its bytes where they are known. */
export function dataUrl({ bytes, mediaType }: ImageRequest['images'][number]): string {
	return `data:${pictureType(bytes) ?? mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
}

type Fields = Pick<ImageGenerateParams, 'model' | 'prompt'> & Record<string, unknown>;

function fieldsOf(request: ImageRequest, quirks: ImageQuirks): Fields {
	// A stream's events do not say which of several pictures they are of.
	const streams = request.stream && request.count === 1;
	const wanted: Record<ImageField, unknown> = {
		n: request.count > 1 ? request.count : undefined,
		size: request.size,
		quality: request.quality,
		background: request.background,
		output_format: request.format,
		stream: streams || undefined,
		partial_images: streams ? request.partialImages : undefined
	};
	const taken = quirks.fields.filter((field) => wanted[field] !== undefined);
	return {
		model: request.model,
		prompt: request.prompt,
		...Object.fromEntries(taken.map((field) => [field, wanted[field]])),
		...(quirks.asksBase64 && { response_format: 'b64_json' })
	};
}
