import { fireEvent, render, screen } from '@testing-library/svelte';
import { tick as settled } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import Toaster from '../../../src/lib/components/Toaster.svelte';
import { outcomesBetween, TOAST_MS, Toasts } from '../../../src/lib/components/toasts.svelte.ts';
import { begun, done, researchJob, summaryOf } from '../../support/snapshot.ts';

const toast = { jobId: 'job_1', title: 'Tides', outcome: 'ready', words: 'is ready' } as const;

describe('toasts', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test('PG-12 a job that ends is told by its outcome, one that had ended before is not', () => {
		const running = summaryOf(researchJob(begun));
		const ended = summaryOf(researchJob([...begun, done('x')]));
		expect(outcomesBetween([running], [ended])).toEqual([
			{ jobId: ended.id, title: 'How do tides work?', outcome: 'ready', words: 'is ready' }
		]);
		expect(outcomesBetween([ended], [ended])).toEqual([]);
		expect(outcomesBetween([], [ended])).toEqual([]);
		expect(outcomesBetween([running], [running])).toEqual([]);
	});

	test('PG-12 a job that begins to wait for the person is told once, by that', () => {
		const running = summaryOf(researchJob(begun));
		const waiting = { ...running, waitingFor: 'person' as const };
		expect(outcomesBetween([running], [waiting])).toMatchObject([{ outcome: 'asking', words: 'is waiting for you' }]);
		expect(outcomesBetween([waiting], [waiting])).toEqual([]);
		expect(outcomesBetween([running], [{ ...running, waitingFor: 'child' }])).toEqual([]);
	});

	test('RS-06 an unknown outcome and a result that is not whole are told as such', () => {
		const running = summaryOf(researchJob(begun));
		const error = { code: 'unknown_outcome', message: '', retryable: false } as const;
		const lost = summaryOf(researchJob(begun, { status: 'failed', error }));
		expect(outcomesBetween([running], [lost])[0]?.words).toBe('outcome unknown');
		const partial = { ...summaryOf(researchJob([...begun, done('x')])), incomplete: true };
		expect(outcomesBetween([running], [partial])[0]?.words).toBe('is ready, but not complete');
	});

	test('PG-12 a toast goes to its job, and away by itself after 8 s', async () => {
		const toasts = new Toasts();
		render(Toaster, { toasts });
		toasts.show(toast);
		await settled();
		expect(screen.getByRole('link', { name: /Tides is ready/ })).toHaveAttribute('href', '/jobs/job_1');
		vi.advanceTimersByTime(TOAST_MS);
		await settled();
		expect(screen.queryByRole('link')).toBeNull();
	});

	test('PG-12 the same outcome is not told twice within 10 s', () => {
		const toasts = new Toasts();
		toasts.show(toast);
		toasts.dismiss('job_1');
		vi.advanceTimersByTime(9_000);
		toasts.show(toast);
		expect(toasts.list).toHaveLength(0);
		vi.advanceTimersByTime(1_000);
		toasts.show(toast);
		expect(toasts.list).toHaveLength(1);
	});

	test('BY-11 a toast waits while it has the focus', async () => {
		const toasts = new Toasts();
		render(Toaster, { toasts });
		toasts.show(toast);
		await settled();
		await fireEvent.focusIn(screen.getByRole('link'));
		vi.advanceTimersByTime(TOAST_MS * 2);
		expect(toasts.list).toHaveLength(1);
		await fireEvent.focusOut(screen.getByRole('link'));
		vi.advanceTimersByTime(TOAST_MS);
		expect(toasts.list).toHaveLength(0);
	});
});
