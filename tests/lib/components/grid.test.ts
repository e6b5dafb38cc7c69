import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import Grid from '../../../src/lib/components/grid/Grid.svelte';
import PuzzlePairs from '../../../src/lib/components/grid/PuzzlePairs.svelte';
import { drawingOf, wrongPath } from '../../../src/lib/components/grid/drawing.ts';

const rows = [
	[0, 1, 2],
	[3, 3, 9]
];

test('TS-03 a grid is a picture with its size, and its rows as text for those who hear it', () => {
	render(Grid, { label: 'Input of pair 1', rows });
	expect(screen.getByRole('img')).toHaveAccessibleName('Input of pair 1: 2 rows of 3');
	const list = screen.getByRole('list', { name: 'Rows of Input of pair 1' });
	expect([...list.children].map((row) => row.textContent)).toEqual(['0 1 2', '3 3 9']);
});

test('TS-03 each colour but the background has a mark of its own, so that it is told apart without colour', () => {
	const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((colour) => drawingOf([[colour]]).marks[0]?.path);
	expect(new Set(shapes).size).toBe(9);
	expect(shapes).not.toContain(undefined);
	expect(drawingOf([[0]]).marks).toEqual([]);
	const { container } = render(Grid, { label: 'Input', rows });
	const marked = [...container.querySelectorAll('[data-marks]')].map((path) => path.getAttribute('data-marks'));
	expect(marked).toEqual(['1', '2', '3', '9']);
});

test('TS-03 every cell is drawn once, and the largest grid in few paths', () => {
	const large = Array.from({ length: 30 }, (_, y) => Array.from({ length: 30 }, (_, x) => (x + y) % 10));
	const { fills, marks, lines } = drawingOf(large);
	expect(fills.reduce((count, { path }) => count + path.split('M').length - 1, 0)).toBe(900);
	expect([fills.length, marks.length]).toEqual([10, 9]);
	expect(lines).toContain('M0 300h300');
});

test('TS-06 wrong cells are ringed, and named in words', () => {
	const { container } = render(Grid, {
		label: 'Prediction',
		rows,
		wrong: [
			[1, 0],
			[1, 2]
		]
	});
	expect(screen.getByRole('img')).toHaveAccessibleName('Prediction: 2 rows of 3, 2 cells differ');
	expect(screen.getByText('3 3 9; different: 1, 3')).toBeInTheDocument();
	expect(container.querySelectorAll('[data-wrong]')).toHaveLength(2);
	expect(container.querySelector('[data-wrong]')?.getAttribute('d')?.match(/z/g)).toHaveLength(2);
});

test('TS-05 what a wrong cell is stays to be seen: its mark has the middle to itself', () => {
	const middle = ([x, y]: [number, number]) => x > 2.4 && x < 7.6 && y > 2.4 && y < 7.6;
	const strokes = [...wrongPath([[0, 0]]).matchAll(/M([\d.]+) ([\d.]+)l([-\d.]+?)(-[\d.]+)/g)].map((found) =>
		found.slice(1).map(Number)
	);
	expect(strokes).toHaveLength(2);
	for (const [x = 0, y = 0, right = 0, down = 0] of strokes)
		for (const share of [0, 0.5, 1]) expect(middle([x + share * right, y + share * down])).toBe(false);
});

test('TS-03 the numbers that texts name are told beside the colours and marks that stand for them', () => {
	const puzzle = { train: [{ input: [[3, 0]], output: [[7]] }], test: [{ input: [[3]] }] };
	const { container } = render(PuzzlePairs, { puzzle });
	const key = [...container.querySelectorAll('[data-key] li')];
	expect(key.map((one) => one.textContent?.trim())).toEqual(['0', '3', '7']);
	const colours = key.map((one) => one.querySelector('[data-colour]')?.getAttribute('data-colour'));
	expect(colours).toEqual(['0', '3', '7']);
	expect(screen.getAllByRole('img')).toHaveLength(3);
});

test('TS-03 a grid that an answer is about is as large as its marks need', () => {
	const large = Array.from({ length: 30 }, () => new Array<number>(30).fill(4));
	const { container } = render(Grid, { label: 'Prediction', rows: large, side: 200, readable: true });
	expect(container.querySelector('svg')).toHaveAttribute('width', '240');
	expect(screen.getByRole('button', { name: 'Enlarge Prediction' })).toBeVisible();
});

test('TS-03 IR-11 rows that are still to come have their place, one that could not be read too', () => {
	const { container, rerender } = render(Grid, { label: 'Prediction', rows: [], size: [4, 3] as const, live: true });
	expect(screen.getByRole('img')).toHaveAccessibleName('Prediction: not there yet');
	expect(container.querySelectorAll('[data-missing=live]')).toHaveLength(4);
	return rerender({ rows: [[1, 2, 3], null, [4, 5, 6]] }).then(async () => {
		expect(screen.getByRole('img')).toHaveAccessibleName('Prediction: 2 rows of 3, more to come');
		expect(container.querySelectorAll('[data-missing]')).toHaveLength(2);
		await rerender({ live: false });
		expect(screen.getByRole('img')).toHaveAccessibleName('Prediction: 2 rows of 3, not whole');
		expect(container.querySelectorAll('[data-missing=still]')).toHaveLength(2);
	});
});

test('TS-03 where its cells are too small for their marks it can be enlarged until they are not', async () => {
	const large = Array.from({ length: 30 }, (_, y) => Array.from({ length: 30 }, (_, x) => (x + y) % 10));
	render(Grid, { label: 'Input of pair 1', rows: large, side: 120 });
	await fireEvent.click(screen.getByRole('button', { name: 'Enlarge Input of pair 1' }));
	const dialog = await screen.findByRole('dialog', { name: 'Input of pair 1' });
	expect(within(dialog).getByRole('img')).toHaveAttribute('width', '720');
	expect(dialog.querySelectorAll('[data-marks]')).toHaveLength(9);
	expect(within(dialog).queryByRole('button', { name: /^Enlarge/ })).toBeNull();
	await fireEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
	await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

test('TS-03 a grid that can be read as it is has nothing to press', () => {
	render(Grid, { label: 'Input of pair 1', rows, side: 120 });
	expect(screen.queryByRole('button')).toBeNull();
});

test('TS-03 its cells are whole pixels, however large it is', () => {
	const { container } = render(Grid, { label: 'Input', rows: Array.from({ length: 30 }, () => [1, 2]), side: 100 });
	const svg = container.querySelector('svg');
	expect([svg?.getAttribute('width'), svg?.getAttribute('height')]).toEqual(['8', '120']);
});

test('TS-03 grids that are compared have cells of one size, so that one cell that becomes nine is seen to', () => {
	const nine = Array.from({ length: 3 }, () => [2, 2, 2]);
	const { container } = render(PuzzlePairs, {
		puzzle: { train: [{ input: [[2]], output: nine }], test: [{ input: [[1]] }] },
		side: 45
	});
	const widths = [...container.querySelectorAll('[data-pairs] svg.cell-grid')].map((svg) => svg.getAttribute('width'));
	expect(widths).toEqual(['15', '45', '24']);
});
