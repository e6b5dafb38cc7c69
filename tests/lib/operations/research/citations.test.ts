import { describe, expect, test } from 'vitest';
import { asMarkdownFile, Bibliography, CitationStream, numberCitations } from '$lib/operations/research/citations.ts';
import { seeded } from '../../jobs/generated-runs.ts';

const bibliography = () => new Bibliography([], () => undefined);

/** A report as a stream gives it, cut where the test says. */
function streamed(
	text: string,
	cuts: readonly number[]
): { report: string; sources: readonly { id: number; url: string; title: string }[] } {
	const sources = bibliography();
	const stream = new CitationStream(sources);
	const bounds = [0, ...cuts.toSorted((a, b) => a - b), text.length];
	const pieces = bounds.slice(1).map((end, index) => text.slice(bounds[index], end));
	const report = pieces.map((piece) => stream.push(piece)).join('') + stream.end();
	return { report, sources: sources.sources };
}

const examples = [
	'Coffee keeps awake ([Sleep](https://a.example/sleep)) and alert ([b.example](https://b.example/x?y=1)). So ([Sleep](https://a.example/sleep)).',
	'A [link in prose](https://a.example) stays, (a remark) stays, ([not a link] either) stays, an open ([ stays',
	'A wiki page ([Tea (drink)](https://w.example/Tea_(drink))) with parentheses, and one with a title ([x](https://x.example "Title")).',
	'From the app’s own library ([Cheese](/library/cheese)), but never ([evil](//evil.example)) or ([js](javascript:alert(1))).',
	'Escaped \\[brackets\\] ([a \\] b](https://e.example)) and unicode ([Grüße 🎉](https://u.example/ä)) 🎉.',
	'| a ([t](https://t.example)) | b |\n|---|---|\n\n```js\ncall([a](b))\n```\n((nested ([n](https://n.example))))'
];

describe('numbered citations', () => {
	test.each(examples)('IR-03 however the text is cut, the report and its sources are the same: %s', (text) => {
		const whole = streamed(text, []);
		for (let cut = 0; cut <= text.length; cut += 1) expect(streamed(text, [cut]), `cut at ${cut}`).toEqual(whole);
		const everyCharacter = Array.from({ length: text.length }, (_, index) => index);
		expect(streamed(text, everyCharacter)).toEqual(whole);
	});

	test('IR-03 so is it for 300 random texts in random pieces', () => {
		const random = seeded(99);
		const parts = [
			'(',
			'[',
			']',
			')',
			'([a](https://a.example))',
			'([b](https://b.example/(x)))',
			'word ',
			'\\',
			'\n',
			'(/',
			'](',
			'"',
			'[l](https://l.example)',
			'🎉'
		];
		for (let run = 0; run < 300; run += 1) {
			const text = Array.from(
				{ length: 1 + Math.floor(random() * 25) },
				() => parts[Math.floor(random() * parts.length)]
			).join('');
			const cuts = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * text.length));
			expect(streamed(text, cuts), JSON.stringify([text, cuts])).toEqual(streamed(text, []));
			expect(streamed(text, []).report, text).toBe(numberCitations(text, [], bibliography()));
		}
	});

	test('RS-05 each source has one number, from 1 in the order of its first citation', () => {
		const { report, sources } = streamed(examples[0] ?? '', []);
		expect(report).toBe('Coffee keeps awake [1](#source-1) and alert [2](#source-2). So [1](#source-1).');
		expect(sources).toEqual([
			{ id: 1, url: 'https://a.example/sleep', title: 'Sleep' },
			{ id: 2, url: 'https://b.example/x?y=1', title: 'b.example' }
		]);
	});

	test('RS-05 a link in prose, a remark in parentheses and an address that is none stay as they are', () => {
		expect(streamed(examples[1] ?? '', [])).toEqual({ report: examples[1], sources: [] });
		expect(streamed(examples[3] ?? '', []).report).toContain(
			'but never ([evil](//evil.example)) or ([js](javascript:alert(1))).'
		);
	});

	test('RS-05 the tracking that a provider adds makes no second source', () => {
		const text =
			'([a](https://a.example/?utm_source=openai)) ([a](https://a.example/)) ([a](https://a.example/?x=1&utm_source=openai)) ([a](https://a.example/?x=1))';
		expect(streamed(text, []).report).toBe('[1](#source-1) [1](#source-1) [2](#source-2) [2](#source-2)');
	});

	test('RS-05 where the provider’s annotations say that a link is a citation, it is one without parentheses too', () => {
		const text = 'As [Sleep](https://a.example) says, see [the docs](https://docs.example).';
		const start = text.indexOf('[Sleep]');
		const annotated = [{ url: 'https://a.example', title: 'Sleep and coffee', start, end: text.indexOf(' says') }];
		const sources = bibliography();
		expect(numberCitations(text, annotated, sources)).toBe(
			'As [1](#source-1) says, see [the docs](https://docs.example).'
		);
		expect(sources.sources).toEqual([{ id: 1, url: 'https://a.example', title: 'Sleep and coffee' }]);
	});

	test('RS-05 several annotations in one text do not shift each other, in whatever order they come', () => {
		const links = ['[a](https://a.example)', '[b](https://b.example)', '[c](https://c.example)'];
		const text = `x ${links.join(' y ')} z`;
		const annotations = links.map((link, index) => ({
			url: `https://${'abc'[index]}.example`,
			title: '',
			start: text.indexOf(link),
			end: text.indexOf(link) + link.length
		}));
		for (const order of [annotations, annotations.toReversed()])
			expect(numberCitations(text, order, bibliography())).toBe('x [1](#source-1) y [2](#source-2) y [3](#source-3) z');
	});

	test('RS-05 an annotation that points at something else changes nothing', () => {
		expect(
			numberCitations('plain text', [{ url: 'https://a.example', title: 'A', start: 2, end: 7 }], bibliography())
		).toBe('plain text');
		expect(
			numberCitations('plain', [{ url: 'https://a.example', title: 'A', start: 90, end: 99 }], bibliography())
		).toBe('plain');
	});

	test.each([
		['([a](https://a.example)) "quoted', '[1](#source-1) "quoted'],
		['([a](https://a.example)), and', '[1](#source-1), and'],
		['(a remark', '(a remark'],
		['([a] b', '([a] b'],
		['([a](b c', '([a](b c']
	])('IR-03 nothing is held back that cannot become a citation any more: %s', (said, shown) => {
		expect(new CitationStream(bibliography()).push(said)).toBe(shown);
	});

	test('IR-03 what may become a link is held back for 2,000 characters at most', () => {
		const stream = new CitationStream(bibliography());
		expect(stream.push('text ([an opening')).toBe('text ');
		expect(stream.push('x'.repeat(3_000)).length).toBeGreaterThan(3_000);
	});

	test('RS-05 a title comes from the annotation, and a run that goes on keeps its numbers', () => {
		const added: string[] = [];
		const sources = new Bibliography([{ id: 1, url: 'https://a.example', title: 'a.example' }], ({ url }) =>
			added.push(url)
		);
		sources.name('https://a.example', 'The real title');
		expect([sources.cite('https://b.example', ''), sources.cite('https://a.example', 'x')]).toEqual([2, 1]);
		expect(sources.sources.map(({ title }) => title)).toEqual(['The real title', 'https://b.example']);
		expect(added).toEqual(['https://b.example']);
	});

	test('RS-05 the file has the text, then its sources with their addresses', () => {
		expect(asMarkdownFile(' Text [1](#source-1). ', [{ id: 1, url: 'https://a.example', title: 'A [b]' }])).toBe(
			'Text [1](#source-1).\n\n## Sources\n\n1. <a id="source-1"></a>[A b](https://a.example)\n'
		);
		expect(asMarkdownFile('Text', [])).toBe('Text\n');
	});
});
