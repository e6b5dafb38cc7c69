import { PNG } from 'pngjs';
import type { ImageEvent, ImageRequest, Provider, ProviderEvent } from '$lib/operations/operation.ts';
import { hungUp } from '../../server/fake-provider.ts';

/** What one request does next: tells an event, fails, says nothing until it is hung up, or waits for the test. */
export type PictureStep = ImageEvent | Error | 'silence' | (() => Promise<unknown>);

/** A provider of pictures in this process that plays what the test wrote down: one script for each request, the last one again and again. */
export class PictureProvider implements Provider {
	readonly id = 'pictures';
	readonly label = 'the painter';
	readonly demo = false;
	readonly defaultModel = 'words-1';
	readonly defaultImageModel = 'paint-1';
	can = { background: false, webSearch: false, images: true, structured: false, embeddings: false };
	readonly requests: ImageRequest[] = [];
	readonly signals: AbortSignal[] = [];
	readonly #scripts: readonly (readonly PictureStep[])[];

	constructor(...scripts: (readonly PictureStep[])[]) {
		this.#scripts = scripts;
	}

	searchUrl(query: string): string {
		return `/search?q=${encodeURIComponent(query)}`;
	}

	async *image(request: ImageRequest, signal: AbortSignal): AsyncGenerator<ImageEvent> {
		const script = this.#scripts[Math.min(this.requests.length, this.#scripts.length - 1)] ?? [];
		this.requests.push(request);
		this.signals.push(signal);
		for (const step of script) {
			if (step === 'silence') await hungUp(signal);
			else if (step instanceof Error) throw step;
			else if (typeof step === 'function') await Promise.race([step(), hungUp(signal)]);
			else yield step;
		}
	}

	async *create(): AsyncGenerator<ProviderEvent> {
		throw new Error('this provider only paints');
	}

	async *resume(): AsyncGenerator<ProviderEvent> {
		throw new Error('this provider only paints');
	}

	async embed(): Promise<never> {
		throw new Error('this provider only paints');
	}

	async fetch(): Promise<never> {
		throw new Error('this provider only paints');
	}

	async cancel(): Promise<never> {
		throw new Error('this provider only paints');
	}
}

/** A PNG of one colour. */
export function png(width = 64, height = 64, shade = 120): Buffer {
	const picture = new PNG({ width, height });
	picture.data.fill(shade);
	return PNG.sync.write(picture);
}

export const accepted: ImageEvent = { type: 'accepted' };

/** A small preview; the shade tells one from another. */
export const preview = (index: number): ImageEvent => ({
	...{ type: 'preview', index, mediaType: 'image/png' },
	b64: png(8, 8, index * 60).toString('base64')
});

/** A finished picture. */
export const finished = (facts: Partial<Extract<ImageEvent, { type: 'image' }>> = {}): ImageEvent => ({
	...{ type: 'image', bytes: png(), mediaType: 'image/png', revisedPrompt: null },
	...facts
});

/** How a request ends, at 4 cents. */
export const billed: ImageEvent = {
	type: 'ended',
	usage: { inputTokens: 18, cachedTokens: 0, outputTokens: 396, reasoningTokens: null, searches: null },
	cost: { usd: 0.04, known: true }
};

/** Three previews and the picture. */
export const whole: readonly ImageEvent[] = [accepted, preview(1), preview(2), preview(3), finished(), billed];
