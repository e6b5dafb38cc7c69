import { createHash } from 'node:crypto';
import type { Canvas, Painter } from './canvas.ts';
import { clamp, soften } from './colour.ts';
import { Flow } from './flow.ts';
import { Landscape } from './landscape.ts';
import { Noise } from './noise.ts';
import { decodePng } from './png-decode.ts';
import { PngEncoder } from './png-encode.ts';
import { enlarged, rasterOf } from './raster.ts';
import type { Raster } from './raster.ts';
import { Retouch } from './retouch.ts';
import { captionOf, sceneOf } from './scene.ts';
import type { Scene } from './scene.ts';
import { Space } from './space.ts';
import type { Turns } from './turns.ts';

/** Everything that a picture follows from: equal orders give equal bytes. */
export interface Order {
	prompt: string;
	width: number;
	height: number;
	/** 0 to 1. */
	detail: number;
	transparent: boolean;
	/** Which of several pictures for one prompt, from 0. */
	copy: number;
	/** Pictures to start from, as files. */
	images: Buffer[];
}

// Width of the grid a preview is painted on, the first preview the coarsest.
const GRIDS = [22, 52, 120];
// Grain hides the steps of smooth gradients, as film does.
const GRAIN = 5;

/** One picture on its way: its previews and itself, each painted only when it is asked for, none kept. */
export class Drawing {
	readonly #order: Order;
	readonly #scene: Scene;
	readonly #given: Raster | null;
	readonly #turns: Turns;
	readonly #signal: AbortSignal;

	private constructor(order: Order, given: Raster | null, turns: Turns, signal: AbortSignal) {
		this.#order = order;
		this.#scene = sceneOf(order.prompt, seedOf(order));
		this.#given = given;
		this.#turns = turns;
		this.#signal = signal;
	}

	/** Reads what was given and settles the scene. All that follows rejects with the signal's reason once it is aborted. */
	static async begin(order: Order, turns: Turns, signal: AbortSignal): Promise<Drawing> {
		const first = order.images[0];
		const given = first ? await decodePng(first, turns.begin(signal)) : null;
		return new Drawing(order, given, turns, signal);
	}

	/** What is in the picture, in a sentence. */
	get caption(): string {
		return this.#given
			? `The given picture repainted in the colours of “${this.#scene.palette.name}”.`
			: captionOf(this.#scene);
	}

	/** The PNG of preview `index`, 0 to 2: of the full size, but painted on a coarse grid. */
	async preview(index: number): Promise<Buffer> {
		const { width, height } = this.#order;
		const cell = Math.max(width, height) / (GRIDS[Math.min(index, GRIDS.length - 1)] ?? 22);
		const canvas = {
			width: Math.max(2, Math.round(width / cell)),
			height: Math.max(2, Math.round(height / cell)),
			detail: 0.25 * index
		};
		const rough = await rasterOf(this.#painter(canvas), canvas.width, canvas.height, this.#turns.begin(this.#signal));
		return this.#encode(enlarged(rough, width, height), 0);
	}

	/** The PNG of the picture. */
	final(): Promise<Buffer> {
		const { width, height, detail } = this.#order;
		return this.#encode(this.#painter({ width, height, detail }), GRAIN);
	}

	#painter(canvas: Canvas): Painter {
		if (this.#given) return new Retouch(this.#given, this.#scene, canvas);
		if (this.#scene.kind === 'space') return new Space(this.#scene, canvas);
		return this.#scene.kind === 'flow' ? new Flow(this.#scene, canvas) : new Landscape(this.#scene, canvas);
	}

	async #encode(painter: Painter, grain: number): Promise<Buffer> {
		const { width, height, transparent } = this.#order;
		const encoder = new PngEncoder(width, height, transparent ? 4 : 3);
		const finish = new Finish(this.#order, this.#scene, grain);
		const colours = new Float32Array(width * 3);
		const pause = this.#turns.begin(this.#signal);
		try {
			for (let y = 0; y < height; y++) {
				await pause();
				painter.row(y, colours);
				await encoder.add(finish.row(y, colours));
			}
			return await encoder.finish();
		} finally {
			encoder.abandon();
		}
	}
}

function seedOf({ prompt, copy, images }: Order): string {
	const seed = createHash('sha256').update(`${prompt}\n${copy}`);
	for (const image of images) seed.update(image);
	return seed.digest('hex');
}

/** Turns painted colours into bytes: a vignette, grain, and with transparency a soft cut-out shape. */
class Finish {
	readonly #order: Order;
	readonly #noise: Noise;
	readonly #grain: number;
	readonly #bytes: Uint8Array;
	#state: number;

	constructor(order: Order, { seed }: Scene, grain: number) {
		this.#order = order;
		this.#noise = new Noise(`${seed}:edge`);
		this.#grain = grain;
		this.#bytes = new Uint8Array(order.width * (order.transparent ? 4 : 3));
		this.#state = Number.parseInt(seed.slice(0, 8), 16) | 1;
	}

	row(y: number, colours: Float32Array): Uint8Array {
		const { width, height, transparent } = this.#order;
		const channels = transparent ? 4 : 3;
		const dy = (y + 0.5) / height - 0.5;
		for (let column = 0; column < width; column++) {
			const dx = (column + 0.5) / width - 0.5;
			const shade = 1 - 0.42 * (dx * dx + dy * dy);
			const grain = this.#random();
			for (let channel = 0; channel < 3; channel++) {
				const tone = (colours[column * 3 + channel] ?? 0) * shade + grain;
				this.#bytes[column * channels + channel] = tone < 0 ? 0 : tone > 255 ? 255 : tone + 0.5;
			}
			if (transparent) this.#bytes[column * 4 + 3] = this.#alpha(dx, dy);
		}
		return this.#bytes;
	}

	#alpha(dx: number, dy: number): number {
		const angle = Math.atan2(dy, dx);
		const wobble = this.#noise.at(2 + 1.4 * Math.cos(angle), 2 + 1.4 * Math.sin(angle));
		return Math.round(255 * clamp(soften(0.45 + 0.03 * wobble, 0.43 + 0.03 * wobble, Math.hypot(dx, dy))));
	}

	/** Between minus and plus half the grain; a linear congruential generator is enough for grain. */
	#random(): number {
		this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
		return (this.#state / 2 ** 32) * this.#grain;
	}
}
