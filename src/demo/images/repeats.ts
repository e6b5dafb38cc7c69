import type { PictureRequest } from './picture-request.ts';

/** Who asks for the same within this time wants another one: several pictures are streamed one request after another. */
const SOON_MS = 60_000;

/** How often the same stream was asked for just before. Nothing else makes equal requests give different pictures. */
export class Repeats {
	readonly #recent = new Map<string, { count: number; at: number }>();

	/** 0 the first time, then 1, 2, …; after a minute without it starts over. */
	of({ prompt, width, height, quality, images }: PictureRequest, now: number): number {
		for (const [key, { at }] of [...this.#recent]) if (now - at > SOON_MS) this.#recent.delete(key);
		const key = JSON.stringify([prompt, width, height, quality, images.length]);
		const count = this.#recent.get(key)?.count ?? 0;
		this.#recent.set(key, { count: count + 1, at: now });
		return count;
	}
}
