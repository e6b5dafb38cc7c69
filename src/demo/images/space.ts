import type { Canvas, Painter } from './canvas.ts';
import { levels } from './canvas.ts';
import { along, clamp, mix, soften } from './colour.ts';
import type { Colour } from './colour.ts';
import { Noise } from './noise.ts';
import type { Scene } from './scene.ts';
import { starlight } from './stars.ts';

const DEEP: Colour = [5, 6, 16];

/** A banded planet with a ring, in front of stars and a nebula. */
export class Space implements Painter {
	readonly #canvas: Canvas;
	readonly #noise: Noise;
	readonly #octaves: number;
	readonly #colours: readonly Colour[];
	readonly #light: Colour;
	readonly #planet: { x: number; y: number; radius: number };
	readonly #tilt: number;

	constructor({ seed, palette, light }: Scene, canvas: Canvas) {
		this.#canvas = canvas;
		this.#noise = new Noise(`${seed}:space`);
		this.#octaves = levels(canvas, 2, 5);
		this.#colours = [...palette.land].reverse().concat([...palette.sky].slice(1));
		this.#light = palette.light;
		const radius = 0.2 + 0.1 * this.#noise.cell(1, 2);
		this.#planet = { x: (light.x * canvas.width) / canvas.height, y: 0.5 + 0.12 * this.#noise.at(0.5, 0.3), radius };
		this.#tilt = 0.5 * (this.#noise.cell(8, 3) - 0.5);
	}

	row(y: number, out: Float32Array): void {
		const { width, height } = this.#canvas;
		for (let column = 0; column < width; column++) {
			const u = (column + 0.5) / height;
			const v = (y + 0.5) / height;
			const colour = this.#ringed(u, v, this.#planetAt(u, v, this.#background(u, v)));
			out[column * 3] = colour[0];
			out[column * 3 + 1] = colour[1];
			out[column * 3 + 2] = colour[2];
		}
	}

	#background(u: number, v: number): Colour {
		const drift = this.#noise.cloud(u * 1.4, v * 1.4, 2);
		const gas = this.#noise.cloud(u * 1.7 + drift * 1.6, v * 1.7 - drift * 1.2 + 5, this.#octaves);
		const thick = soften(-0.12, 0.5, gas) * 0.75;
		const tint = mix(DEEP, along(this.#colours, clamp(0.4 + drift)), thick);
		const stars = starlight(this.#noise, u, v) * 240;
		return [tint[0] + stars, tint[1] + stars, tint[2] + stars];
	}

	#planetAt(u: number, v: number, behind: Colour): Colour {
		const { x, y, radius } = this.#planet;
		const dx = (u - x) / radius;
		const dy = (v - y) / radius;
		const distance = Math.hypot(dx, dy);
		if (distance > 1.3) return behind;
		const air = distance > 1 ? Math.exp(-(distance - 1) * 16) * 0.55 * clamp(0.5 - dx * 0.5 - dy * 0.35) : 0;
		const glowing = mix(behind, this.#light, air);
		if (distance > 1.01) return glowing;
		const dz = Math.sqrt(Math.max(0, 1 - distance * distance));
		const latitude = dy * Math.cos(this.#tilt) - dx * Math.sin(this.#tilt);
		const storm = this.#noise.cloud(dx * 2 + dz, latitude * 5, this.#octaves);
		const band = 0.5 + 0.5 * Math.sin(latitude * 9 + storm * 3.4);
		const surface = along(this.#colours, 0.2 + 0.75 * clamp(band * 0.8 + storm * 0.35));
		const day = clamp(-dx * 0.62 - dy * 0.42 + dz * 0.66);
		const shone = mix(mix(DEEP, surface, 0.08), surface, day ** 0.8);
		return mix(glowing, mix(shone, this.#light, 0.3 * day ** 6), soften(1.008, 0.992, distance));
	}

	#ringed(u: number, v: number, behind: Colour): Colour {
		const { x, y, radius } = this.#planet;
		const angle = this.#tilt + 0.25;
		const length = ((u - x) * Math.cos(angle) + (v - y) * Math.sin(angle)) / radius;
		const across = ((v - y) * Math.cos(angle) - (u - x) * Math.sin(angle)) / radius / 0.26;
		const away = Math.hypot(length, across);
		const hidden = across < 0 && Math.hypot(u - x, v - y) < radius;
		if (away < 1.35 || away > 2.2 || hidden) return behind;
		const gaps = 0.55 + 0.45 * Math.sin(away * 26 + 4 * this.#noise.at(away * 9, 1));
		const edge = soften(1.35, 1.42, away) * soften(2.2, 2.05, away);
		return mix(behind, mix(this.#light, along(this.#colours, 0.7), 0.5), edge * gaps * 0.75);
	}
}
