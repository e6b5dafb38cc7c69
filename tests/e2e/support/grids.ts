import type { Locator } from 'playwright';
import { PNG } from 'pngjs';

/** What is painted in a cell: each colour as `red,green,blue` with the share of the cell's pixels that have it. */
export type PaintedCell = ReadonlyMap<string, number>;

/** The cells of a grid as the browser paints them. */
export async function paintedCells(grid: Locator, rows: number, columns: number): Promise<PaintedCell[][]> {
	const { data, width, height } = PNG.sync.read(await grid.screenshot());
	const colourAt = (x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)].join(',');
	return Array.from({ length: rows }, (_, row) =>
		Array.from({ length: columns }, (_, column) => {
			const [left, right] = [column, column + 1].map((at) => Math.round((at * width) / columns));
			const [top, bottom] = [row, row + 1].map((at) => Math.round((at * height) / rows));
			const found = new Map<string, number>();
			for (let y = top! + 1; y < bottom! - 1; y++)
				for (let x = left! + 1; x < right! - 1; x++) found.set(colourAt(x, y), (found.get(colourAt(x, y)) ?? 0) + 1);
			const all = [...found.values()].reduce((sum, each) => sum + each, 0);
			return new Map([...found].map(([colour, count]) => [colour, count / all]));
		})
	);
}

/** The colour that most of a cell has. */
export function mainColour(cell: PaintedCell): string {
	return [...cell].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** Whether a cell is marked as wrong: the dark red of the mark is in it. */
export function isMarkedWrong(cell: PaintedCell): boolean {
	const reds = [...cell].filter(([colour]) => {
		const [red = 0, green = 0, blue = 0] = colour.split(',').map(Number);
		return red > 70 && red < 160 && green < 60 && blue < 70;
	});
	return reds.reduce((sum, [, share]) => sum + share, 0) > 0.08;
}
