import { render, screen } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import OperationIcon from '../../../src/lib/components/OperationIcon.svelte';
import Readouts from '../../../src/lib/components/Readouts.svelte';
import { describeCost } from '../../../src/lib/components/money.ts';
import { describeRemaining } from '../../../src/lib/components/remaining.ts';
import StatusMark from '../../../src/lib/components/StatusMark.svelte';
import { operations } from '../../../src/lib/operations/index.ts';
import { begun, done, researchJob, START, tick } from '../../support/snapshot.ts';

const reading = (name: string) => document.querySelector(`[data-readout="${name}"]`);

describe('readouts', () => {
	test('PG-08 elapsed time is MM:SS, and H:MM:SS past an hour', async () => {
		const job = researchJob(begun);
		const { rerender } = render(Readouts, { job, elapsedMs: 192_000 });
		expect(document.querySelector('[data-elapsed]')).toHaveTextContent('03:12');
		await rerender({ job, elapsedMs: 3_723_000 });
		expect(document.querySelector('[data-elapsed]')).toHaveTextContent('1:02:03');
	});

	test('PG-08 BY-11 ticking digits are hidden from screen readers, which are told the start instead', () => {
		render(Readouts, { job: researchJob(begun), elapsedMs: 5_000 });
		const digits = document.querySelector('[data-elapsed]');
		expect(digits).toHaveAttribute('aria-hidden', 'true');
		expect(digits?.nextElementSibling).toHaveTextContent(/^since \d\d:\d\d:\d\d$/);
	});

	test('PG-09 time remaining is a range with what it rests on', () => {
		const remaining = { low: 120_000, high: 240_000 };
		render(Readouts, { job: researchJob([...begun, tick({ remaining, runs: 12 })]), elapsedMs: 0 });
		expect(reading('Remaining')).toHaveTextContent('about 2–4 min left from 12 runs');
	});

	test.for([
		{ message: 'no estimate yet: 2 of 5 runs', value: 'no estimate yet', basis: '2 of 5 runs' },
		{ message: 'longer than 9 of 10 such runs', overdue: true, value: 'longer than 9 of 10 such runs', basis: '' },
		{
			message: 'nothing heard from the provider for 70 s',
			state: 'quiet',
			value: 'not known',
			basis: 'nothing heard from the provider for 70 s'
		}
	])('PG-09 without a range the page says why: $message', ({ value, basis, ...facts }) => {
		const job = researchJob([...begun, tick(facts)]);
		expect(describeRemaining(job)).toEqual({ value, basis });
	});

	test('PG-09 nothing remains of a job that has ended', () => {
		render(Readouts, { job: researchJob([...begun, done('done')]), elapsedMs: 60_000 });
		expect(reading('Remaining')).toBeNull();
		expect(reading('Took')).toHaveTextContent('01:00');
	});

	test.for([
		[{ usd: 0.123, known: false }, true, '$0.12 so far'],
		[{ usd: null, known: false }, true, 'not known yet'],
		[{ usd: null, known: false }, false, 'not known'],
		[{ usd: 0.5, known: false }, false, 'at least $0.50'],
		[{ usd: 0.0042, known: true }, false, '$0.0042']
	] as const)('CX-10 a cost says how sure it is: %o', ([cost, running, said]) => {
		expect(describeCost(cost, running)).toBe(said);
	});

	test('CX-03 a cancel shows in the status at once, before the job tells of it', async () => {
		const job = researchJob(begun);
		const { rerender } = render(Readouts, { job, elapsedMs: 0, cancelling: false });
		expect(reading('Status')).toHaveTextContent('Running');
		await rerender({ job, elapsedMs: 0, cancelling: true });
		expect(reading('Status')).toHaveTextContent('Cancelling…');
		expect(reading('Remaining')).toBeNull();
	});

	test('PG-12 a queued job shows its place', () => {
		render(Readouts, { job: researchJob([], { queuePosition: 3 }), elapsedMs: 0 });
		expect(screen.getByText('place 3 in the queue')).toBeInTheDocument();
	});

	test.for([
		['queued', {}, 'Queued'],
		['running', {}, 'Running'],
		['running', { cancelRequestedAt: START }, 'Cancelling…'],
		['succeeded', {}, 'Done'],
		['succeeded', { result: { complete: false } as never }, 'Incomplete'],
		['failed', { error: { code: 'provider_error', message: '', retryable: true } }, 'Failed'],
		['failed', { error: { code: 'unknown_outcome', message: '', retryable: false } }, 'Outcome unknown'],
		['failed', { error: { code: 'interrupted', message: '', retryable: true } }, 'Interrupted'],
		['cancelled', {}, 'Cancelled']
	] as const)('BY-11 status %s is an icon and a word', ([status, facts, word]) => {
		render(StatusMark, { job: researchJob([], { status, ...facts }) });
		expect(screen.getByText(word)).toBeInTheDocument();
		expect(document.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
	});

	test('PG-11 every operation has its icon, and research a magnifying glass', () => {
		for (const { icon } of Object.values(operations)) {
			const { unmount } = render(OperationIcon, { name: icon });
			expect(document.querySelector('svg')).not.toHaveClass('lucide-sparkles');
			unmount();
		}
		render(OperationIcon, { name: operations.research.icon });
		expect(document.querySelector('svg')).toHaveClass('lucide-search');
	});
});
