import type { Run } from '../course.ts';
import type { Script } from '../script.ts';
import { detailOf } from './picture-request.ts';
import type { PictureRequest } from './picture-request.ts';
import { previewsSent } from './picture-run.ts';
import type { Studio } from './studio.ts';
import { pictureTiming } from './timing.ts';

/** Stands in an event for base64 data: bytes are drawn when they are sent, and never kept. */
interface Undeveloped {
	demo_picture: { preview: number | null };
}

/** Writes down the call of the image tool; a run that is to be refused ends as failed (see `bend`). */
export function playPicture(script: Script, run: Run, picture: PictureRequest, prompt: string): void {
	const timing = pictureTiming({ ...picture, quality: picture.quality, prompt });
	const count = previewsSent(timing.previews.length, run.courses[0]);
	const settings = settingsOf(picture);
	script.imageCall(
		timing.previews
			.slice(0, count)
			.map((at, preview) => ({ at, fields: { partial_image_b64: undeveloped(preview), ...settings } })),
		{
			at: timing.final,
			fields: {
				result: undeveloped(null),
				revised_prompt: prompt,
				...settings,
				action: picture.images.length > 0 ? 'edit' : 'generate'
			}
		}
	);
	script.message({ text: '', annotations: [] });
}

/** Draws what stands undeveloped in an event or a response. Rejects with the signal's reason when it is aborted. */
export async function developed<Value>(
	value: Value,
	picture: PictureRequest,
	studio: Studio,
	signal: AbortSignal
): Promise<Value> {
	if (Array.isArray(value)) {
		const list: unknown[] = [];
		for (const each of value) list.push(await developed(each as unknown, picture, studio, signal));
		return list as Value;
	}
	if (typeof value !== 'object' || value === null) return value;
	if (isUndeveloped(value)) return (await draw(value, picture, studio, signal)) as Value;
	const fields: Record<string, unknown> = {};
	for (const [key, each] of Object.entries(value))
		fields[key] = await developed(each as unknown, picture, studio, signal);
	return fields as Value;
}

async function draw(
	{ demo_picture }: Undeveloped,
	picture: PictureRequest,
	studio: Studio,
	signal: AbortSignal
): Promise<string> {
	const { prompt, width, height, quality, transparent, images } = picture;
	const order = { prompt, width, height, detail: detailOf(quality), transparent, images, copy: 0 };
	const { preview } = demo_picture;
	const bytes = await studio.draw(order, signal, (drawing) =>
		preview === null ? drawing.final() : drawing.preview(preview)
	);
	return bytes.toString('base64');
}

function undeveloped(preview: number | null): Undeveloped {
	return { demo_picture: { preview } };
}

function isUndeveloped(value: object): value is Undeveloped {
	return 'demo_picture' in value;
}

function settingsOf({ width, height, quality, transparent }: PictureRequest) {
	const background = transparent ? 'transparent' : 'opaque';
	return { size: `${width}x${height}`, quality, background, output_format: 'png' };
}
