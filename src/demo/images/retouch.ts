import type { Canvas, Painter } from './canvas.ts';
import { levels } from './canvas.ts';
import { along, lerp, lightness } from './colour.ts';
import type { Colour } from './colour.ts';
import { Noise } from './noise.ts';
import type { Raster } from './raster.ts';
import type { Scene } from './scene.ts';

const STEPS = 256;
// How far the colours move towards those of the prompt; the drawing stays.
const TINT = 0.58;

/** The given picture painted again: cut to the new shape, with a brush that wavers, in the colours of the scene. */
export class Retouch implements Painter {
	readonly #given: Raster;
	readonly #canvas: Canvas;
	readonly #noise: Noise;
	readonly #octaves: number;
	readonly #ramp: Colour[];
	readonly #crop: { x: number; y: number };

	constructor(given: Raster, { seed, palette }: Scene, canvas: Canvas) {
		this.#given = given;
		this.#canvas = canvas;
		this.#noise = new Noise(`${seed}:brush`);
		this.#octaves = levels(canvas, 1, 4);
		const stops = [...palette.land].reverse().concat([...palette.sky].slice(1), [palette.light]);
		const byLight = [...stops].sort((a, b) => lightness(...a) - lightness(...b));
		this.#ramp = Array.from({ length: STEPS }, (_, step) => along(byLight, step / (STEPS - 1)));
		const shape = canvas.width / canvas.height / (given.width / given.height);
		this.#crop = { x: Math.min(1, shape), y: Math.min(1, 1 / shape) };
	}

	row(y: number, out: Float32Array): void {
		const { width, height } = this.#canvas;
		const v = (y + 0.5) / height;
		for (let column = 0; column < width; column++) {
			const u = (column + 0.5) / height;
			const stroke = this.#noise.cloud(u * 9, v * 9, this.#octaves);
			const x = 0.5 + ((column + 0.5) / width - 0.5) * this.#crop.x + stroke * 0.007;
			const down = 0.5 + (v - 0.5) * this.#crop.y + this.#noise.at(u * 11 + 40, v * 11) * 0.004;
			this.#given.sample(x, down, out, column * 3);
			this.#tint(out, column * 3, 1 + 0.1 * stroke);
		}
	}

	#tint(out: Float32Array, at: number, wash: number): void {
		const light = lightness(out[at] ?? 0, out[at + 1] ?? 0, out[at + 2] ?? 0);
		const tone = this.#ramp[Math.min(STEPS - 1, Math.max(0, Math.round(light)))];
		for (let channel = 0; channel < 3; channel++)
			out[at + channel] = lerp(out[at + channel] ?? 0, tone?.[channel] ?? 0, TINT) * wash;
	}
}
