import { Readable } from 'node:stream';
import type { CsvError } from 'csv-parse';
import { WrongInput, type ColumnTypes, type LoadRequest } from './request.ts';
import { Staging } from './staging.ts';
import { textOf } from './text.ts';

const LONGEST_ROW = 4 * 1024 * 1024;
const delimiters = [',', ';', '\t', '|'];

/** Reads a CSV or TSV file. */
export async function loadCsv(
	request: LoadRequest,
	table: string,
	text: { encoding: string; head: string }
): Promise<ColumnTypes[string]> {
	const { parse } = (await import(request.packages.csv)) as typeof import('csv-parse');
	const delimiter = delimiterOf(text.head);
	const options = { delimiter, relax_quotes: true, skip_empty_lines: true, max_record_size: LONGEST_ROW };
	const parser = parse(options);
	const source = Readable.from(textOf(request.source, text.encoding), { objectMode: false });
	source.on('error', (error) => parser.destroy(error)).pipe(parser);
	const staging = new Staging(request, { decimalComma: delimiter === ';' });
	try {
		for await (const row of parser as AsyncIterable<string[]>) {
			if (staging.width > 0) staging.add(row);
			else begin(staging, row);
		}
	} catch (error) {
		throw sentenceFor(error as CsvError) ?? error;
	}
	if (staging.width === 0) throw new WrongInput('The file has no rows.');
	return staging.finish(table);
}

/** The first row names the columns, unless it holds values as the others do. */
function begin(staging: Staging, row: readonly string[]): void {
	if (!isValues(row)) return staging.widen(row);
	staging.widen(row.map(() => ''));
	staging.add(row);
}

/** Numbers and nothing else are values; whole ones between 1000 and 2999 may be years that name columns. */
function isValues(row: readonly string[]): boolean {
	const isNumber = (cell: string) => cell.trim() !== '' && Number.isFinite(Number(cell.replace(',', '.')));
	const isYear = (cell: string) => /^[12]\d{3}$/.test(cell.trim());
	return row.every(isNumber) && !row.every(isYear);
}

/** What separates the values: the sign of which the first lines have the same number, the most if several have. */
export function delimiterOf(head: string): string {
	// What stands in quotes separates nothing.
	const lines = head
		.replace(/"(?:[^"]|"")*"/g, '')
		.split(/\r?\n|\r/)
		.filter((line) => line !== '')
		.slice(0, 20);
	// The last one may be cut off.
	const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
	const scores = delimiters.map((delimiter) => {
		const counts = whole.map((line) => line.split(delimiter).length - 1);
		const first = counts[0] ?? 0;
		const same = counts.filter((count) => count === first).length / Math.max(1, counts.length);
		return first === 0 ? 0 : same * 1_000 + first;
	});
	const best = Math.max(...scores);
	return delimiters[best > 0 ? scores.indexOf(best) : 0] ?? ',';
}

function sentenceFor({ code, lines, message, ...facts }: CsvError): WrongInput | null {
	const values = (count: number) => `${count} ${count === 1 ? 'value' : 'values'}`;
	if (code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
		const has = (facts as { record?: unknown[] }).record?.length ?? 0;
		// Rows before it may not have come out of the parser yet: only its own words say how many there were to be.
		const [, wanted] = /expect (\d+)/.exec(message) ?? [];
		return new WrongInput(
			`Line ${lines} has ${values(has)}, but the first one has ${wanted ?? 'others'}. Correct the line, or put the value that holds the separator in quotes.`
		);
	}
	if (code === 'CSV_QUOTE_NOT_CLOSED') return new WrongInput('A quote is opened and never closed.');
	if (code === 'CSV_MAX_RECORD_SIZE')
		return new WrongInput(`The row at line ${lines} is longer than 4 MB: a quote may be missing before it.`);
	return code?.startsWith('CSV_') ? new WrongInput(`The file cannot be read at line ${lines}: ${message}`) : null;
}
