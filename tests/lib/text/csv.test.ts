import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvText } from '$lib/text/csv.ts';

test('OP-03 OP-08 CSV gives back every cell, whatever stands in it', () => {
	const word = fc.oneof(
		fc.string(),
		fc.constantFrom('"', 'a,b', 'a\r\nb', '\n', ' x ', '', '-1.5', '+7e3', "'=1", '-x')
	);
	const cell = fc.oneof(word, fc.integer(), fc.boolean());
	fc.assert(
		fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (lines) => {
			const read = parse(csvText(lines)) as string[][];
			expect(read.map((line) => line.map(opened))).toEqual(lines.map((line) => line.map(String)));
		})
	);
	expect(csvText([['a', null, -2]])).toBe('a,,-2\r\n');
});

/** What a reader who knows of the apostrophe has. */
const opened = (read: string) => read.replace(/^'(?='*[=+\-@\t\r\n])/, '');

test.each(['=HYPERLINK("http://evil.example","x")', '+1+cmd', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])(
	'OP-03 OP-08 %j is no formula to a spreadsheet that opens the file',
	(text) => {
		expect(parse(csvText([[text, 'b']]))).toEqual([[`'${text}`, 'b']]);
	}
);

test('OP-03 OP-08 figures below zero stay figures, as numbers and as words', () => {
	expect(csvText([[-1, '-1', '+1.5', '-.5e-3', '-1-1']])).toBe("-1,-1,+1.5,-.5e-3,'-1-1\r\n");
});

// By the square of its length it would take most of a minute.
test(
	'OP-03 OP-08 a cell that is one long figure but for its last letter is written like any other',
	{ timeout: 10_000 },
	() => {
		const long = `-${'1'.repeat(100_000)}x`;
		expect(csvText([[long]]).length).toBe(long.length + 3);
	}
);
