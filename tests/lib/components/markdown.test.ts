import { render, screen } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { MarkdownBlocks, withoutHalfLink } from '../../../src/lib/components/markdown/blocks.ts';
import { safeLink } from '../../../src/lib/components/markdown/link.ts';
import Markdown from '../../../src/lib/components/markdown/Markdown.svelte';

/** All blocks of a text, whichever chunks they stand in. */
const blocksOf = (source: MarkdownBlocks, text: string) => source.update(text).flat();
const show = (text: string) => render(Markdown, { text }).container;

describe('hostile Markdown', () => {
	test.for([
		'<script>alert(1)</script>',
		'text <img src=x onerror=alert(1)> text',
		'<svg onload=alert(1)></svg>',
		'<iframe src="javascript:alert(1)"></iframe>',
		'<style>body{display:none}</style>',
		'<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
		'<div onclick=alert(1)>\nblock\n</div>',
		'<base href="https://evil.example/">',
		'<form action="https://evil.example/"><input name=q></form>'
	])('IR-03 HTML in a report is text, never elements: %s', (hostile) => {
		const page = show(`before\n\n${hostile}\n\nafter`);
		expect(page.querySelector('script, img, iframe, style, base, form, a, .prose svg, [onclick]')).toBeNull();
		expect(page).toHaveTextContent('before');
		expect(page).toHaveTextContent('after');
	});

	test.for([
		'javascript:alert(1)',
		'JaVaScRiPt:alert(1)',
		'java\tscript:alert(1)',
		' javascript:alert(1)',
		'java&#115;cript:alert(1)',
		'data:text/html,<script>alert(1)</script>',
		'vbscript:x',
		'file:///etc/passwd',
		'//evil.example/x',
		'/\\evil.example/x',
		'relative/path',
		'#anything',
		'blob:https://x/y'
	])('IR-03 a link leads only to http, https, mailto or a page of this app: %s', (href) => {
		expect(safeLink(href)).toBeNull();
		const page = show(`[label](<${href}>)`);
		expect(page.querySelector('a')).toBeNull();
		expect(page).toHaveTextContent('label');
	});

	test('IR-03 an outside link opens apart and tells nothing of where it comes from', () => {
		show('[sea](https://sea.example/a?b=1&amp;c=2) and <mailto:a@b.example>');
		const link = screen.getByRole('link', { name: 'sea' });
		expect(link).toHaveAttribute('href', 'https://sea.example/a?b=1&c=2');
		expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
		expect(link).toHaveAttribute('target', '_blank');
		expect(screen.getByRole('link', { name: 'mailto:a@b.example' })).toBeInTheDocument();
	});

	test('IR-03 a page of this app stays in the tab, and is not fetched before it is asked for', () => {
		show('[tides](/library/tides)');
		const link = screen.getByRole('link', { name: 'tides' });
		expect(link).not.toHaveAttribute('target');
		expect(link).toHaveAttribute('data-sveltekit-preload-data', 'off');
	});

	test.for([
		['![a wave](https://spy.example/pixel.png?who=me)', 'a wave', 'on spy.example'],
		['![](data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=)', 'Picture', null],
		['![here](/library/x.png)', 'here', 'on library/x.png']
	] as const)('IR-03 a picture is named and linked, never loaded: %s', ([text, alt, linked]) => {
		const page = show(text);
		expect(page.querySelector('img')).toBeNull();
		expect(page).toHaveTextContent(alt);
		expect(page.querySelector('a')?.textContent ?? null).toBe(linked);
	});

	test('IR-12 nesting without end neither hangs nor breaks the page', () => {
		const page = show(`${'> '.repeat(3_000)}deep\n\nafter`);
		expect(page).toHaveTextContent('deep');
		expect(show(`${'*'.repeat(3_000)}x${'*'.repeat(3_000)}`)).toHaveTextContent('x');
	});
});

describe('reports', () => {
	test('IR-03 headings, lists, tables, code and quotations become what they are', () => {
		const page = show(
			'# One\n\n## Two\n\n- a\n- [x] b\n\n3. c\n\n| h | n |\n|---|--:|\n| 1 | 2 |\n\n```js\nlet a = "<b>";\n```\n\n> q\n\n---\n\n**bold** *em* ~~del~~ `code` a &amp; b'
		);
		expect(screen.getByRole('heading', { name: 'One', level: 3 })).toBeInTheDocument();
		expect(screen.getByRole('heading', { name: 'Two', level: 4 })).toBeInTheDocument();
		expect(page.querySelector('ol')).toHaveAttribute('start', '3');
		expect(screen.getByRole('cell', { name: '2' })).toHaveStyle({ textAlign: 'right' });
		expect(page.querySelector('pre code')).toHaveTextContent('let a = "<b>";');
		expect(page.querySelectorAll('blockquote, hr, strong, em, del, input[type="checkbox"]')).toHaveLength(6);
		expect(page).toHaveTextContent('a & b');
	});

	test('IR-03 a citation jumps to its source', () => {
		show('Tides rise. [1](#source-1)');
		expect(screen.getByRole('link', { name: 'Source 1' })).toHaveAttribute('href', '#source-1');
	});

	test('IR-03 a half-written link does not flicker as brackets', () => {
		expect(withoutHalfLink('rise. [1](#sour')).toBe('rise. ');
		expect(withoutHalfLink('rise. [1')).toBe('rise. ');
		expect(withoutHalfLink('rise. [1](#source-1) and')).toBe('rise. [1](#source-1) and');
		expect(withoutHalfLink('a list [of] things')).toBe('a list [of] things');
	});
});

describe('a growing text', () => {
	const paragraph = (n: number) => `## Part ${n}\n\nWords of part ${n}. [1](#source-1)\n\n- a\n- b\n\n`;

	test('IR-03 finished blocks are not rendered again', async () => {
		const resolve = vi.fn(safeLink);
		let text = Array.from({ length: 20 }, (_, n) => paragraph(n)).join('');
		const { rerender, container } = render(Markdown, { text, resolve });
		expect(resolve).toHaveBeenCalledTimes(20);
		const nodes = [...(container.querySelector('.prose')?.children ?? [])].slice(0, -2);
		const changes: MutationRecord[] = [];
		const observer = new MutationObserver((records) => changes.push(...records));
		for (const node of nodes)
			observer.observe(node, { childList: true, subtree: true, attributes: true, characterData: true });
		for (const word of 'A new part begins here and goes on. [2](#source-2)\n\nAnd one more. '.split(/(?<= )/)) {
			text += word;
			await rerender({ text });
		}
		changes.push(...observer.takeRecords());
		// But for the one mark of a block that is a screen above the end by now.
		expect(changes.filter(({ attributeName }) => attributeName !== 'data-past')).toEqual([]);
		expect(changes.length).toBeLessThan(5);
		expect(nodes.every((node) => node.isConnected)).toBe(true);
		// Each settled link was resolved once; only those of the blocks still open were again.
		expect(resolve.mock.calls.filter(([href]) => href === '#source-1')).toHaveLength(20);
		expect(container.querySelectorAll('a')).toHaveLength(21);
	});

	test('IR-03 the newest blocks of a growing text are laid out wherever they are, those further up only in sight', async () => {
		const lines = (count: number) => Array.from({ length: count }, (_, n) => `Line ${n}.\n\n`).join('');
		const { rerender, container } = render(Markdown, { text: lines(60), growing: true });
		const marked = () => [...container.querySelectorAll('.prose > [data-past]')].map(({ textContent }) => textContent);
		expect(marked()).toEqual(Array.from({ length: 20 }, (_, n) => `Line ${n}.`));
		await rerender({ text: lines(70), growing: true });
		expect(marked()).toHaveLength(30);
	});

	test('IR-03 finished blocks are not parsed again: they stay the same objects', () => {
		const source = new MarkdownBlocks();
		const text = Array.from({ length: 50 }, (_, n) => paragraph(n)).join('');
		const before = blocksOf(source, text);
		const after = blocksOf(source, `${text}And more.`);
		const kept = after.filter((block, index) => block === before[index]);
		expect(kept.length).toBeGreaterThanOrEqual(before.length - 2);
	});

	test.for([
		'# T\n\nOne\ntwo\n\n- a\n  - b\n\n    c\n- d\n\n1. x\n2. y\n\n```\ncode\n\nmore\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\nlazy\n\nSetext\n======\n\nend',
		'- a\n\n-\n\n--\n\n---\n\n***bold*** text\n\n* * *\n\n+ p\n+ q\n\n    indented\n\npara\n',
		'a [ref] and [other][x].\n\nmore\n\nand more\n\n[ref]: https://a.example\n[x]: https://b.example "t"\n\nend [ref]',
		'<div>\nhtml\n\n</div>\n\ntext &amp; more\r\n\r\nwindows\r\nlines\n\n```\nnever closed\n\n# not a heading'
	])('IR-03 a text that grows letter by letter ends as if it had come at once (%#)', (text) => {
		const growing = new MarkdownBlocks();
		for (let end = 1; end <= text.length; end++) growing.update(text.slice(0, end));
		const whole = blocksOf(new MarkdownBlocks(), text);
		expect(blocksOf(growing, text)).toEqual(whole);
	});

	test('IR-03 a text that is stated anew replaces the one before', () => {
		const source = new MarkdownBlocks();
		source.update('# Old\n\ntext\n\nmore\n\nend');
		expect(blocksOf(source, 'new').map(({ token }) => token.raw)).toEqual(['new']);
	});

	test('IR-03 a report of 100,000 characters grows at a cost of its newest blocks, not of its length', () => {
		const source = new MarkdownBlocks();
		let text = '';
		let parsed = 0;
		let before: readonly unknown[] = [];
		for (let n = 0; text.length < 100_000; n++) {
			text += paragraph(n);
			const blocks = blocksOf(source, text);
			parsed += blocks.filter((block, index) => block !== before[index]).length;
			before = blocks;
		}
		expect(text.length).toBeGreaterThanOrEqual(100_000);
		expect(parsed).toBeLessThan(before.length * 2);
	});

	const pieces = [
		'para with [ref] and [Other  Label][ref] and [x][]\n',
		'\n',
		'[ref]: https://a.example\n',
		'[ref]: https://second.example "t"\n',
		'> quoted [x]\n> [x]: /inside\n',
		'- item [late]\n- **b**\n\n- loose\n',
		'  - nested\n',
		'1. one\n',
		'| a | [ref] |\n|---|---|\n| 1 | 2 |\n',
		'```\ncode [ref]\n',
		'```\n',
		'# H [late]\n',
		'===\n',
		'[late]: <https://late.example>\n',
		'    indented\n',
		'*[a* ref]\r\n',
		'<div>\n',
		'!\\[x] ![pic][ref]\n'
	];

	/** Numbers from a seed, so that a failure can be had again. */
	function seeded(seed: number): () => number {
		let state = seed;
		return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
	}

	test('IR-03 any text that grows, in steps of any length and cut back now and then, ends as if it had come at once', () => {
		for (let seed = 1; seed <= 60; seed++) {
			const random = seeded(seed * 7_919);
			const text = Array.from({ length: 24 }, () => pieces[Math.floor(random() * pieces.length)]).join('');
			const growing = new MarkdownBlocks();
			for (let end = 0; end < text.length; end += 1 + Math.floor(random() * 9)) {
				growing.update(text.slice(0, end));
				if (random() < 0.05) growing.update(text.slice(0, Math.floor(end / 2)) + 'other');
			}
			expect(blocksOf(growing, text), `seed ${seed}`).toEqual(blocksOf(new MarkdownBlocks(), text));
		}
	});

	/** How many characters are parsed for each one of a text that comes in steps of `step`. */
	function parsedFor(text: string, step = 80): number {
		const source = new MarkdownBlocks();
		for (let end = step; end < text.length + step; end += step) source.update(withoutHalfLink(text.slice(0, end)));
		return source.parsed / text.length;
	}
	const long = (length: number, end = '') =>
		Array.from({ length: Math.ceil(length / paragraph(100).length) }, (_, n) => paragraph(n)).join('') + end;

	test.for([
		['plain', ''],
		['with Windows line ends', '\r\n'],
		['with pictures, whose mark stands before what is held back', '![a wave](https://a.example/w.png)\n\n'],
		['with a definition of a link after each part', '[note]: https://a.example/note\n\n']
	] as const)('IR-03 what is parsed of a growing report is in proportion to its length: %s', ([, between]) => {
		const text = (length: number) =>
			long(length).replaceAll('\n\n##', between === '\r\n' ? '\r\n\r\n##' : `\n\n${between}##`);
		const short = parsedFor(text(4_000));
		expect(parsedFor(text(32_000))).toBeLessThan(short * 1.3);
		expect(short).toBeLessThan(12);
	});

	test('IR-03 a definition at the end of a long report reaches the words that mean it, and no other block', () => {
		const source = new MarkdownBlocks();
		const text = `See [the tables].\n\n${long(50_000)}`;
		const before = blocksOf(source, text);
		const parsed = source.parsed;
		const after = blocksOf(source, `${text}[the tables]: https://a.example/tables\n`);
		expect(after.filter((block, index) => block !== before[index]).length).toBeLessThan(8);
		expect(after[0]?.token).toMatchObject({ tokens: [{}, { type: 'link', href: 'https://a.example/tables' }, {}] });
		expect(source.parsed - parsed).toBeLessThan(1_000);
	});

	test('IR-03 a chunk of finished blocks stays the same array, so that a frame passes it over', () => {
		const source = new MarkdownBlocks();
		const text = long(50_000);
		const before = source.update(text);
		const after = source.update(`${text}And more.`);
		expect(before.length).toBeGreaterThan(10);
		expect(after.filter((chunk, index) => chunk !== before[index])).toHaveLength(1);
		expect(Math.max(...after.map((chunk) => chunk.length))).toBeLessThanOrEqual(32);
	});

	test('IR-03 a final text that differs only towards its end keeps the blocks before', () => {
		const source = new MarkdownBlocks();
		const text = long(50_000);
		const before = blocksOf(source, `${text}The end. [1](#sour`);
		const after = blocksOf(source, `${text}An end.`);
		expect(after.filter((block, index) => block === before[index]).length).toBeGreaterThan(before.length - 8);
	});

	test.for([
		['list', 'li', (n: number) => `- entry ${n} [1](#source-1)\n`],
		['table', 'tbody tr', (n: number) => `${n === 0 ? '| a | b |\n|---|---|\n' : ''}| ${n} | [1](#source-1) |\n`]
	] as const)('IR-03 a long %s grows by its newest entry, the ones before stay as they are', async ([, rows, line]) => {
		const resolve = vi.fn(safeLink);
		let text = '';
		const { rerender, container } = render(Markdown, { text, resolve });
		for (let n = 0; n < 60; n++) await rerender({ text: (text += line(n)), resolve });
		expect(container.querySelectorAll(rows)).toHaveLength(60);
		expect(resolve.mock.calls.length).toBeLessThan(60 * 3);
	});
});
