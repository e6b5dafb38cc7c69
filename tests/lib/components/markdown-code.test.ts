import { render, screen, waitFor } from '@testing-library/svelte';
import { flushSync } from 'svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { highlight, isClosed, languageOf } from '../../../src/lib/components/markdown/highlight.ts';
import Markdown from '../../../src/lib/components/markdown/Markdown.svelte';
import { enlivenCode } from '../../../src/lib/components/markdown/sent-code.ts';

const code = () => document.querySelector('pre code');
const kinds = () => [...document.querySelectorAll('pre code span')].map(({ className }) => className);
const program = 'const sea = "<b>&amp;</b>"; // not & a tag\nreturn sea.length + 12;';

describe('code in a text', () => {
	test('CH-12 a finished block is coloured by its language, and not a letter of it changes', async () => {
		render(Markdown, { text: `\`\`\`js\n${program}\n\`\`\`\n` });
		await waitFor(() => expect(kinds()).toContain('code-keyword'));
		expect(kinds()).toEqual(expect.arrayContaining(['code-string', 'code-comment', 'code-number']));
		expect(code()?.textContent).toBe(program);
		expect(document.querySelector('pre b')).toBeNull();
	});

	test('TS-09 while a block is written it is not coloured', async () => {
		const { rerender } = render(Markdown, { text: '```js\nconst a = 1;' });
		// What it would be coloured by is there, and all that waits for it has had its turn.
		await highlight('const a = 1;', 'js');
		await new Promise((resolve) => setTimeout(resolve));
		flushSync();
		expect(kinds()).toEqual([]);
		await rerender({ text: '```js\nconst a = 1;\n```\n\nSo.' });
		await waitFor(() => expect(kinds()).toContain('code-keyword'));
	});

	test('TS-09 a block that is finished keeps its elements while the text goes on', async () => {
		const { rerender } = render(Markdown, { text: '```js\nlet a;\n```\n\nSo' });
		await waitFor(() => expect(kinds()).toContain('code-keyword'));
		const first = document.querySelector('pre code span');
		await rerender({ text: '```js\nlet a;\n```\n\nSo it goes on.\n\nAnd on.' });
		expect(document.querySelector('pre code span')).toBe(first);
	});

	test.for([
		['a language that nobody knows', 'frobnicate'],
		['no language', '']
	])('IR-12 code in %s is shown plain', async ([, language]) => {
		render(Markdown, { text: `\`\`\`${language}\nlet a = 1;\n\`\`\`\n` });
		expect(await highlight('let a = 1;', language || 'none')).toBeNull();
		expect(kinds()).toEqual([]);
		expect(code()).toHaveTextContent('let a = 1;');
		expect(document.querySelector('[data-language]')).toHaveTextContent(language || 'text');
	});

	test('IR-12 code of an enormous length is shown plain and holds nothing up', async () => {
		expect(await highlight('a = 1;\n'.repeat(4_000), 'js')).toBeNull();
	});

	test('IR-03 the name of a language is a word, never markup', () => {
		expect(languageOf('<img src=x>')).toBeNull();
		expect(languageOf('C++ title="x"')).toBe('c++');
		expect(languageOf(undefined)).toBeNull();
		render(Markdown, { text: '```<script>alert(1)</script>\nx\n```' });
		expect(document.querySelector('script')).toBeNull();
	});

	test('IR-12 a block is closed by a fence of its own kind and at least its length', () => {
		expect(['```\na\n```', '~~~~ js\na\n~~~~\n', '```\na\n````'].map(isClosed)).toEqual([true, true, true]);
		expect(['```\na\n~~~', '````\na\n```', '```js', '```'].map(isClosed)).toEqual([false, false, false, false]);
	});

	describe('to be copied', () => {
		const written: string[] = [];
		beforeEach(() => {
			written.length = 0;
			vi.stubGlobal('navigator', {
				clipboard: {
					writeText: (text: string) => {
						written.push(text);
						return Promise.resolve();
					}
				}
			});
			return () => vi.unstubAllGlobals();
		});

		test('CH-12 a block is copied as it was written, without its fences', async () => {
			render(Markdown, { text: `\`\`\`js\n${program}\n\`\`\`\n` });
			screen.getByRole('button', { name: 'Copy' }).click();
			await screen.findByText('Copied');
			expect(written).toEqual([program]);
		});

		test('IR-03 a text that came complete from the server has life where it has code to copy', () => {
			render(Markdown, { text: 'So:\n\n```\nx\n```', still: true });
			expect(screen.getByRole('button', { name: 'Copy' })).toBeInTheDocument();
		});
	});

	test('IR-03 math stays the text that it is', () => {
		render(Markdown, { text: 'It is $a_1 + b^2$ and $$x < 3$$.' });
		expect(document.querySelector('.prose')).toHaveTextContent('It is $a_1 + b^2$ and $$x < 3$$.');
	});
});

describe('code in a text that the server has sent', () => {
	const source = 'So:\n\n```js\nlet sea = 1;\n```\n\nAnd:\n\n```python\ntide = 2\n```\n';
	const copied: string[] = [];
	/** What stands for the window: it says of each block when it is seen. */
	const seen: (() => void)[] = [];

	class Window {
		readonly #tell: IntersectionObserverCallback;
		constructor(tell: IntersectionObserverCallback) {
			this.#tell = tell;
		}
		observe(target: Element) {
			const entry = { target, isIntersecting: true } as unknown as IntersectionObserverEntry;
			seen.push(() => this.#tell([entry], this as unknown as IntersectionObserver));
		}
		unobserve() {}
		disconnect() {}
	}

	beforeEach(() => {
		copied.length = seen.length = 0;
		const writeText = (text: string) => Promise.resolve(void copied.push(text));
		vi.stubGlobal('navigator', { clipboard: { writeText } });
		vi.stubGlobal('IntersectionObserver', Window);
		return () => vi.unstubAllGlobals();
	});

	/** The page as it was sent, without any life of its own. */
	function sent(): HTMLElement {
		const { container, unmount } = render(Markdown, { text: source });
		const text = document.createElement('div');
		text.innerHTML = container.querySelector('.prose')?.innerHTML ?? '';
		unmount();
		document.body.append(text);
		return text;
	}

	test('IR-03 its code is coloured where it comes into sight, and nowhere else', async () => {
		const text = sent();
		const end = enlivenCode(text);
		expect(seen).toHaveLength(2);
		expect(text.querySelectorAll('[class^=code-keyword]')).toHaveLength(0);
		seen[0]?.();
		await waitFor(() => expect(text.querySelector('code .code-keyword')).toHaveTextContent('let'));
		expect([...text.querySelectorAll('code')].map(({ textContent }) => textContent)).toEqual([
			'let sea = 1;',
			'tide = 2'
		]);
		expect(text.querySelectorAll('code')[1]?.children).toHaveLength(0);
		end();
		text.remove();
	});

	test('IR-03 its code is copied, says so, and has the focus still; nothing else is rendered again', async () => {
		const text = sent();
		const end = enlivenCode(text);
		const before = [...text.children];
		const [, second] = text.querySelectorAll<HTMLElement>('[data-action=copy]');
		second?.click();
		await waitFor(() => expect(text).toHaveTextContent('Copied'));
		expect(copied).toEqual(['tide = 2']);
		expect(document.activeElement).toBe(text.querySelectorAll('[data-action=copy]')[1]);
		expect(text.querySelectorAll('[data-action=copy]')).toHaveLength(2);
		text.querySelectorAll<HTMLElement>('[data-action=copy]')[1]?.click();
		await waitFor(() => expect(copied).toEqual(['tide = 2', 'tide = 2']));
		expect([...text.children]).toEqual(before);
		end();
		text.remove();
	});
});
