import type { Canvas, Painter } from './canvas.ts';
import { levels } from './canvas.ts';
import { along, clamp, mix, soften } from './colour.ts';
import type { Colour } from './colour.ts';
import { Noise } from './noise.ts';
import type { Scene } from './scene.ts';

// Colours are looked up rather than mixed anew for every pixel.
const STEPS = 512;

/** Folds of silk: noise that is bent by noise that is bent by noise, lit from the side. */
export class Flow implements Painter {
	readonly #canvas: Canvas;
	readonly #noise: Noise;
	readonly #octaves: number;
	readonly #ramp: Colour[];
	readonly #light: Colour;
	readonly #scale: number;

	constructor({ seed, palette }: Scene, canvas: Canvas) {
		this.#canvas = canvas;
		this.#noise = new Noise(`${seed}:flow`);
		this.#octaves = levels(canvas, 1, 4);
		this.#light = palette.light;
		this.#scale = 1.1 + 0.9 * this.#noise.cell(4, 4);
		const stops = [...palette.land].reverse().concat([...palette.sky]);
		this.#ramp = Array.from({ length: STEPS }, (_, step) => along(stops, step / (STEPS - 1)));
	}

	row(y: number, out: Float32Array): void {
		const { width, height } = this.#canvas;
		const noise = this.#noise;
		const v = ((y + 0.5) / height) * this.#scale;
		for (let column = 0; column < width; column++) {
			const u = ((column + 0.5) / height) * this.#scale;
			const a = noise.cloud(u, v, this.#octaves);
			const b = noise.cloud(u + 5.2, v + 1.3, this.#octaves);
			const fold = noise.cloud(u + 2.2 * a + 1.7, v + 2.2 * b + 9.2, this.#octaves);
			const sheen = soften(0.05, 0.5, noise.at(u * 1.5 + 3.4 * fold, v * 1.5 + 2.6 * a));
			const place = clamp(0.5 + 0.85 * fold + 0.25 * a);
			const thread = 0.5 + 0.5 * Math.sin((fold * 7 + a * 3) * Math.PI);
			const base = this.#ramp[Math.floor(place * (STEPS - 1))] ?? this.#light;
			const colour = mix(base, this.#light, 0.34 * sheen * thread + 0.05 * thread);
			const shade = 0.82 + 0.18 * thread + 0.12 * b;
			for (let channel = 0; channel < 3; channel++) out[column * 3 + channel] = (colour[channel] ?? 0) * shade;
		}
	}
}
