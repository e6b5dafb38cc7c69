import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { describe, expect, test, vi } from 'vitest';
import { emptySnapshot, type JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import Live from '../../../src/lib/operations/tools/Live.svelte';
import Question from '../../../src/lib/operations/tools/Question.svelte';
import { tools, type ToolsResult, type ToolsState } from '../../../src/lib/operations/tools/model.ts';
import type { ToolEvent } from '../../../src/lib/tools/call.ts';
import { START, tell, type Told } from '../../support/snapshot.ts';

const called = (id: string, facts: Partial<ToolEvent>, seconds = 1): Told => [
	'tool',
	{
		...{ id, tool: 'calculator', title: `Work out ${id}`, state: 'executing', arguments: { expression: id } },
		...{ summary: null, text: null, problem: null, jobId: null, ms: null, ...facts }
	},
	seconds
];

function run(told: readonly Told[]): JobSnapshot<ToolsState, ToolsResult> {
	const seed = emptySnapshot({
		...{ id: 'job_00000000000000000001', operation: 'tools', title: 'calculator', input: {}, options: {} },
		...{ createdAt: START, logEpoch: 'e1', phases: tools.phases, state: tools.state() }
	});
	return told.reduce<JobSnapshot>(tell, seed) as JobSnapshot<ToolsState, ToolsResult>;
}
const words = () =>
	[...document.querySelectorAll<HTMLElement>('[data-tool]')].map((row) => [
		row.dataset['tool'],
		row.querySelector('[data-word]')?.textContent
	]);

describe('a run of tools, live', () => {
	const told = [
		called('1+1', { state: 'completed', summary: '1+1 = 2', text: '1+1 = 2', ms: 12 }),
		called('1/0', { state: 'failed', problem: 'Nothing can be divided by zero.', ms: 3 }),
		called('2+2', {}),
		called('3+3', { state: 'waiting' })
	];

	test('OP-04 each tool says how it stands, and one that failed says why while the others go on', () => {
		render(Live, { job: run(told), live: true });
		expect(words()).toEqual([
			['1+1', 'Completed'],
			['1/0', 'Failed'],
			['2+2', 'Executing'],
			['3+3', 'Waiting']
		]);
		expect(screen.getByText('Nothing can be divided by zero.')).toBeInTheDocument();
		expect(document.querySelector('[data-counts]')).toHaveTextContent('1 completed, 1 failed of 4');
	});

	test('OP-04 a tool’s own progress shows as it comes', async () => {
		const job = run(told);
		const { rerender } = render(Live, { job, live: true });
		expect(screen.getByRole('progressbar')).not.toHaveAttribute('aria-valuenow');
		const progress: Told = ['tool_progress', { id: '2+2', fraction: 0.4, message: 'Adding up' }, 2];
		await rerender({ job: tell(job, progress) as typeof job });
		expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '40');
		expect(screen.getByText('Adding up')).toBeInTheDocument();
	});

	test('CX-05 after a cancel, what had ended stays and what had not says so', () => {
		render(Live, { job: run(told), live: false });
		expect(words().map(([, word]) => word)).toEqual(['Completed', 'Failed', 'Not finished', 'Not finished']);
	});

	test('CH-08 what a tool gave is text: nothing of it becomes an element or is loaded', () => {
		const text = '<img src="https://evil.example/x">';
		render(Live, {
			job: run([called('a', { state: 'completed', text, title: text, summary: text, ms: 1 })]),
			live: false
		});
		expect(document.querySelector('img')).toBeNull();
		expect(screen.getByRole('region', { name: /^Result/, hidden: true })).toHaveTextContent(text);
	});

	test('OP-04 a job that a tool started can be gone to', () => {
		render(Live, { job: run([called('a', { jobId: 'job_2' })]), live: true });
		expect(screen.getByRole('link')).toHaveAttribute('href', '/jobs/job_2');
	});
});

describe('a tool that asks first', () => {
	const question = { at: 0, questionId: 'allow-a', prompt: 'Make a picture?', schema: {} };
	const show = (answer: (value: unknown) => Promise<void>) =>
		render(Question, { job: run([]), question, answer } as never);

	test.for([
		['Allow', true],
		['Do not allow', false]
	] as const)('AG-03 it is answered with one press, and once: %s', async ([name, allow]) => {
		const answer = vi.fn(() => new Promise<void>(() => undefined));
		show(answer);
		await fireEvent.click(screen.getByRole('button', { name }));
		for (const button of screen.getAllByRole('button')) await fireEvent.click(button);
		expect(answer.mock.calls).toEqual([[{ allow }]]);
	});

	test('CH-09 an answer that did not arrive is said, and can be given again', async () => {
		const answer = vi.fn(() => Promise.reject(new Error('Headway could not be reached.')));
		show(answer);
		await fireEvent.click(screen.getByRole('button', { name: 'Allow' }));
		await waitFor(() => expect(screen.getByRole('alert')).toHaveTextContent('Headway could not be reached.'));
		await fireEvent.click(screen.getByRole('button', { name: 'Do not allow' }));
		expect(answer.mock.calls).toEqual([[{ allow: true }], [{ allow: false }]]);
	});
});
