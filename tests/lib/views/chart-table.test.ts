import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
	cellText,
	columnsWithin,
	csvOf,
	nextOrder,
	pasteText,
	sortedRows
} from '../../../src/lib/components/table/cells.ts';
import type { Cell } from '../../../src/lib/components/table/cells.ts';
import DataTable from '../../../src/lib/components/table/DataTable.svelte';
import { installObjectUrls } from '../../support/object-urls.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';

const columns = [
	{ name: 'select', type: 'text' },
	{ name: 'kg', type: 'real' }
];
const rows: Cell[][] = [
	['b 10', 2.5],
	['b 9', null],
	['A "quoted", one', -1],
	['two\nlines', 12]
];
const shown = () =>
	screen
		.getAllByRole('row')
		.slice(1)
		.map((row) => within(row).getAllByRole('cell')[0]?.textContent);
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

beforeAll(installResizeObserver);
afterEach(() => vi.restoreAllMocks());

describe('a table of rows', () => {
	test('OP-03 a press on a heading sorts, another turns it round, a third gives back the order of the query', async () => {
		render(DataTable, { label: 'Weights', columns, rows });
		const heading = screen.getByRole('columnheader', { name: 'kg' });
		expect(heading).toHaveAttribute('aria-sort', 'none');
		await press('kg');
		expect(heading).toHaveAttribute('aria-sort', 'ascending');
		expect(shown()).toEqual(['A "quoted", one', 'b 10', 'two\nlines', 'b 9']);
		await press('kg');
		expect(heading).toHaveAttribute('aria-sort', 'descending');
		expect(shown()).toEqual(['two\nlines', 'b 10', 'A "quoted", one', 'b 9']);
		await press('kg');
		expect(shown()).toEqual(rows.map(([name]) => name));
	});

	test('OP-03 words are sorted as people count, and a missing value is last either way', () => {
		const names = (descending: boolean) => sortedRows(rows, { column: 0, descending }).map(([name]) => name);
		expect(names(false)).toEqual(['A "quoted", one', 'b 9', 'b 10', 'two\nlines']);
		for (const descending of [false, true])
			expect(sortedRows(rows, { column: 1, descending }).at(-1)).toEqual(['b 9', null]);
		expect(nextOrder({ column: 0, descending: true }, 1)).toEqual({ column: 1, descending: false });
	});

	test('OP-03 a missing value is not an empty word, and a figure has no noise', () => {
		render(DataTable, { label: 'Weights', columns, rows: [['', null]] });
		expect(screen.getAllByRole('cell').map(({ textContent }) => textContent)).toEqual(['', 'null']);
		expect([0.1 + 0.2, 2_001, 1e21, true].map(cellText)).toEqual(['0.3', '2001', '1e+21', 'true']);
	});

	test('OP-03 the table as CSV has its heading and every cell, and a formula in it is none', () => {
		expect(
			csvOf(columns, [
				['say "x",\nor', null],
				['=1+1', -1.5]
			])
		).toBe('select,kg\r\n"say ""x"",\nor",\r\n\'=1+1,-1.5\r\n');
	});

	test('OP-03 what is copied keeps its cells apart in a spreadsheet', () => {
		expect(pasteText(columns, [['two\nlines\tand a tab', null]])).toBe('select\tkg\ntwo lines and a tab\t');
		expect(pasteText([{ name: '=head', type: 'text' }], [['=1+1'], ['-5'], [-5]])).toBe("'=head\n'=1+1\n-5\n-5");
	});

	test('OP-03 CSV is saved as the rows are sorted, under the name of the table', async () => {
		const urls = installObjectUrls();
		const names: string[] = [];
		const clicked = HTMLAnchorElement.prototype.click;
		HTMLAnchorElement.prototype.click = function () {
			names.push(this.download);
		};
		try {
			render(DataTable, { label: 'Weights of things', columns, rows });
			await press('kg');
			await press('CSV');
		} finally {
			HTMLAnchorElement.prototype.click = clicked;
		}
		expect(names).toEqual(['weights-of-things.csv']);
		expect((await urls.made[0]!.text()).split('\r\n')[1]).toBe('"A ""quoted"", one",-1');
	});

	test('OP-03 says how many rows there are and that more were left out; of many only some are elements', async () => {
		const many = Array.from({ length: 2_000 }, (_, index): Cell[] => [`row ${index}`, index]);
		render(DataTable, { label: 'Weights', columns, rows: many, truncated: true });
		expect(screen.getByText('2,000 rows, the first of more')).toBeInTheDocument();
		expect(screen.getByRole('table', { name: 'Weights' })).toHaveAttribute('aria-rowcount', '-1');
		await waitFor(() => expect(screen.getAllByRole('row').length).toBeLessThan(200));
	});

	test('OP-03 of hundreds of columns only few rows are elements', async () => {
		const wide = Array.from({ length: 200 }, (_, place) => ({ name: `c${place}`, type: 'integer' }));
		const many = Array.from({ length: 40 }, (_, row): Cell[] => wide.map((__, place) => row * place));
		render(DataTable, { label: 'Weights', columns: wide, rows: many });
		await waitFor(() => expect(screen.getAllByRole('row').length).toBeLessThan(25));
	});

	test('OP-03 of hundreds of columns those near the window are elements, each in its place, and the others when it is scrolled there', async () => {
		expect(columnsWithin([100, 100, 100, 100], 150, 250)).toEqual({ from: 1, to: 3 });
		expect(columnsWithin([100, 100, 100, 100], -600, 5_000)).toEqual({ from: 0, to: 4 });
		vi.spyOn(Element.prototype, 'scrollWidth', 'get').mockReturnValue(15_600);
		vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(700);
		const wide = Array.from({ length: 200 }, (_, place) => ({ name: `c${place}`, type: 'integer' }));
		render(DataTable, { label: 'Weights', columns: wide, rows: [wide.map((_, place) => place)] });
		const places = () => screen.getAllByRole('cell').map((cell) => [cell.ariaColIndex, cell.textContent]);
		expect(screen.getAllByRole('columnheader')).toHaveLength(200);
		expect(places().length).toBeLessThan(60);
		expect(places()[0]).toEqual(['1', '0']);
		const region = await screen.findByRole('region', { name: 'Weights: table' });
		region.scrollLeft = 15_000;
		await fireEvent.scroll(region);
		expect(places().at(-1)).toEqual(['200', '199']);
		expect(places().length).toBeLessThan(60);
	});

	test('BY-11 OP-03 a table that is wider than its place says so, and is reached by keyboard; another is not a stop', async () => {
		render(DataTable, { label: 'Narrow', columns, rows });
		expect(screen.queryByRole('region')).toBeNull();
		const widths = [
			vi.spyOn(Element.prototype, 'scrollWidth', 'get'),
			vi.spyOn(Element.prototype, 'clientWidth', 'get')
		];
		for (const [place, width] of [900, 390].entries()) widths[place]!.mockReturnValue(width);
		render(DataTable, { label: 'Wide', columns, rows });
		const region = await screen.findByRole('region', { name: 'Wide: table' });
		expect(region).toHaveAttribute('tabindex', '0');
		expect(region).toHaveAccessibleDescription('2 columns: scroll sideways for more.');
		expect(document.querySelector('[data-more=right]')).toBeInTheDocument();
		region.scrollLeft = 510;
		await fireEvent.scroll(region);
		expect(document.querySelector('[data-more=right]')).toBeNull();
		expect(document.querySelector('[data-more=left]')).toBeInTheDocument();
	});
});
