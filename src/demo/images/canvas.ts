/** The size and the finish of what is painted. */
export interface Canvas {
	width: number;
	height: number;
	/** 0 for the first rough shapes to 1 for every detail there is. */
	detail: number;
}

/** Paints a picture row by row. */
export interface Painter {
	/** Writes row `y` into `out`: red, green and blue of each pixel, 0 to 255, not yet rounded. */
	row(y: number, out: Float32Array): void;
}

/** A whole number between `least` and `most` by the canvas's detail. */
export function levels({ detail }: Canvas, least: number, most: number): number {
	return Math.round(least + (most - least) * detail);
}
