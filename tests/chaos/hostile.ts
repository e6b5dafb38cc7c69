import fc from 'fast-check';

/** Texts that have broken programs: names of prototypes, paths, half of a character, separators of our own formats. */
const odd = [
	...['', ' ', '.', '..', '/', '../../etc/passwd', '..%2f', '%', '%00', '%zz', '\u0000', '\ud800', '\u202e', '🧵'],
	...['__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN', '-1', '0', '1e999', '9007199254740993'],
	...["' or 1=1 --", '{"a":', '[]', 'a,b;c:d', 'x'.repeat(5_000), '<script>', 'bytes=0-', 'bytes=5-1', 'W/"x"', '*']
];

/** Any text, often an odd one. */
export const text = fc.oneof(
	fc.constantFrom(...odd),
	fc.string({ maxLength: 40 }),
	fc.string({ unit: 'binary', maxLength: 20 })
);

/** Any value that JSON can carry, often where another kind is expected. */
export const value: fc.Arbitrary<unknown> = fc.oneof(
	text,
	fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, [], {}, [[]], [null]),
	fc.integer(),
	fc.jsonValue({ maxDepth: 3 })
);

/** An id of `known` things, or none at all. */
export const idOf = (known: readonly string[]) => fc.oneof(fc.constantFrom(...known), text);

/** Some fields of these names, with any values. */
export function fields(names: readonly string[], known: readonly string[] = []): fc.Arbitrary<Record<string, unknown>> {
	const any = known.length > 0 ? fc.oneof(value, fc.constantFrom(...known)) : value;
	return fc.oneof(
		fc.dictionary(fc.oneof(fc.constantFrom(...names), text), any, { maxKeys: 6 }),
		fc.record(Object.fromEntries(names.map((name) => [name, any])), { requiredKeys: [] })
	);
}

/** `sample` with one of its values, at any depth, made another. */
export function spoiled(sample: unknown): fc.Arbitrary<unknown> {
	const paths = pathsOf(sample);
	return fc.tuple(fc.constantFrom(...paths), value).map(([path, other]) => replaced(sample, path, other));
}

function pathsOf(sample: unknown, path: string[] = []): string[][] {
	if (typeof sample !== 'object' || sample === null) return [path];
	return [path, ...Object.entries(sample).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
}

function replaced(sample: unknown, [first, ...rest]: readonly string[], other: unknown): unknown {
	if (first === undefined) return other;
	if (Array.isArray(sample))
		return sample.map((item, at) => (String(at) === first ? replaced(item, rest, other) : item));
	const object = sample as Record<string, unknown>;
	return { ...object, [first]: replaced(object[first], rest, other) };
}

/** What may stand in a header: visible Latin letters, and no line break. */
const headerText = fc.oneof(
	text.map((any) => any.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')),
	fc.constantFrom('text/event-stream', 'application/json', 'image/png', '*/*;q=0', 'bytes=0-3,5-9', 'bytes=-0', '2')
);

/** Headers that the doors read. */
export const headers: fc.Arbitrary<Record<string, string>> = fc.record(
	{
		'last-event-id': headerText,
		'idempotency-key': headerText,
		range: headerText,
		'if-range': headerText,
		'if-none-match': headerText,
		accept: headerText,
		'content-disposition': headerText,
		'accept-encoding': headerText,
		origin: fc.constantFrom('null', 'http://evil.example', 'x'),
		'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', '?')
	},
	{ requiredKeys: [] }
);

/** A body with the type that it claims to be, often wrongly. */
export interface Body {
	type: string;
	bytes: Uint8Array<ArrayBuffer>;
}

const encoded = (any: string) => new TextEncoder().encode(any) as Uint8Array<ArrayBuffer>;
const boundary = '----x';
const part = fc
	.record({
		disposition: fc.oneof(fc.constantFrom('form-data; name="file"; filename="a.png"', 'form-data', ''), text),
		type: text,
		content: text
	})
	.map(
		({ disposition, type, content }) =>
			`--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`
	);

export const body: fc.Arbitrary<Body> = fc.oneof(
	value.map((any) => ({ type: 'application/json', bytes: encoded(JSON.stringify(any) ?? '') })),
	text.map((any) => ({ type: 'application/json', bytes: encoded(any) })),
	fc
		.uint8Array({ maxLength: 200 })
		.map((bytes) => ({ type: 'application/json; charset=utf-16', bytes: new Uint8Array(bytes) })),
	fc.tuple(fc.array(part, { maxLength: 3 }), fc.boolean()).map(([parts, closed]) => ({
		type: `multipart/form-data; boundary=${boundary}`,
		bytes: encoded(`${parts.join('')}${closed ? `--${boundary}--\r\n` : ''}`)
	})),
	fc
		.constantFrom(
			'multipart/form-data',
			'multipart/form-data; boundary=',
			'image/png',
			'application/x-www-form-urlencoded',
			'x'
		)
		.map((type) => ({ type, bytes: encoded('a=b&c') }))
);
