import { render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import ConnectionLine from '../../../src/lib/components/ConnectionLine.svelte';

const line = () => screen.getByRole('status');

describe('connection', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test('PG-12 a connection that lives, or is found again at once, is not worth a word', async () => {
		const { rerender } = render(ConnectionLine, { state: 'live', since: 0 });
		expect(line()).toBeEmptyDOMElement();
		await rerender({ state: 'retrying', since: 1_000 });
		vi.advanceTimersByTime(1_000);
		await rerender({ state: 'live', since: 2_000 });
		vi.advanceTimersByTime(10_000);
		await tick();
		expect(line()).toBeEmptyDOMElement();
	});

	test.for([
		['retrying', 'Headway does not answer; trying again. What is shown is from'],
		['offline', 'You are offline. What is shown is from'],
		['polling', 'Asking every few seconds instead. Since']
	] as const)(
		'BY-11 %s is said calmly, with what happens and since when, and claims nothing of the jobs',
		async ([state, words]) => {
			render(ConnectionLine, { state, since: Date.UTC(2026, 10, 20, 12) });
			vi.advanceTimersByTime(1_500);
			await tick();
			expect(line()).toHaveTextContent(words);
			expect(line()).toHaveTextContent(/(Since|from) \d\d:\d\d:\d\d\.$/);
			expect(line()).not.toHaveTextContent(/jobs? goe?s? on/i);
		}
	);

	test('TS-11 when it cannot connect it offers to try now, and says for how long it has heard nothing', async () => {
		const tryAgain = vi.fn();
		const heardAt = new Date(2026, 10, 20, 12, 0, 7).getTime();
		render(ConnectionLine, { state: 'failed', since: heardAt + 130_000, heardAt, tryAgain });
		vi.advanceTimersByTime(1_500);
		await tick();
		expect(line()).toHaveTextContent('Headway cannot be reached.');
		expect(line()).toHaveTextContent('What is shown is from 12:00:07.');
		screen.getByRole('button', { name: 'Try again' }).click();
		expect(tryAgain).toHaveBeenCalledOnce();
	});

	test('TS-11 without a network there is nothing to try', async () => {
		render(ConnectionLine, { state: 'offline', since: 0, tryAgain: vi.fn() });
		vi.advanceTimersByTime(1_500);
		await tick();
		expect(line()).toHaveTextContent('You are offline.');
		expect(screen.queryByRole('button')).toBeNull();
	});

	test('BY-11 the line goes when the connection is live again', async () => {
		const { rerender } = render(ConnectionLine, { state: 'retrying', since: 0 });
		vi.advanceTimersByTime(1_500);
		await tick();
		expect(line()).not.toBeEmptyDOMElement();
		await rerender({ state: 'live', since: 5_000 });
		expect(line()).toBeEmptyDOMElement();
	});
});
