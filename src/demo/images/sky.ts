import type { Canvas } from './canvas.ts';
import { levels } from './canvas.ts';
import { along, clamp, soften } from './colour.ts';
import type { Colour } from './colour.ts';
import { Noise } from './noise.ts';
import type { Scene } from './scene.ts';
import { starlight } from './stars.ts';

/** A sky: gradient, sun or moon with its glow, clouds, stars and northern lights. Coordinates are in picture heights. */
export class Sky {
	readonly #scene: Scene;
	readonly #horizon: number;
	readonly #noise: Noise;
	readonly #octaves: number;
	readonly #sun: { x: number; y: number; radius: number };
	readonly #cover: number;
	readonly #colour: [number, number, number] = [0, 0, 0];

	#last: { y: number; colour: Colour } = { y: NaN, colour: [0, 0, 0] };

	constructor(scene: Scene, canvas: Canvas, horizon: number) {
		this.#scene = scene;
		this.#horizon = horizon;
		this.#noise = new Noise(`${scene.seed}:sky`);
		this.#octaves = levels(canvas, 2, 6);
		const radius = scene.palette.night ? 0.045 : 0.06;
		this.#sun = { x: (scene.light.x * canvas.width) / canvas.height, y: scene.light.y, radius };
		this.#cover = 0.12 - 0.2 * this.#noise.cell(3, 7);
	}

	/** Writes the colour at (x, y) into `out` from index `at` on. */
	paint(x: number, y: number, out: Float32Array, at: number): void {
		const base = this.#gradient(y);
		const { light, night, name } = this.#scene.palette;
		const distance = Math.hypot(x - this.#sun.x, y - this.#sun.y);
		const glow = 0.62 * Math.exp(-distance * 5) + 0.28 * Math.exp(-distance * 1.6);
		const colour = this.#colour;
		for (let channel = 0; channel < 3; channel++)
			colour[channel] =
				(base[channel] ?? 0) + ((light[channel] ?? 0) - (base[channel] ?? 0)) * glow * (night ? 0.5 : 0.85);
		if (night) this.#add(starlight(this.#noise, x, y) * clamp(1 - y / this.#horizon) * 230);
		if (name === 'aurora') this.#aurora(x, y);
		const disc = soften(this.#sun.radius + 0.003, this.#sun.radius - 0.003, distance);
		this.#blend(light, disc * (night ? this.#craters(x, y) : 1));
		this.#clouds(x, y, glow);
		for (let channel = 0; channel < 3; channel++) out[at + channel] = colour[channel] ?? 0;
	}

	/** The colour of the gradient; the same for a whole row, so the last one is kept. */
	#gradient(y: number): Colour {
		if (this.#last.y !== y) this.#last = { y, colour: along(this.#scene.palette.sky, y / this.#horizon) };
		return this.#last.colour;
	}

	#clouds(x: number, y: number, glow: number): void {
		const { sky, light } = this.#scene.palette;
		// Clouds flatten towards the horizon, as they do in perspective.
		const depth = 1 / (0.22 + clamp(1 - y / this.#horizon));
		const shape = this.#noise.cloud(x * 1.1 * depth ** 0.35, y * 2.6 * depth, this.#octaves);
		const amount = soften(this.#cover, this.#cover + 0.34, shape) * 0.72 * soften(0, 0.12, this.#horizon - y + 0.06);
		if (amount <= 0) return;
		const lit = clamp(0.35 + glow * 1.3 + (shape - this.#cover) * 0.5);
		const dark = sky[1] ?? light;
		for (let channel = 0; channel < 3; channel++) {
			const tone = (dark[channel] ?? 0) * 0.8 + ((light[channel] ?? 0) - (dark[channel] ?? 0) * 0.8) * lit;
			this.#colour[channel] = (this.#colour[channel] ?? 0) * (1 - amount) + tone * amount;
		}
	}

	#aurora(x: number, y: number): void {
		for (let curtain = 0; curtain < 2; curtain++) {
			const foot = 0.36 + 0.1 * curtain + 0.16 * this.#noise.at(x * 1.3 + 7 * curtain, 3.7 + curtain);
			const height = foot - y;
			if (height < -0.03) continue;
			const rays = 0.55 + 0.45 * this.#noise.at(x * 22 + 3 * curtain, 11 + y * 0.8);
			const strength = rays * soften(-0.03, 0.02, height) * Math.exp(-Math.max(0, height) * 7) * 190;
			const high = clamp(height * 4);
			this.#colour[0] += strength * 0.55 * high;
			this.#colour[1] += strength * (1 - 0.55 * high);
			this.#colour[2] += strength * (0.45 + 0.35 * high);
		}
	}

	#craters(x: number, y: number): number {
		return 0.86 + 0.22 * this.#noise.cloud(x * 30, y * 30, 2);
	}

	#blend(colour: Colour, share: number): void {
		for (let channel = 0; channel < 3; channel++)
			this.#colour[channel] = (this.#colour[channel] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share;
	}

	#add(value: number): void {
		for (let channel = 0; channel < 3; channel++) this.#colour[channel] = (this.#colour[channel] ?? 0) + value;
	}
}
