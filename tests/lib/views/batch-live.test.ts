import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import { isTerminal } from '../../../src/lib/jobs/job.ts';
import Live from '../../../src/lib/operations/batch/Live.svelte';
import { batch, type BatchPart, type BatchResult, type BatchState } from '../../../src/lib/operations/batch/model.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

const input = { operation: 'image', inputs: [{ prompt: 'one' }, { prompt: 'two' }, { prompt: 'three' }] };

function batchJob(told: Told[], facts: Partial<JobSnapshot> = {}): JobSnapshot<BatchState, BatchResult> {
	const seed = emptySnapshot({
		...{ id: 'job_b', operation: 'batch', title: '3 × image: one', input, options: {}, createdAt: START },
		...{ logEpoch: 'e', parentId: null, phases: batch.phases, state: batch.state() }
	});
	return { ...told.reduce<JobSnapshot>(tell, { ...seed, status: 'running' }), ...facts } as ReturnType<typeof batchJob>;
}
const part = (key: string, status: BatchPart['status'], facts: Partial<BatchPart> = {}): Told => [
	'part',
	{
		...{ key, jobId: `job_${key}`, title: `part ${key}`, status, artifacts: [], error: null },
		...{ score: null, elapsedMs: 12_000, cost: { usd: 0.01, known: true } },
		progress: isTerminal(status) ? { fraction: 1, basis: 'measured' } : { fraction: 0.25, basis: 'estimated' },
		...facts
	}
];
const fault = { code: 'provider_moderation', message: 'This was refused.' } as const;
const picture = { name: 'a.png', mediaType: 'image/png', size: 5, sha256: 'x', url: '/api/jobs/job_1/artifacts/a.png' };
const rows = () => screen.getAllByRole('listitem');
const props = (job: ReturnType<typeof batchJob>, live = true) => ({
	...{ job, live, cancel: vi.fn(async () => undefined), start: vi.fn(async () => undefined) }
});

describe('a batch on its page', () => {
	test('OP-08 every part has a row from the first moment, with its status, its own bar and where that rests on', () => {
		render(Live, props(batchJob([part('1', 'succeeded', { artifacts: [picture] }), part('2', 'running')])));
		expect(rows()).toHaveLength(3);
		const [first, second, third] = rows();
		expect(within(first!).getByText('Done')).toBeTruthy();
		expect(first!.querySelector('img')?.getAttribute('src')).toBe(picture.url);
		expect(within(second!).getByRole('link', { name: 'part 2' }).getAttribute('href')).toBe('/jobs/job_2');
		const bar = within(second!).getByRole('progressbar', { name: 'Progress of part 2' });
		expect(bar.getAttribute('aria-valuenow')).toBe('25');
		expect(second!.querySelector('[data-percentage]')?.textContent).toMatch(/25\.0 %\s+estimated/);
		expect(third!.textContent).toContain('three');
		expect(third!.textContent).toContain('Not started yet');
		expect(within(third!).queryByRole('button')).toBeNull();
		expect(document.querySelector('[data-counts]')?.textContent).toBe('1 of 3 done, 1 running');
	});

	test('OP-08 parts of one prompt are told apart by what varies in them', () => {
		const asked = { operation: 'image', input: { prompt: 'one' }, vary: { size: ['1024x1024', '1536x1024'] } };
		render(Live, props(batchJob([part('1', 'running'), part('2', 'running')], { input: asked })));
		const told = rows().map((row) => row.querySelector('[data-variant]')?.textContent);
		expect(told).toEqual(['1024x1024', '1536x1024']);
		expect(screen.getByRole('button', { name: 'Cancel part 1, 1024x1024' })).toBeTruthy();
	});

	test('OP-08 a part that waits for the person is counted as such, and not as running', () => {
		const asks = { key: '2', status: 'running', cancelling: false, waitingFor: 'person' };
		const tick: Told = ['parts', { parts: [{ ...asks, progress: { fraction: 0.3, basis: 'estimated' } }] }];
		render(Live, props(batchJob([part('1', 'running'), part('2', 'running'), tick])));
		expect(document.querySelector('[data-counts]')?.textContent).toBe('0 of 3 done, 1 waiting for you, 1 running');
	});

	test('OP-08 CX-01 a part that has not ended can be cancelled by itself, in two presses', async () => {
		const given = props(batchJob([part('1', 'succeeded'), part('2', 'running')]));
		render(Live, given);
		const button = screen.getByRole('button', { name: 'Cancel part 2' });
		await fireEvent.click(button);
		expect(given.cancel).not.toHaveBeenCalled();
		await fireEvent.click(screen.getByRole('button', { name: /Cancel this part\?/ }));
		expect(given.cancel).toHaveBeenCalledExactlyOnceWith('job_2');
	});

	test('CX-03 it shows Cancelling… while the cancel is under way, by its own word or by the job’s', async () => {
		const sent = Promise.withResolvers<undefined>();
		const job = batchJob([part('1', 'running'), part('2', 'running')]);
		const ticked = tell(job, [
			'parts',
			{
				parts: [
					{
						key: '2',
						status: 'running',
						cancelling: true,
						waitingFor: null,
						progress: { fraction: 0.3, basis: 'estimated' }
					}
				]
			}
		]) as typeof job;
		render(Live, { ...props(ticked), cancel: () => sent.promise });
		await fireEvent.click(screen.getByRole('button', { name: 'Cancel part 1' }));
		await fireEvent.click(screen.getByRole('button', { name: /Cancel this part\?/ }));
		expect(rows()[0]!.querySelector('[data-status]')?.getAttribute('data-status')).toBe('cancelling');
		expect(rows()[1]!.querySelector('[data-status]')?.getAttribute('data-status')).toBe('cancelling');
	});

	test('CX-01 a cancel that did not arrive is said', async () => {
		const cancel = () => Promise.reject(new Error('Headway could not be reached.'));
		render(Live, { ...props(batchJob([part('1', 'running')])), cancel });
		await fireEvent.click(screen.getByRole('button', { name: 'Cancel part 1' }));
		await fireEvent.click(screen.getByRole('button', { name: /Cancel this part\?/ }));
		await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('Headway could not be reached.'));
		expect(rows()[0]!.querySelector('[data-status]')?.getAttribute('data-status')).toBe('running');
	});

	test('OP-08 once it is over, what is missing can be made by a batch of only those parts', async () => {
		const told = [part('1', 'succeeded'), part('2', 'failed', { error: fault }), part('3', 'cancelled')];
		const given = props(batchJob(told, { status: 'succeeded', options: { stream: false } }), false);
		render(Live, given);
		expect(rows()[1]!.querySelector('[data-fault]')?.textContent).toBe('This was refused.');
		expect(screen.queryByRole('button', { name: /Cancel/ })).toBeNull();
		await fireEvent.click(screen.getByRole('button', { name: 'Retry the 2 parts that are missing' }));
		const inputs = [{ prompt: 'two' }, { prompt: 'three' }];
		expect(given.start).toHaveBeenCalledExactlyOnceWith('batch', { operation: 'image', inputs }, { stream: false });
	});

	test('OP-08 a batch that is whole, or of which nothing is there, offers no such retry', () => {
		const whole = [part('1', 'succeeded'), part('2', 'succeeded'), part('3', 'succeeded')];
		const { unmount } = render(Live, props(batchJob(whole, { status: 'succeeded' }), false));
		expect(screen.queryByRole('button', { name: /Retry/ })).toBeNull();
		unmount();
		render(Live, props(batchJob([part('1', 'failed', { error: fault })], { status: 'failed' }), false));
		expect(screen.queryByRole('button', { name: /Retry/ })).toBeNull();
		expect(rows()[2]!.textContent).toMatch(/Not started(?! yet)/);
	});

	const foreseen: Told = [
		'forecast',
		{
			...{ parts: 3, atOnce: 3, paidParts: 3, ms: { low: 60_000, high: 120_000 }, usd: { low: 0.02, high: 0.05 } },
			kinds: [{ model: 'one', parts: 3, runs: 9, paidRuns: 9, priced: true, free: false }]
		}
	];
	const text = (selector: string) => document.querySelector(selector)?.textContent.trim().replace(/\s+/g, ' ') ?? null;

	test('BY-08 while it runs it shows what was foreseen, what is spent, and what is left of the budget', () => {
		const told = [foreseen, part('1', 'succeeded'), part('2', 'running')];
		render(Live, props(batchJob(told, { input: { ...input, budget: 0.04 } })));
		expect(text('[data-foreseen]')).toBe('1–2 min · $0.02–0.05');
		expect(text('[data-spent-so-far]')).toBe('$0.02 so far');
		expect(screen.getByText('1 of 3 parts ended')).toBeTruthy();
		const meter = screen.getByRole('meter', { name: 'Budget spent' });
		expect([meter.getAttribute('aria-valuenow'), meter.getAttribute('aria-valuetext')]).toEqual([
			'50',
			'$0.02 of $0.04'
		]);
		expect(text('[data-verdict]')).toBeNull();
	});

	test('BY-08 once it is over it says how right the forecast was, and of one that was stopped it does not', () => {
		const told = [foreseen, part('1', 'succeeded'), part('2', 'succeeded'), part('3', 'succeeded')];
		const over = { status: 'succeeded', elapsedMs: 90_000 } as const;
		const { unmount } = render(Live, props(batchJob(told, over), false));
		expect(text('[data-verdict]')).toBe(
			'Took 01:30, within the foreseen 1–2 min. Cost $0.03, within the foreseen $0.02–0.05.'
		);
		unmount();
		render(Live, props(batchJob(told, { ...over, status: 'cancelled' }), false));
		expect(text('[data-verdict]')).toBeNull();
		expect(text('[data-spent-so-far]')).toBe('$0.03');
	});

	test('BY-08 of one that its budget stopped, what was stopped is not counted as done', () => {
		const stopped = { score: null, cost: { usd: 0.02, known: true } };
		const told = [foreseen, part('1', 'succeeded'), part('2', 'cancelled', stopped), part('3', 'cancelled', stopped)];
		render(Live, props(batchJob(told, { status: 'failed', input: { ...input, budget: 0.04 } }), false));
		expect(text('[data-spent-so-far]')).toBe('$0.05');
		expect(screen.getByText('for 1 of 3 parts done')).toBeTruthy();
	});

	test('BY-08 CX-05 what a stopped part cost is not always told: then it is at least so much', () => {
		const untold = { cost: { usd: null, known: false } };
		const told = [foreseen, part('1', 'succeeded'), part('2', 'cancelled', untold)];
		render(Live, props(batchJob(told, { status: 'cancelled' }), false));
		expect(text('[data-spent-so-far]')).toBe('at least $0.01');
	});

	test('BY-08 of a batch that an older version ran it claims nothing', () => {
		render(Live, props(batchJob([part('1', 'succeeded')])));
		expect(document.querySelector('[data-spending]')).toBeNull();
	});

	const spent = { code: 'budget_reached', message: 'The budget of $0.04 is spent.', retryable: false } as const;

	test('BY-08 what a budget left out is run again with the same budget, or with another', async () => {
		const over = { status: 'failed', error: spent, input: { ...input, budget: 0.04 } } as const;
		const given = props(batchJob([part('1', 'succeeded')], over), false);
		render(Live, given);
		const again = screen.getByRole('button', { name: 'Retry the 2 parts that are missing' });
		await fireEvent.click(again);
		const inputs = [{ prompt: 'two' }, { prompt: 'three' }];
		expect(given.start).toHaveBeenLastCalledWith('batch', { operation: 'image', inputs, budget: 0.04 }, {});
		const field = screen.getByLabelText('Budget for the parts that are missing, in US dollars');
		await fireEvent.input(field, { target: { value: 'two' } });
		expect(screen.getByText('Write an amount in US dollars, such as 2.50.')).toBeTruthy();
		await fireEvent.click(again);
		expect(given.start).toHaveBeenCalledOnce();
		await fireEvent.input(field, { target: { value: '2' } });
		await fireEvent.click(again);
		expect(given.start).toHaveBeenLastCalledWith('batch', { operation: 'image', inputs, budget: 2 }, {});
	});

	test('BY-08 what a person stopped is run again with the same budget, and no other is asked for', async () => {
		const over = { status: 'cancelled', input: { ...input, budget: 0.04 } } as const;
		const given = props(batchJob([part('1', 'succeeded')], over), false);
		render(Live, given);
		expect(screen.queryByLabelText(/^Budget for the parts/)).toBeNull();
		await fireEvent.click(screen.getByRole('button', { name: 'Retry the 2 parts that are missing' }));
		const inputs = [{ prompt: 'two' }, { prompt: 'three' }];
		expect(given.start).toHaveBeenCalledWith('batch', { operation: 'image', inputs, budget: 0.04 }, {});
	});

	test('OP-08 where no table is shown each row has its score, time and cost, and the heading how many are solved', () => {
		const told = [part('1', 'succeeded', { score: 1 }), part('2', 'succeeded', { score: 0.4 }), part('3', 'running')];
		render(Live, props(batchJob(told)));
		const [first, second, third] = rows();
		expect(first!.querySelector('[data-score]')?.textContent).toBe('Solved');
		expect(second!.querySelector('[data-score]')?.textContent).toBe('Score 40 %');
		expect(first!.querySelector('[data-spent]')?.textContent).toBe('00:12 · $0.01');
		expect(third!.querySelector('[data-spent]')).toBeNull();
		expect(text('[data-counts]')).toBe('2 of 3 done, 1 running, 1 solved');
	});

	test('BY-08 what cannot be foreseen is said with its reason, beside what can', () => {
		const kinds = [{ model: 'one', parts: 3, runs: 2, paidRuns: 2, priced: true, free: true }];
		const half = { parts: 3, atOnce: 3, paidParts: 3, ms: null, usd: { low: 0, high: 0 }, kinds };
		render(Live, props(batchJob([['forecast', half]])));
		expect(text('[data-foreseen]')).toBe('no cost');
		expect(screen.getByText('No estimate yet: 2 of 5 runs on one.')).toBeTruthy();
	});
});
