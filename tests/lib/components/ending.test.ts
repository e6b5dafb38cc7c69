import { render, screen, within } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import Ending from '../../../src/lib/components/Ending.svelte';
import { chart } from '../../../src/lib/operations/chart/model.ts';
import type { Receipt } from '../../../src/lib/jobs/event.ts';
import { begun, done, researchJob, START, type Told } from '../../support/snapshot.ts';

const receipt: Receipt = {
	reason: 'user',
	requestedAt: START + 10_000,
	provider: 'confirmed',
	acknowledgedAt: START + 10_400,
	stoppedAt: START + 10_500,
	cleanedUp: [{ what: 'temporary file removed', ok: true }],
	cost: { usd: 0.07, known: true },
	usage: { inputTokens: 900, cachedTokens: 0, outputTokens: 300, reasoningTokens: 0, searches: 2 },
	kept: ['3 searches', '2 sources']
};
const cancelled = (given: Receipt): Told => ['cancelled', { reason: given.reason, receipt: given }, 11];
const lines = () =>
	within(screen.getByRole('region', { name: 'Cancel receipt' }))
		.getAllByRole('term')
		.map((term) => `${term.textContent.trim()}: ${term.nextElementSibling?.textContent.trim()}`);

describe('endings', () => {
	test('CX-09 BY-05 a completed cancel is confirmed by a receipt: asked, acknowledged, stopped, cleaned up, cost, kept', () => {
		render(Ending, { job: researchJob([...begun, cancelled(receipt)]), kept: [] });
		expect(screen.getByRole('heading', { name: /^Cancelled/ })).toBeInTheDocument();
		expect(lines()).toEqual([
			'Asked: by you',
			'Provider: confirmed the cancel',
			'Stopped: nothing runs any more here',
			'Cleaned up: temporary file removed',
			'Cost: $0.07, 1.2K tokens',
			'Kept: 3 searches, 2 sources'
		]);
	});

	test('BY-05 the steps of a cancel carry their times', () => {
		render(Ending, { job: researchJob([...begun, cancelled(receipt)]), kept: [] });
		const times = [...document.querySelectorAll('time')];
		expect(times.map((time) => time.dateTime)).toEqual([
			'2026-11-20T12:00:10.000Z',
			'2026-11-20T12:00:10.400Z',
			'2026-11-20T12:00:10.500Z'
		]);
		expect(times[1]).toHaveTextContent('+0.4 s');
	});

	test('BY-05 what is not confirmed is said to be unconfirmed, beside a warning', () => {
		const unsure: Receipt = {
			...receipt,
			...{ provider: 'unconfirmed', acknowledgedAt: null, cost: { usd: null, known: false }, usage: null },
			cleanedUp: [{ what: 'temporary file', ok: false }]
		};
		render(Ending, { job: researchJob([...begun, cancelled(unsure)]), kept: [] });
		expect(lines()).toContain('Provider: did not confirm the cancel: it may still run there, and be billed');
		expect(lines()).toContain('Cost: not known, not confirmed');
		expect(lines()).toContain('Cleaned up: temporary file: this did not succeed');
		expect(document.querySelectorAll('.lucide-triangle-alert')).toHaveLength(3);
	});

	test('PG-08 a success says how long it took and what it cost', () => {
		render(Ending, { job: researchJob([...begun, done('x', 192)]), kept: [] });
		expect(document.querySelector('[data-ending="succeeded"]')).toHaveTextContent('Completed in 03:12');
		expect(document.querySelector('[data-ending="succeeded"]')).toHaveTextContent('$0.12');
		expect(screen.getByText('3 minutes 12 seconds')).toBeInTheDocument();
	});

	test('CX-10 a success whose cost is not known says so', () => {
		const job = researchJob([...begun, done('x', 8)], { cost: { usd: null, known: false } });
		render(Ending, { job, kept: [] });
		expect(document.querySelector('[data-ending="succeeded"]')).toHaveTextContent(/, cost not known\./);
	});

	test('RS-06 a success that is not complete says when it stopped and why', () => {
		const message = 'Stopped at the length limit.';
		const notice: Told = ['notice', { level: 'warning', code: 'incomplete', message }];
		render(Ending, { job: researchJob([...begun, notice, done('x', 20)]), kept: [] });
		const said = screen.getByRole('region', { name: 'What is missing' });
		expect(said).toHaveTextContent(/Ended after 00:20.*: the result is not complete/);
		expect(said).toHaveTextContent(message);
		expect(said.querySelector('.lucide-triangle-alert')).not.toBeNull();
		expect(document.querySelector('[data-ending="succeeded"]')).toBeNull();
	});

	test('CX-05 a failure says what went wrong, what to do and what was kept, with an icon and words', () => {
		const error = { code: 'timeout', message: 'Raise the time limit, or ask for less.', retryable: true } as const;
		const job = researchJob(begun, { status: 'failed', error, cost: { usd: 0.3, known: false } });
		render(Ending, { job, kept: ['2 searches'] });
		const said = screen.getByRole('region', { name: 'What went wrong' });
		expect(said).toHaveTextContent('It reached its time limit');
		expect(said).toHaveTextContent('Raise the time limit, or ask for less.');
		expect(said).toHaveTextContent('Kept: 2 searches.');
		expect(said).toHaveTextContent('at least $0.30');
		expect(said.querySelector('svg')).not.toBeNull();
	});

	test('OP-03 a question that no table answers was not declined: no chart was made', () => {
		const error = { code: 'refused', message: 'The tables cannot answer this question.', retryable: false } as const;
		const job = researchJob(begun, { status: 'failed', error });
		const { rerender } = render(Ending, { job, kept: [], failures: chart.failures });
		const heading = () => screen.getByRole('region', { name: 'What went wrong' }).querySelector('h2');
		expect(heading()).toHaveTextContent('No chart was made');
		return rerender({ failures: undefined }).then(() => expect(heading()).toHaveTextContent('This was declined'));
	});
});

describe('the receipt of a failure', () => {
	const failed = (given: Receipt) => {
		const error = { code: 'timeout', message: 'Too long.', retryable: true } as const;
		return researchJob(begun, { status: 'failed', error, receipt: given });
	};
	const fold = () => screen.getByRole('button', { name: 'How it was stopped' });

	test('BY-05 it is folded away when all is sure, and open when something is not', async () => {
		const { unmount } = render(Ending, { job: failed({ ...receipt, reason: 'timeout' }), kept: [] });
		expect(fold()).toHaveAttribute('aria-expanded', 'false');
		unmount();
		render(Ending, { job: failed({ ...receipt, reason: 'timeout', provider: 'unconfirmed' }), kept: [] });
		expect(fold()).toHaveAttribute('aria-expanded', 'true');
	});
});
