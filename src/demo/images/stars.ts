import type { Noise } from './noise.ts';

// Cells per picture height; one star in every few cells.
const CELLS = 64;

/** How bright the stars are at a point, 0 to 1: each cell of a grid has one, most of them too faint to see. */
export function starlight(noise: Noise, x: number, y: number): number {
	const column = Math.floor(x * CELLS);
	const row = Math.floor(y * CELLS);
	const size = noise.cell(column, row);
	if (size < 0.72) return 0;
	const dx = x * CELLS - column - 0.2 - 0.6 * noise.cell(column + 91, row);
	const dy = y * CELLS - row - 0.2 - 0.6 * noise.cell(column, row + 57);
	const magnitude = ((size - 0.72) / 0.28) ** 3;
	return (0.25 + 0.75 * magnitude) * Math.exp(-(dx * dx + dy * dy) / (0.003 + 0.012 * magnitude));
}
