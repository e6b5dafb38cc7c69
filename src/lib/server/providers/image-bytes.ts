import type { ImageEvent } from '../../operations/provider.ts';
import { ProviderError, type Asking } from './errors.ts';
import { number, string, type Wire } from './wire.ts';

export type PictureType = 'image/png' | 'image/jpeg' | 'image/webp';

/** So many bytes tell the type; four base64 signs are three bytes. */
const HEAD_BYTES = 12;
const HEAD_SIGNS = 16;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/** What these bytes are by their beginning, whatever a label says; null when no picture that we can show. */
export function pictureType(bytes: Uint8Array): PictureType | null {
	const head = Buffer.from(bytes.subarray(0, HEAD_BYTES));
	if (head.subarray(0, 8).equals(PNG)) return 'image/png';
	if (head.subarray(0, 3).equals(JPEG)) return 'image/jpeg';
	const riff = head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP';
	return riff ? 'image/webp' : null;
}

/** A preview in base64, by its zero-based place on the wire, or by how many came before where that is none; nothing when it is no picture. */
export function previewOf(b64: unknown, wireIndex: unknown, before: number): ImageEvent[] {
	const text = string(b64) ?? '';
	const mediaType = pictureType(Buffer.from(text.slice(0, HEAD_SIGNS), 'base64'));
	const place = number(wireIndex);
	const index = place !== null && Number.isSafeInteger(place) && place >= 0 ? place : before;
	return mediaType ? [{ type: 'preview', index: index + 1, b64: text, mediaType }] : [];
}

/** A finished picture from its base64. Fails with `provider_error` when the bytes are none. */
export function pictureOf(b64: string, revisedPrompt: unknown, asking: Asking): ImageEvent {
	const bytes = Buffer.from(b64, 'base64');
	const mediaType = pictureType(bytes);
	if (!mediaType)
		throw new ProviderError('provider_error', `${asking.label} sent something that is no PNG, JPEG or WebP picture.`);
	return { type: 'image', bytes, mediaType, revisedPrompt: string(revisedPrompt) || null };
}

/** Why an answer holds no picture, where it brought `entry` in its place. */
export function noPicture(entry: Wire, asking: Asking): ProviderError {
	const linked = string(entry['url']) !== null;
	const reason = linked
		? 'sent a link instead of the picture, and links are not followed. Pick another model.'
		: 'ended without a picture. Try again.';
	return new ProviderError('provider_error', `${asking.label} ${reason}`, { cause: Object.keys(entry) });
}
