import { render, screen } from '@testing-library/svelte';
import { createRawSnippet, flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pace, SPREAD_MS } from '../../../src/lib/components/pace.ts';
import { estimateTokens, TokenEstimate } from '../../../src/lib/components/streamed-text.ts';
import StreamedText from '../../../src/lib/components/StreamedText.svelte';
import { upTo } from '../../../src/lib/components/typed-length.svelte.ts';

const text = () => document.querySelector('.prose')?.textContent ?? '';
const line = () => document.querySelector('[data-stream-line]')?.textContent?.replace(/\s+/g, ' ').trim();
const sources: Record<number, { href: string; title: string }> = {
	1: { href: '/knowledge/doc_a#p-3', title: 'Tides, page 2' },
	2: { href: '/knowledge/doc_b#p-0', title: 'Winds' }
};
const citation = (number: number) => sources[number] ?? null;

describe('a text that streams', () => {
	test('TS-09 it states Connecting before the first word, Streaming while it comes, and Complete after', async () => {
		const { rerender } = render(StreamedText, { text: '', state: 'connecting' });
		expect(line()).toBe('Connecting…');
		await rerender({ text: 'The tide', state: 'streaming' });
		expect(line()).toContain('Streaming');
		await rerender({ text: 'The tide turns.', state: 'complete' });
		expect(line()).toContain('Complete');
		expect(screen.getByRole('status')).toHaveTextContent('Complete');
	});

	test('TS-09 a stop and a failure are stated too, and what was said stays', async () => {
		const { rerender } = render(StreamedText, { text: 'Half an ans', state: 'stopped' });
		expect([text().trim(), line()]).toEqual(['Half an ans', 'Stopped · about 3 tokens']);
		await rerender({ text: 'Half an ans', state: 'failed' });
		expect(line()).toContain('Failed');
	});

	test('TS-09 a finished paragraph keeps its element while the text grows', async () => {
		const { rerender } = render(StreamedText, { text: 'One.\n\nTwo.\n\nThree', state: 'streaming' });
		const first = document.querySelector('.prose > p');
		await rerender({ text: 'One.\n\nTwo.\n\nThree and more.\n\nFour', state: 'streaming' });
		expect(document.querySelector('.prose > p')).toBe(first);
		expect(document.querySelectorAll('.prose > p')).toHaveLength(4);
	});

	test('TS-09 a cursor stands at the end while it streams, and goes with the last word', async () => {
		const { rerender } = render(StreamedText, { text: '', state: 'connecting' });
		expect(document.querySelector('.cursor')).not.toBeNull();
		await rerender({ text: 'A word', state: 'streaming' });
		expect(document.querySelector('.prose')).toHaveClass('prose-growing');
		await rerender({ text: 'A word', state: 'complete' });
		expect(document.querySelector('.prose')).not.toHaveClass('prose-growing');
		expect(document.querySelector('.cursor')).toBeNull();
	});

	test('TS-10 tokens and time show while it streams, and an estimate says that it is one', async () => {
		const { rerender } = render(StreamedText, { text: 'x'.repeat(400), state: 'streaming', elapsedMs: 4_200 });
		expect(line()).toBe('Streaming · about 100 tokens · 00:04');
		await rerender({ text: 'x'.repeat(400), state: 'complete', tokens: 1_234, elapsedMs: 65_000 });
		expect(line()).toBe('Complete · 1,234 tokens · 01:05');
	});

	test('TS-10 a text without spaces between its words is counted by its letters', () => {
		expect(estimateTokens('潮汐は月の引力で起こる')).toBe(11);
		expect(estimateTokens('a tide rises')).toBe(3);
	});

	test('TS-10 the estimate of a text that grew is that of the whole, however it came', () => {
		const whole = 'The tide 潮 rises twice a day. '.repeat(20);
		const estimate = new TokenEstimate();
		for (let end = 1; end < whole.length; end += 7) estimate.read(whole.slice(0, end));
		expect(estimate.read(whole)).toBe(estimateTokens(whole));
		expect(estimate.read('short')).toBe(estimateTokens('short'));
	});

	test('TS-08 what is bound as shown is what is on screen, without a link that is half written', () => {
		let bound = 0;
		const props = {
			...{ text: 'See [the ti', state: 'streaming' as const },
			get shown() {
				return bound;
			},
			set shown(value) {
				bound = value;
			}
		};
		const view = mount(StreamedText, { target: document.body, props });
		flushSync();
		expect([text().trim(), bound]).toEqual(['See', 4]);
		void unmount(view);
	});

	test('CH-05 numbers in brackets become links to their passages, several in one bracket too', () => {
		render(StreamedText, { text: 'It rises [1], and blows [1, 2]. **So [2].**', state: 'complete', citation });
		expect(screen.getAllByRole('link').map((link) => [link.textContent, link.getAttribute('href')])).toEqual([
			['[1]', '/knowledge/doc_a#p-3'],
			['[1]', '/knowledge/doc_a#p-3'],
			['[2]', '/knowledge/doc_b#p-0'],
			['[2]', '/knowledge/doc_b#p-0']
		]);
		expect(screen.getAllByRole('link', { name: 'Source 1: Tides, page 2' })).toHaveLength(2);
	});

	test('CH-05 a number that is no source, in code, or in a link stays what it is', () => {
		render(StreamedText, {
			text: 'An [9] and `a[1]` and [see [1]](https://a.example) in [2024].\n\n```js\nlet b = a[1];\n```',
			state: 'complete',
			citation
		});
		expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['https://a.example/']);
		expect(text()).toContain('An [9] and a[1]');
		expect(text()).toContain('in [2024].');
	});

	test('CH-05 a source that becomes known after its number was written becomes a link', async () => {
		const known = (number: number) => (number === 1 ? { href: '/knowledge/d#p-1', title: 'Known' } : null);
		const { rerender } = render(StreamedText, { text: 'So [1]. ', state: 'streaming', citation: () => null });
		expect(screen.queryByRole('link')).toBeNull();
		await rerender({ citation: known });
		expect(screen.getByRole('link')).toHaveAttribute('href', '/knowledge/d#p-1');
	});

	test('CH-05 a page may draw its citations itself', () => {
		const cite = createRawSnippet<[{ number: number; href: string; title: string }]>((source) => ({
			render: () => `<button>${source().number} is ${source().title}</button>`
		}));
		render(StreamedText, { text: 'So [2].', state: 'complete', citation, cite });
		expect(screen.getByRole('button', { name: '2 is Winds' })).toBeInTheDocument();
	});
});

describe('a typewriter', () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ['requestAnimationFrame', 'cancelAnimationFrame', 'performance'] });
	});
	afterEach(() => {
		vi.useRealTimers();
		localStorage.clear();
	});
	const burst = 'word '.repeat(80);

	test('TS-09 a burst is written out evenly, and all of it is there a quarter of a second later', async () => {
		const { rerender } = render(StreamedText, { text: 'A', state: 'streaming', typewriter: true });
		await rerender({ text: `A${burst}` });
		const lengths: number[] = [];
		for (let at = 0; at < 240; at += 16) {
			await vi.advanceTimersByTimeAsync(16);
			lengths.push(text().trim().length);
		}
		expect(lengths[2]).toBeGreaterThan(20);
		expect(lengths[2]).toBeLessThan(200);
		expect(lengths.toSorted((a, b) => a - b)).toEqual(lengths);
		expect(text().trim()).toBe(`A${burst}`.trim());
	});

	test('TS-09 without the preference a burst is there at once, and the preference of this browser turns it on', async () => {
		const plain = render(StreamedText, { text: 'A', state: 'streaming' });
		await plain.rerender({ text: `A${burst}` });
		expect(text().trim()).toBe(`A${burst}`.trim());
		plain.unmount();
		localStorage.setItem('headway-typewriter', 'on');
		const typed = render(StreamedText, { text: 'A', state: 'streaming' });
		await typed.rerender({ text: `A${burst}` });
		expect(text().trim().length).toBeLessThan(50);
	});

	test('TS-09 a stop shows at once what was shown, and no more is written out', async () => {
		const { rerender } = render(StreamedText, { text: 'A', state: 'streaming', typewriter: true });
		await rerender({ text: `A${burst}` });
		await vi.advanceTimersByTimeAsync(64);
		await rerender({ text: 'Aword w', state: 'stopped' });
		expect(text().trim()).toBe('Aword w');
		await vi.advanceTimersByTimeAsync(400);
		expect(text().trim()).toBe('Aword w');
	});

	test('TS-09 the pace is never behind by more than its spread, and never ahead of the text', () => {
		const pace = new Pace(0);
		const came: { at: number; length: number }[] = [];
		let length = 0;
		for (let at = 0; at < 3_000; at += 10) {
			if (at % 70 === 0) length += (at * 7) % 50;
			if (at % 500 === 0) length += 400;
			pace.grow(length, at);
			came.push({ at, length });
			const shown = pace.at(at);
			const due = came.findLast((before) => before.at <= at - SPREAD_MS)?.length ?? 0;
			expect(shown).toBeGreaterThanOrEqual(due);
			expect(shown).toBeLessThanOrEqual(length);
		}
		expect(SPREAD_MS).toBeLessThanOrEqual(250 - 16);
	});

	test('TS-09 no character is cut in half', () => {
		expect(upTo('a😀b', 2)).toBe('a');
		expect(upTo('a😀b', 3)).toBe('a😀');
		expect(upTo('ab', 9)).toBe('ab');
	});
});
