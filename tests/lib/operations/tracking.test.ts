import { expect, test } from 'vitest';
import { Bibliography } from '$lib/operations/research/citations.ts';
import { withoutTracking } from '$lib/operations/tracking.ts';
import { safeUrl } from '$lib/server/providers/citations.ts';

const x = 'https://x.example/p';

test.each([
	[`${x}?a=1&utm_source=openai#:~:text=x`, `${x}?a=1#:~:text=x`],
	[`${x}?utm_source=openai#part`, `${x}#part`],
	[`${x}?utm_source=openai&a=1#part`, `${x}?a=1#part`],
	[`${x}?a=1&utm_source=openai&b=2`, `${x}?a=1&b=2`],
	[`${x}?utm_source=openai`, x],
	[`[t](${x}?utm_source=openai)`, `[t](${x})`],
	[`${x}?utm_source=openai-blog`, `${x}?utm_source=openai-blog`],
	[`${x}?utm_source=openai.com`, `${x}?utm_source=openai.com`]
])('RS-05 of %s only the tracking mark goes', (marked, plain) => {
	expect(withoutTracking(marked)).toBe(plain);
});

test('RS-05 an annotation and the text agree about the address of a source, whatever follows the mark', () => {
	const marked = `${x}?a=1&utm_source=openai#:~:text=x`;
	const bibliography = new Bibliography([], () => undefined);
	bibliography.cite(marked, 'X');
	expect(bibliography.sources.map(({ url }) => url)).toEqual([safeUrl(marked)]);
});
