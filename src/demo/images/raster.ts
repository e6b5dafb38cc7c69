import type { Painter } from './canvas.ts';
import { clamp } from './colour.ts';

/** A picture in memory: red, green and blue of each pixel, 0 to 255, row by row. */
export class Raster {
	readonly width: number;
	readonly height: number;
	readonly pixels: Float32Array;

	/** A black picture. */
	constructor(width: number, height: number) {
		this.width = width;
		this.height = height;
		this.pixels = new Float32Array(width * height * 3);
	}

	/** Writes the colour at a place (shares of width and height) into `out` from index `at` on, blended from the four pixels around. */
	sample(x: number, y: number, out: Float32Array, at: number): void {
		const { width, height, pixels } = this;
		const left = clamp(x) * width - 0.5;
		const top = clamp(y) * height - 0.5;
		const column = Math.max(0, Math.min(width - 2, Math.floor(left)));
		const row = Math.max(0, Math.min(height - 2, Math.floor(top)));
		const across = clamp(left - column);
		const down = clamp(top - row);
		const next = width > 1 ? 3 : 0;
		const below = height > 1 ? width * 3 : 0;
		const start = (row * width + column) * 3;
		for (let channel = 0; channel < 3; channel++) {
			const index = start + channel;
			const upper = (pixels[index] ?? 0) * (1 - across) + (pixels[index + next] ?? 0) * across;
			const lower = (pixels[index + below] ?? 0) * (1 - across) + (pixels[index + below + next] ?? 0) * across;
			out[at + channel] = upper * (1 - down) + lower * down;
		}
	}
}

/** Paints a whole picture. `pause` is awaited between the rows. */
export async function rasterOf(
	painter: Painter,
	width: number,
	height: number,
	pause: () => Promise<void> | undefined
): Promise<Raster> {
	const raster = new Raster(width, height);
	for (let y = 0; y < height; y++) {
		await pause();
		painter.row(y, raster.pixels.subarray(y * width * 3, (y + 1) * width * 3));
	}
	return raster;
}

/** A raster blown up to `width` pixels a row, as a painter. */
export function enlarged(raster: Raster, width: number, height: number): Painter {
	return {
		row(y, out) {
			for (let column = 0; column < width; column++)
				raster.sample((column + 0.5) / width, (y + 0.5) / height, out, column * 3);
		}
	};
}
