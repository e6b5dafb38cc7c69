import { render, screen } from '@testing-library/svelte';
import { describe, expect, test } from 'vitest';
import PhaseBar from '../../../src/lib/components/PhaseBar.svelte';
import { percentageOf } from '../../../src/lib/components/percentage.ts';
import { begun, done, phase, researchJob, search, tell, tick, type Told } from '../../support/snapshot.ts';

const stateOf = (name: string) => document.querySelector(`[data-phase="${name}"]`);
const bar = () => screen.getByRole('progressbar', { name: 'Progress' });

describe('phase bar', () => {
	test('PG-01 a research shows its four phases in order', () => {
		render(PhaseBar, { job: researchJob(begun) });
		const labels = screen.getAllByRole('listitem').map((item) => item.textContent);
		expect(labels.map((label) => label.split(',')[0]?.trim())).toEqual([
			'Analyzing query',
			'Searching web',
			'Reading sources',
			'Synthesizing report'
		]);
	});

	test('PG-01 a later search does not undo the check mark of an earlier phase', () => {
		const reading = researchJob([...begun, phase('searching', 0.1), phase('reading', 0.5), search('tides')]);
		render(PhaseBar, { job: { ...reading, activity: 'Searching for “tides”' } });
		expect(stateOf('searching')).toHaveAttribute('data-state', 'done');
		expect(stateOf('reading')).toHaveAttribute('data-state', 'current');
		expect(screen.getByText('Searching for “tides”')).toBeInTheDocument();
	});

	test('PG-04 the current phase stands out and moves, and stands still for those who asked for less motion', () => {
		render(PhaseBar, { job: researchJob([...begun, phase('searching', 0.1)]) });
		const current = stateOf('searching');
		expect(current).toHaveAttribute('aria-current', 'step');
		expect(current).toHaveClass('font-medium', 'text-ink');
		const moving = current?.querySelector('.animate-ping');
		expect(moving).toHaveClass('motion-reduce:animate-none');
		expect(document.querySelectorAll('.animate-ping')).toHaveLength(1);
	});

	test('PG-05 finished phases carry a check mark and are muted', () => {
		render(PhaseBar, { job: researchJob([...begun, phase('searching', 0.1)]) });
		const finished = stateOf('analyzing');
		expect(finished).toHaveClass('text-soft');
		expect(finished?.querySelector('.lucide-check')).not.toBeNull();
		expect(finished).toHaveTextContent('done');
	});

	test('PG-06 phases to come carry an empty circle and are grayed', () => {
		render(PhaseBar, { job: researchJob(begun) });
		for (const name of ['searching', 'reading', 'synthesizing']) {
			expect(stateOf(name)).toHaveClass('text-faint');
			expect(stateOf(name)?.querySelector('.lucide-circle')).not.toBeNull();
			expect(stateOf(name)).toHaveTextContent('to come');
		}
	});

	test('PG-10 the bar fills by the work done, in two tones, not by the count of phases', () => {
		const job = researchJob([...begun, phase('searching', 0.1), tick({ fraction: 0.31 })]);
		render(PhaseBar, { job });
		const filled = (tone: string) =>
			Number(bar().querySelector<HTMLElement>(`[data-tone="${tone}"]`)?.style.getPropertyValue('--filled'));
		// Analyzing weighs 10 of 100, so the second tone begins there and reaches to 31 %.
		expect(filled('before')).toBe(0.1);
		expect(filled('current')).toBe(0.31);
		expect(bar()).toHaveAttribute('aria-valuenow', '31');
	});

	test.for([
		{ basis: 'measured', fraction: 0.4237, said: '42 percent, measured', shown: '42.3 %' },
		{ basis: 'estimated', fraction: 0.5, said: '50 percent, estimated', shown: '50.0 %' }
	])('BY-04 a percentage is shown and spoken as $basis', ({ basis, fraction, said, shown }) => {
		render(PhaseBar, { job: researchJob([...begun, tick({ fraction, basis })]) });
		expect(bar()).toHaveAttribute('aria-valuetext', said);
		expect(screen.getByText(shown)).toBeInTheDocument();
		expect(screen.getByText(basis)).toBeInTheDocument();
	});

	test('BY-04 without a measure or an estimate there is no percentage, and that is said', () => {
		render(PhaseBar, { job: researchJob(begun.slice(0, 2)) });
		expect(bar()).toHaveAttribute('aria-valuetext', 'progress unknown');
		expect(bar()).not.toHaveAttribute('aria-valuenow');
		expect(screen.getByText('progress not known yet')).toBeInTheDocument();
	});

	test('BY-04 a running job never reads 100 %', () => {
		expect(percentageOf({ fraction: 0.999999, basis: 'estimated' })).toMatchObject({ text: '99.9 %', value: 99.9 });
	});

	const rest = [phase('searching', 0.1), phase('reading', 0.5), phase('synthesizing', 0.8)];

	test('PG-05 at the end every phase is checked and the bar is full', () => {
		render(PhaseBar, { job: researchJob([...begun, ...rest, done('# Report')]) });
		expect(document.querySelectorAll('[data-state="done"]')).toHaveLength(4);
		expect(bar()).toHaveAttribute('aria-valuenow', '100');
	});

	test('PG-05 a phase that a success never needed has a dash, and is said to be not needed', () => {
		render(PhaseBar, { job: researchJob([...begun, phase('synthesizing', 0.8), done('# Report')]) });
		for (const name of ['searching', 'reading']) {
			expect(stateOf(name)).toHaveTextContent('not needed');
			expect(stateOf(name)?.querySelector('.lucide-check')).toBeNull();
			expect(stateOf(name)?.querySelector('.lucide-minus')).not.toBeNull();
		}
		expect(stateOf('synthesizing')?.querySelector('.lucide-check')).not.toBeNull();
	});

	test('RS-06 a success that is not complete stopped in its last phase, and is no 100 %', () => {
		const whole = researchJob([...begun, ...rest, done('# Rep')]);
		render(PhaseBar, { job: { ...whole, result: { complete: false } } });
		expect(stateOf('synthesizing')).toHaveTextContent('stopped here');
		expect(stateOf('reading')).toHaveTextContent('done');
		expect(screen.queryByText('100 %')).toBeNull();
		expect(bar()).not.toHaveAttribute('aria-valuenow');
		expect(bar()).toHaveAttribute('aria-valuetext', 'stopped, not complete');
	});

	test('RS-06 PG-05 what stopped early is the phase that said so; later ones that went on are done', () => {
		const notice: Told = ['notice', { level: 'warning', code: 'incomplete', message: 'Stopped.' }, 15];
		const told = [phase('searching', 0.1, 5), phase('reading', 0.5, 10), notice, phase('synthesizing', 0.8, 20)];
		render(PhaseBar, { job: researchJob([...begun, ...told, done('# Report')]) });
		expect(stateOf('reading')).toHaveTextContent('stopped here');
		expect(stateOf('synthesizing')).toHaveTextContent('done');
		expect(screen.queryByText('100 %')).toBeNull();
	});

	test('PG-10 the bar moves when the estimate does', async () => {
		const job = researchJob([...begun, tick({ fraction: 0.02 })]);
		const { rerender } = render(PhaseBar, { job });
		await rerender({ job: tell(job, tick({ fraction: 0.05 })) as typeof job });
		expect(bar()).toHaveAttribute('aria-valuenow', '5');
	});
});
