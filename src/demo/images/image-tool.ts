import type { ScriptedEvent } from '../events.ts';
import type { CreateRequest } from '../request.ts';
import { pictureSettings } from './picture-request.ts';
import type { PictureRequest } from './picture-request.ts';
import { pictureUsage } from './picture-usage.ts';
import { isForbidden } from './refused.ts';

/** Whether the request asks for a picture through the image tool. */
export function mayDraw({ tools }: CreateRequest): boolean {
	return tools.some(({ type }) => type === 'image_generation');
}

/** The picture that a Responses request asks its image tool for. Throws a WireError 400. */
export function pictureOf(request: CreateRequest, prompt: string): PictureRequest {
	const tool = request.tools.find(({ type }) => type === 'image_generation') ?? {};
	const images = imagesIn(request.body.input);
	return { prompt, count: 1, stream: request.stream, images, ...pictureSettings(tool as Record<string, unknown>) };
}

/** Whether a run of the image tool is refused by its prompt. */
export function isRefused(request: CreateRequest, prompt: string): boolean {
	return mayDraw(request) && isForbidden(prompt);
}

/** What the image tool has used after these events: nothing before its picture is there. */
export function imageToolUsage(request: CreateRequest, prompt: string, events: ScriptedEvent[]) {
	const drawn = events.some(({ event }) => event.type === 'response.image_generation_call.completed');
	const previews = events.filter(({ event }) => event.type === 'response.image_generation_call.partial_image').length;
	const { input_tokens_details, ...counts } = pictureUsage(pictureOf(request, prompt), drawn ? 1 : 0, previews);
	return {
		...counts,
		input_tokens_details,
		output_tokens_details: { image_tokens: counts.output_tokens, text_tokens: 0 }
	};
}

/** The pictures in a request's input, from data URLs. */
function imagesIn(input: unknown): Buffer[] {
	const messages = Array.isArray(input) ? (input as { content?: unknown }[]) : [];
	const parts = messages.flatMap((message) => (Array.isArray(message?.content) ? (message.content as unknown[]) : []));
	return parts.flatMap((part) => {
		const url = String((part as { image_url?: unknown } | null)?.image_url ?? '');
		const [, data] = /^data:image\/[a-z]+;base64,(.+)$/s.exec(url) ?? [];
		return data ? [Buffer.from(data, 'base64')] : [];
	});
}
