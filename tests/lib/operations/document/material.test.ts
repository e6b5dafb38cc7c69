import { describe, expect, test } from 'vitest';
import { relevantPart } from '$lib/operations/document/notes.ts';
import { citationsIn, joined, sourceList, withLinks } from '$lib/operations/document/sources.ts';

describe('notes that are longer than a request', () => {
	test('PG-03 short ones go whole', () => {
		expect(relevantPart('a\n\nb', 'c', 10)).toBe('a\n\nb');
	});

	test('PG-03 the paragraphs that have most to do with a section stay, in their order', () => {
		const filler = Array.from({ length: 40 }, (_, at) => `Nothing of interest stands in paragraph number ${at}.`);
		const text = [
			...filler.slice(0, 20),
			'Oolong leaves are rolled.',
			...filler.slice(20),
			'Rolled leaves unfold.'
		].join('\n\n');
		const part = relevantPart(text, 'rolled leaves', 400);
		expect(part.length).toBeLessThanOrEqual(400);
		expect(part).toMatch(/Oolong leaves are rolled\.[^]*Rolled leaves unfold\./);
	});

	test('PG-03 one endless paragraph is cut to what fits, in any script', () => {
		const text = `${'无关'.repeat(400)}茶叶${'无关'.repeat(400)}`;
		const part = relevantPart(text, '茶叶', 500);
		expect(part.length).toBeLessThanOrEqual(500);
		expect(part).toContain('茶叶');
	});
});

describe('sources of researches', () => {
	test('PG-03 each address has one number, and the reports use it', () => {
		const source = (id: number, name: string) => ({ id, url: `https://${name}.example`, title: name });
		const { sources, reports } = joined([
			{ report: 'A [1](#source-1).', sources: [source(1, 'a')] },
			{ report: 'B [1](#source-1), A [2](#source-2), lost [3](#source-3).', sources: [source(1, 'b'), source(2, 'a')] }
		]);
		expect(sources.map(({ id, title }) => `${id}${title}`)).toEqual(['1a', '2b']);
		expect(reports).toEqual(['A [1].', 'B [2], A [1], lost .']);
		expect(sourceList(sources, reports)).toBe(
			'[1] a - https://a.example\nA [1]. B [2], A [1], lost .\n[2] b - https://b.example\nB [2], A [1], lost .'
		);
	});

	test.each([
		['one [1] and two[2]', ['one ', 1, ' and two', 2]],
		['both [1, 2].', ['both ', 1, 2, '.']],
		['neighbours [1][2]', ['neighbours ', 1, 2]],
		[
			'none [3], [0], [x], \\[1], [1](https://x.example), [1]: def',
			['none [3], [0], [x], \\[1], [1](https://x.example), [1]: def']
		]
	])('PG-03 in “%s” the marks of known sources are citations', (text, parts) => {
		expect(citationsIn(text, 2)).toEqual(parts);
	});

	test('PG-03 brackets in code are none', () => {
		expect(withLinks('a [1] `b[1]`\n```\nc[1]\n```\n', 1)).toBe('a [1](#source-1) `b[1]`\n```\nc[1]\n```\n');
	});
});
