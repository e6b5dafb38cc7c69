import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FieldReader, type Field } from '$lib/operations/analysis/field-reader.ts';

const whole = {
	pattern: 'Each grid is “mirrored” 🪞, from left to right.',
	strategy: 'Read each row\nfrom its end: {a, b} becomes {b, a}.',
	hints: ['Look at \\ and "quotes".', 'Then 😀.'],
	predictions: [
		[
			[1, 0, 9],
			[2, 2, 0]
		],
		[[3], [4]]
	],
	confidence: 0.85
};
const expected: Field[] = [
	{ type: 'pattern', data: { text: whole.pattern } },
	{ type: 'strategy', data: { text: whole.strategy } },
	{ type: 'hint', data: { index: 0, text: whole.hints[0]! } },
	{ type: 'hint', data: { index: 1, text: whole.hints[1]! } },
	{ type: 'row', data: { test: 0, row: 0, cells: [1, 0, 9] } },
	{ type: 'row', data: { test: 0, row: 1, cells: [2, 2, 0] } },
	{ type: 'row', data: { test: 1, row: 0, cells: [3] } },
	{ type: 'row', data: { test: 1, row: 1, cells: [4] } },
	{ type: 'confidence', data: { percent: 85, note: null } }
];

/** The fields that a text tells when it comes in these pieces. */
function read(...pieces: string[]): { fields: Field[]; reader: FieldReader } {
	const reader = new FieldReader();
	return { fields: pieces.flatMap((piece) => reader.push(piece)), reader };
}

/** A text cut at these places, wherever they fall. */
function cutAt(text: string, places: readonly number[]): string[] {
	const cuts = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
	return [...cuts, text.length].map((end, index) => text.slice(cuts[index - 1] ?? 0, end));
}

const places = fc.array(fc.nat(5_000), { maxLength: 60 });

describe('the fields of an answer', () => {
	test('TS-03 any chunking of the JSON gives the same fields', () => {
		const texts = fc.constantFrom(
			JSON.stringify(whole),
			JSON.stringify(whole, null, '\t'),
			`Here is {the} answer, {as {asked:\n\`\`\`json\n${JSON.stringify(whole)}\n\`\`\`\nThat is "all" {of} it.`
		);
		fc.assert(
			fc.property(texts, places, (text, cuts) => {
				const { fields, reader } = read(...cutAt(text, cuts));
				expect(fields).toEqual(expected);
				expect(reader.value).toEqual(whole);
				expect(reader.broken).toBe(false);
			}),
			{ numRuns: 300, seed: 7 }
		);
	});

	test('TS-03 TS-04 broken anywhere and in any way, any chunking gives the same fields', () => {
		const text = JSON.stringify(whole);
		fc.assert(
			fc.property(
				fc.nat(text.length),
				fc.constantFrom('', 'x', '}', '"', ']', '{', '\u0000'),
				places,
				(end, noise, cuts) => {
					const broken = `${text.slice(0, end)}${noise}${text.slice(end + 3)}`;
					const [once, pieces] = [read(broken), read(...cutAt(broken, cuts))];
					expect(pieces.fields).toEqual(once.fields);
					expect(pieces.reader.value).toEqual(once.reader.value);
					expect(pieces.reader.broken).toBe(once.reader.broken);
				}
			),
			{ numRuns: 500, seed: 11 }
		);
	});

	test('TS-03 each is told as soon as it is complete, and not before', () => {
		const reader = new FieldReader();
		expect(reader.push('{"pattern": "Mirr')).toEqual([]);
		expect(reader.push('ored."')).toEqual([{ type: 'pattern', data: { text: 'Mirrored.' } }]);
		expect(reader.push(', "hints": ["One"')).toEqual([{ type: 'hint', data: { index: 0, text: 'One' } }]);
		expect(reader.push('], "predictions": [[[1, 2')).toEqual([]);
		expect(reader.push(']')).toEqual([{ type: 'row', data: { test: 0, row: 0, cells: [1, 2] } }]);
		expect(reader.push(']], "confidence": 9')).toEqual([]);
		expect(reader.push('}')).toMatchObject([{ type: 'confidence', data: { percent: 9 } }]);
	});

	test('TS-04 what was complete before the JSON broke stays told', () => {
		const { fields, reader } = read('{"pattern": "Mirrored.", "strategy": "Turn', ' it.", "hints": [oops');
		expect(fields.map(({ type }) => type)).toEqual(['pattern', 'strategy']);
		expect(reader.broken).toBe(true);
		expect(reader.value).toBeUndefined();
		expect(reader.push('"], "confidence": 5}')).toEqual([]);
	});

	test('TS-04 text without an object, and one with nothing but braces, tells nothing and ends', () => {
		expect(read('I cannot say.').fields).toEqual([]);
		const { fields, reader } = read('{x'.repeat(10_000));
		expect(fields).toEqual([]);
		expect(reader.broken).toBe(true);
	});

	test('TS-03 an object without any of the fields is passed over: one in the words, and one around the answer', () => {
		const text = JSON.stringify(whole);
		for (const around of [`Let {} be empty, {"a": [1]} too. ${text}`, `{"note": "{}", "analysis": ${text}}`])
			for (let cut = 0; cut <= around.length; cut++) {
				const { fields, reader } = read(around.slice(0, cut), around.slice(cut));
				expect(fields).toEqual(expected);
				expect(reader.value).toEqual(whole);
			}
		expect(read('{"other": 1}').reader.value).toBeUndefined();
		expect(read(`${'Is it {1, 2}? '.repeat(150)}${text}`).fields).toEqual(expected);
	});

	test('TS-03 TS-05 any answer, its names told twice, with anything among them and any escapes: any chunking gives the same fields, and the last of each is its value', () => {
		const words = fc.string({ unit: 'binary', maxLength: 12 });
		const field = fc.oneof(
			fc.record({ name: fc.constantFrom('pattern', 'strategy'), value: fc.oneof(words, fc.jsonValue()) }),
			fc.record({ name: fc.constant('hints'), value: fc.array(fc.oneof(words, fc.jsonValue()), { maxLength: 4 }) }),
			fc.record({
				name: fc.constantFrom('prediction', 'predictions'),
				value: fc.array(fc.array(fc.oneof(fc.array(fc.nat(11), { maxLength: 4 }), words), { maxLength: 3 }), {
					maxLength: 3
				})
			}),
			fc.record({ name: fc.constant('confidence'), value: fc.oneof(fc.double(), fc.constant('85 %'), words) }),
			fc.record({ name: words, value: fc.jsonValue() })
		);
		const escaped = (text: string) =>
			[...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
		const member = ({ name, value }: { name: string; value: unknown }, escapes: boolean) => {
			const plain = JSON.stringify(value) ?? 'null';
			return `${JSON.stringify(name)}: ${escapes && typeof value === 'string' ? `"${escaped(value)}"` : plain}`;
		};
		fc.assert(
			fc.property(fc.array(field, { maxLength: 9 }), fc.boolean(), places, (members, escapes, cuts) => {
				const text = `{${members.map((each) => member(each, escapes)).join(', ')}}`;
				const [once, pieces] = [read(text), read(...cutAt(text, cuts))];
				expect(pieces.fields).toEqual(once.fields);
				expect(pieces.reader.value).toEqual(once.reader.value);
				if (once.fields.length > 0) expect(once.reader.value).toEqual(JSON.parse(text));
				for (const name of ['pattern', 'strategy'] as const) {
					const said = members.filter((each) => each.name === name).map(({ value }) => value);
					const texts = said.filter((value): value is string => typeof value === 'string' && value.trim() !== '');
					const told = once.fields.filter(({ type }) => type === name);
					expect(told).toEqual(texts.map((each) => ({ type: name, data: { text: each.trim() } })));
				}
			}),
			{ numRuns: 500, seed: 13 }
		);
	});

	test('TS-03 one grid alone is that of the only test, and a row may be a text of digits', () => {
		const one = (cells: number[], row: number) => ({ type: 'row', data: { test: 0, row, cells } });
		const rows = [one([1, 2], 0), one([3, 4], 1)];
		expect(read('{"predictions": [[1, 2], [3, 4]]}').fields).toEqual(rows);
		expect(read('{"prediction": [["1 2", "34"]]}').fields).toEqual(rows);
	});

	test('TS-03 what is no text and no row is not shown', () => {
		const text = '{"pattern": 7, "hints": [1, {"a": 1}], "predictions": [[[10], [-1], [0.5], [], [1, [2]]]]}';
		expect(read(text).fields).toEqual([]);
	});
});
