import type { Canvas, Painter } from './canvas.ts';
import { levels } from './canvas.ts';
import { along, clamp, mix, soften } from './colour.ts';
import type { Colour } from './colour.ts';
import { Noise } from './noise.ts';
import type { Scene } from './scene.ts';
import { Sky } from './sky.ts';
import { ridgesOf } from './terrain.ts';
import type { Ridge } from './terrain.ts';

/** Sky over layers of land that fade into the haze, or over water that mirrors it. */
export class Landscape implements Painter {
	readonly #scene: Scene;
	readonly #canvas: Canvas;
	readonly #horizon: number;
	readonly #sky: Sky;
	readonly #noise: Noise;
	readonly #octaves: number;
	readonly #layers: { ridge: Ridge; colour: Colour; haze: Colour }[];

	constructor(scene: Scene, canvas: Canvas) {
		this.#scene = scene;
		this.#canvas = canvas;
		this.#noise = new Noise(`${scene.seed}:ground`);
		this.#octaves = levels(canvas, 1, 5);
		this.#horizon = scene.terrain === 'sea' ? 0.58 : 0.5 + 0.1 * this.#noise.cell(5, 5);
		this.#sky = new Sky(scene, canvas, this.#horizon);
		const { land, sky, light } = scene.palette;
		const air = mix(sky.at(-1) ?? light, light, 0.25);
		this.#layers = ridgesOf(scene, canvas, this.#horizon).map((ridge) => ({
			ridge,
			colour: along(land, ridge.nearness),
			haze: mix(air, along(land, ridge.nearness), 0.3 + 0.45 * ridge.nearness)
		}));
	}

	row(y: number, out: Float32Array): void {
		const { width, height } = this.#canvas;
		const v = (y + 0.5) / height;
		const water = this.#scene.terrain === 'sea' && v > this.#horizon;
		for (let column = 0; column < width; column++) {
			const u = (column + 0.5) / height;
			if (this.#hidden(column, v)) out[column * 3] = out[column * 3 + 1] = out[column * 3 + 2] = 0;
			else if (water) this.#water(u, v, out, column * 3);
			else this.#sky.paint(u, v, out, column * 3);
		}
		for (const layer of this.#layers)
			if (v > layer.ridge.top - 1 / height && v < layer.ridge.foot) this.#land(layer, v, out);
	}

	/** Whether some land covers the pixel whole, so that the sky behind it need not be painted. */
	#hidden(column: number, v: number): boolean {
		const edge = v - 1 / this.#canvas.height;
		return this.#layers.some(({ ridge }) => (ridge.edge[column] ?? 1) < edge && v < ridge.foot);
	}

	#land({ ridge, colour, haze }: { ridge: Ridge; colour: Colour; haze: Colour }, v: number, out: Float32Array): void {
		const { width, height } = this.#canvas;
		const { light } = this.#scene.palette;
		const sun = (this.#scene.light.x * width) / height;
		for (let column = 0; column < width; column++) {
			const depth = v - (ridge.edge[column] ?? 1);
			const cover = clamp(depth * height + 0.5);
			if (cover <= 0) continue;
			const u = (column + 0.5) / height;
			const mist = soften(0.02, 0.3, depth) * (0.75 - 0.5 * ridge.nearness);
			const grain = 1 + (0.12 + 0.1 * ridge.nearness) * this.#relief(u, v, ridge.nearness);
			const slope =
				((ridge.edge[Math.min(column + 2, width - 1)] ?? 0) - (ridge.edge[Math.max(column - 2, 0)] ?? 0)) * height;
			const facing = clamp(0.5 + (u < sun ? -1 : 1) * -slope * 0.12);
			const rim = Math.exp(-depth * 42) * 0.42 * facing * Math.exp(-Math.abs(u - sun) * 1.7);
			const lamp = this.#scene.terrain === 'city' ? this.#window(u, v, depth, ridge.nearness) : 0;
			for (let channel = 0; channel < 3; channel++) {
				const tone = (colour[channel] ?? 0) * grain * (1 - mist) + (haze[channel] ?? 0) * mist;
				const lit = tone + ((light[channel] ?? 0) - tone) * Math.max(rim, lamp);
				const at = column * 3 + channel;
				out[at] = (out[at] ?? 0) * (1 - cover) + lit * cover;
			}
		}
	}

	#relief(u: number, v: number, nearness: number): number {
		if (this.#scene.terrain === 'dunes') return 2.2 * this.#noise.at(u * 3, v * 14 + 2 * this.#noise.at(u * 2, v * 3));
		return 2 * this.#noise.cloud(u * (9 + 6 * nearness), v * 16, Math.max(1, this.#octaves - 1));
	}

	#window(u: number, v: number, depth: number, nearness: number): number {
		if (depth < 0.012 || this.#canvas.detail < 0.5) return 0;
		const size = 0.009 + 0.006 * nearness;
		const column = Math.floor(u / size);
		const row = Math.floor(v / (size * 1.5));
		const across = u / size - column;
		const down = v / (size * 1.5) - row;
		const pane = across > 0.25 && across < 0.75 && down > 0.25 && down < 0.7;
		const lit = this.#noise.cell(column, row + Math.round(nearness * 40)) > (this.#scene.palette.night ? 0.62 : 0.8);
		return pane && lit ? 0.85 - 0.35 * (1 - nearness) : 0;
	}

	#water(u: number, v: number, out: Float32Array, at: number): void {
		const away = v - this.#horizon;
		const near = away / (1 - this.#horizon);
		// Waves look longer and higher the nearer they are.
		const scale = 1 / (0.03 + away);
		const wave = this.#noise.cloud(u * scale * 0.3 + 3, away * 60 * (0.3 + scale * 0.06) + 40, this.#octaves);
		const seen = Math.max(0.02, this.#horizon - away * 0.95 + wave * 0.16 * near ** 0.7);
		const bent = u + wave * 0.05 * near;
		this.#sky.paint(bent, seen, out, at);
		const { light, land } = this.#scene.palette;
		const sun = (this.#scene.light.x * this.#canvas.width) / this.#canvas.height;
		const path = Math.exp(-(((u - sun) / (0.05 + 0.22 * near)) ** 2));
		const glitter = soften(0.08, 0.3, wave) * path * 0.75;
		const deep = land[1] ?? light;
		for (let channel = 0; channel < 3; channel++) {
			const mirrored = (out[at + channel] ?? 0) * 0.84 * (0.97 + wave * 0.3);
			const tone = mirrored + ((deep[channel] ?? 0) - mirrored) * (0.12 + 0.38 * near);
			out[at + channel] = tone + ((light[channel] ?? 0) - tone) * glitter;
		}
	}
}
