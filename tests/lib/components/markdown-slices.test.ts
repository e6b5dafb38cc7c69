import { render } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { markHydrated } from '../../../src/lib/components/hydration.ts';
import Markdown from '../../../src/lib/components/markdown/Markdown.svelte';

/** So many blocks with their place as their text. */
const blocks = (from: number, count: number) =>
	Array.from({ length: count }, (_, index) => `paragraph ${from + index}\n\n`).join('');
const paragraphs = (page: HTMLElement) =>
	[...page.querySelectorAll('.prose > p')].map(({ textContent }) => textContent);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => `paragraph ${index}`);

/** Numbers from a seed, so that a failure can be had again. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('a text in slices', () => {
	beforeEach(() => {
		vi.useFakeTimers();
		markHydrated();
	});
	afterEach(() => {
		vi.useRealTimers();
		delete document.documentElement.dataset['hydrated'];
	});

	const allOf = async () => {
		await vi.advanceTimersByTimeAsync(2_000);
		expect(vi.getTimerCount()).toBe(0);
	};

	test('IR-03 a growing text is shown whole in the end, however its pieces fall between the slices, and nothing shown goes', async () => {
		for (let seed = 1; seed <= 4; seed++) {
			const random = seeded(seed * 7_919);
			let count = Math.floor(random() * 120);
			let text = blocks(0, count);
			const { rerender, container, unmount } = render(Markdown, { text });
			let shown = 0;
			while (count < 200) {
				// Most pieces are a few blocks; some are what came while nobody looked.
				const more = Math.ceil(random() * (random() < 0.2 ? 120 : 12));
				text += blocks(count, more);
				count += more;
				await rerender({ text });
				if (random() < 0.5) await vi.advanceTimersByTimeAsync(Math.floor(random() * 4));
				const now = container.getElementsByTagName('p').length;
				expect(now, `seed ${seed}`).toBeGreaterThanOrEqual(shown);
				shown = now;
			}
			await allOf();
			expect(paragraphs(container), `seed ${seed}`).toEqual(upTo(count));
			expect(container.querySelector('[data-waiting]')).toBeNull();
			unmount();
		}
	});

	test('IR-03 a text that grows faster than its slices come does not put them off', async () => {
		let text = blocks(0, 200);
		const { rerender, container } = render(Markdown, { text });
		expect(paragraphs(container).length).toBeLessThan(100);
		const begun = vi.spyOn(globalThis, 'setTimeout');
		for (let piece = 0; piece < 20; piece++) {
			text += blocks(200 + piece, 1);
			await rerender({ text });
		}
		// The next slice waits as it did: begun anew with each piece it would never come.
		expect(begun).not.toHaveBeenCalled();
		expect(vi.getTimerCount()).toBe(1);
		await allOf();
		expect(paragraphs(container)).toEqual(upTo(220));
	});

	test('IR-03 a text that is cut back while its slices come, and grows again, is whole in the end', async () => {
		const { rerender, container } = render(Markdown, { text: blocks(0, 300) });
		await vi.advanceTimersByTimeAsync(3);
		await rerender({ text: blocks(0, 40) });
		await allOf();
		expect(paragraphs(container)).toEqual(upTo(40));
		await rerender({ text: blocks(0, 300) });
		await allOf();
		expect(paragraphs(container)).toEqual(upTo(300));
	});
});
