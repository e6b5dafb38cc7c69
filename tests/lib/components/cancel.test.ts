import { fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import CancelButton from '../../../src/lib/components/CancelButton.svelte';
import JobActions from '../../../src/lib/components/JobActions.svelte';
import { begun, done, phase, researchJob } from '../../support/snapshot.ts';

const commands = () => ({ cancel: vi.fn(), retry: vi.fn(), remove: vi.fn(), again: '/?like=job_1' });
const button = () => screen.getByRole('button', { name: /cancel/i });

describe('cancel', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	test.for(['analyzing', 'searching', 'reading', 'synthesizing'])(
		'CX-01 Cancel is there and enabled while %s',
		(name) => {
			render(JobActions, { job: researchJob([...begun, phase(name, 0.1)]), cancelling: false, ...commands() });
			expect(button()).toBeEnabled();
			expect(button()).toHaveAttribute('aria-disabled', 'false');
		}
	);

	test('CX-01 a queued job can be cancelled too', () => {
		render(JobActions, { job: researchJob(), cancelling: false, ...commands() });
		expect(button()).toBeEnabled();
	});

	test('CX-02 Cancel is gone when nothing runs', () => {
		render(JobActions, { job: researchJob([...begun, done('x')]), cancelling: false, ...commands() });
		expect(screen.queryByRole('button', { name: /cancel/i })).toBeNull();
	});

	test('CX-03 a confirmed click shows Cancelling… with a spinner at once', async () => {
		const cancel = vi.fn();
		const { rerender } = render(CancelButton, { cancelling: false, cancel });
		await fireEvent.click(button());
		expect(cancel).not.toHaveBeenCalled();
		expect(button()).toHaveTextContent('Cancel this job?');
		await fireEvent.click(button());
		expect(cancel).toHaveBeenCalledOnce();
		await rerender({ cancelling: true, cancel });
		expect(button()).toHaveTextContent('Cancelling…');
		expect(button().querySelector('.animate-turn')).not.toBeNull();
	});

	test('CX-03 a job that is found cancelling after a reload shows so from the start', () => {
		render(CancelButton, { cancelling: true, cancel: vi.fn() });
		expect(button()).toHaveTextContent('Cancelling…');
	});

	test('CX-13 a click while it is cancelling changes nothing', async () => {
		const cancel = vi.fn();
		render(CancelButton, { cancelling: true, cancel });
		await fireEvent.click(button());
		await fireEvent.click(button());
		expect(cancel).not.toHaveBeenCalled();
		expect(button()).toHaveAttribute('aria-disabled', 'true');
	});

	test('CX-13 the second half of a double click is no confirmation', async () => {
		const cancel = vi.fn();
		render(CancelButton, { cancelling: false, cancel });
		await fireEvent.click(button(), { detail: 1 });
		await fireEvent.click(button(), { detail: 2 });
		expect(cancel).not.toHaveBeenCalled();
	});

	test('CX-13 the question lapses after 4 s, and by Escape', async () => {
		const cancel = vi.fn();
		render(CancelButton, { cancelling: false, cancel });
		await fireEvent.click(button());
		await vi.advanceTimersByTimeAsync(4_000);
		expect(button()).toHaveTextContent(/^\s*Cancel\s*$/);
		await fireEvent.click(button());
		await fireEvent.keyDown(button(), { key: 'Escape' });
		expect(button()).toHaveTextContent(/^\s*Cancel\s*$/);
		await fireEvent.click(button());
		expect(cancel).not.toHaveBeenCalled();
	});
});

describe('actions', () => {
	test('CX-12 an ended job offers another like it, and a failed one Retry', async () => {
		const failed = { error: { code: 'provider_error', message: 'x', retryable: true } as const };
		const given = commands();
		render(JobActions, { job: researchJob(begun, { status: 'failed', ...failed }), cancelling: false, ...given });
		expect(screen.getByRole('link', { name: 'Start another like this' })).toHaveAttribute('href', '/?like=job_1');
		await fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
		expect(given.retry).toHaveBeenCalledOnce();
	});

	test('CX-12 Retry is offered for half a result, and not for a whole one', async () => {
		const whole = researchJob([...begun, done('x')]);
		const { rerender } = render(JobActions, { job: whole, cancelling: false, ...commands() });
		expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull();
		await rerender({ job: { ...whole, result: { complete: false } } });
		expect(screen.getByRole('button', { name: 'Retry' })).toBeEnabled();
	});

	test('CX-05 deleting asks first, and keeps the job when told so', async () => {
		const given = commands();
		render(JobActions, { job: researchJob([...begun, done('x')]), cancelling: false, ...given });
		await fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
		await fireEvent.click(await screen.findByRole('button', { name: 'Keep it' }));
		expect(given.remove).not.toHaveBeenCalled();
		await fireEvent.click(screen.getByRole('button', { name: 'Delete' }));
		await fireEvent.click(await screen.findByRole('button', { name: 'Delete job' }));
		expect(given.remove).toHaveBeenCalledOnce();
	});
});
