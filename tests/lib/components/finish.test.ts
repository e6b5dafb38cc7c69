import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import type { Receipt } from '../../../src/lib/jobs/event.ts';
import { announcementBetween } from '../../../src/lib/components/announcements.ts';
import FinishButton from '../../../src/lib/components/FinishButton.svelte';
import JobActions from '../../../src/lib/components/JobActions.svelte';
import { linesOf } from '../../../src/lib/components/receipt-lines.ts';
import { begun, done, researchJob, START, tell } from '../../support/snapshot.ts';

const commands = () => ({ cancel: vi.fn(), retry: vi.fn(), remove: vi.fn(), again: '/?like=job_1' });
const early = (facts = {}) => ({
	...{ finishing: false, refused: null, quote: async () => 'At most about $0.03 more.', finish: vi.fn() },
	...facts
});
const button = () => screen.getByRole('button', { name: /finish/i });

describe('finish now', () => {
	test('BY-06 stands beside Cancel while the job runs, and not where the operation cannot', () => {
		const props = { job: researchJob(begun), cancelling: false, ...commands() };
		const { unmount } = render(JobActions, { ...props, early: early() });
		expect(button()).toHaveTextContent('Finish now');
		unmount();
		render(JobActions, props);
		expect(screen.queryByRole('button', { name: /finish/i })).toBeNull();
	});

	test.for([
		['waits', researchJob(), false],
		['is being cancelled', researchJob(begun), true],
		['has ended', researchJob([...begun, done('x')]), false]
	] as const)('BY-06 is gone while the job %s', ([, job, cancelling]) => {
		render(JobActions, { job, cancelling, ...commands(), early: early() });
		expect(screen.queryByRole('button', { name: /finish/i })).toBeNull();
	});

	test('BY-06 says the price first, and only then asks', async () => {
		const props = early();
		render(FinishButton, props);
		await fireEvent.click(button());
		const dialog = await screen.findByRole('alertdialog', { name: 'Finish this job now?' });
		expect(await screen.findByText('At most about $0.03 more.')).toBeInTheDocument();
		expect(props.finish).not.toHaveBeenCalled();
		const confirm = [...dialog.querySelectorAll('button')].find(({ textContent }) =>
			/Finish now/.test(textContent ?? '')
		);
		await fireEvent.click(confirm as HTMLElement);
		expect(props.finish).toHaveBeenCalledOnce();
	});

	test('BY-06 without a price nothing can be asked for, and the reason is said', async () => {
		const props = early({ quote: () => Promise.reject(new Error('The report is being written already.')) });
		render(FinishButton, props);
		await fireEvent.click(button());
		expect(await screen.findByText('The report is being written already.')).toBeInTheDocument();
		const confirm = within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Finish now' });
		expect(confirm).toBeDisabled();
	});

	test('BY-06 BY-11 while it would be of no use it says why, and opens nothing', async () => {
		render(FinishButton, early({ refused: 'Nothing was found yet.' }));
		expect(button()).toHaveAttribute('aria-disabled', 'true');
		expect(button()).toHaveAccessibleDescription('Nothing was found yet.');
		await fireEvent.click(button());
		expect(screen.queryByRole('alertdialog')).toBeNull();
	});

	test('BY-06 shows Finishing… in every tab, and a click then changes nothing', async () => {
		const props = early({ finishing: true });
		render(FinishButton, props);
		expect(button()).toHaveTextContent('Finishing…');
		await fireEvent.click(button());
		expect(screen.queryByRole('alertdialog')).toBeNull();
	});

	test('BY-06 an open question goes when another tab has answered it, and says so when it is too late', async () => {
		const props = early();
		const { rerender } = render(FinishButton, props);
		await fireEvent.click(button());
		await screen.findByText('At most about $0.03 more.');
		const confirm = () => within(screen.getByRole('alertdialog')).getByRole('button', { name: 'Finish now' });
		expect(confirm()).toBeEnabled();
		await rerender({ refused: 'The report is being written already.' });
		expect(within(screen.getByRole('alertdialog')).getByRole('status')).toHaveTextContent(/being written already/);
		expect(confirm()).toBeDisabled();
		await rerender({ refused: null, finishing: true });
		await vi.waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
		expect(props.finish).not.toHaveBeenCalled();
	});

	test('BY-11 is announced', () => {
		const before = researchJob(begun);
		expect(announcementBetween(before, tell(before, ['finishing', { requestedAt: START }]))).toBe('Finishing early.');
	});
});

test('BY-05 CX-10 a receipt whose cost was told later says so', () => {
	const receipt: Receipt = {
		...{ reason: 'user', requestedAt: START, provider: 'confirmed', acknowledgedAt: START, stoppedAt: START },
		...{ cleanedUp: [], kept: [], usage: null, cost: { usd: 0.07, known: true }, settledAt: START + 60_000 }
	};
	const cost = (facts: object) =>
		linesOf({ ...receipt, cleanedUp: [], kept: [], ...facts }).find(({ what }) => what === 'Cost');
	expect(cost({})).toMatchObject({ said: '$0.07, told later', at: START + 60_000, sure: true });
	const unknown = { cost: { usd: null, known: false } };
	expect(cost({ ...unknown, settledAt: undefined })).toMatchObject({ said: 'not known, not confirmed', sure: false });
	expect(cost(unknown)?.said).toBe('not known, and no more will be known');
});
