import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LiveJob } from '../../../src/lib/client/live-job.svelte.ts';
import { turnFrom, withJob, type ChatJob, type TurnView } from '../../../src/lib/client/conversation.ts';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import { passageLink, withSources } from '../../../src/lib/operations/chat/citation-link.ts';
import { picturesOf } from '../../../src/lib/operations/chat/pictures.ts';
import { stageWords } from '../../../src/lib/operations/chat/stage-words.ts';
import { took } from '../../../src/lib/jobs/took.ts';
import Turn from '../../../src/routes/chat/Turn.svelte';
import { announcementOf } from '../../../src/routes/chat/announcement.ts';
import {
	answered,
	chatJob,
	cited,
	further,
	plan,
	stage,
	started,
	toolEvent,
	turnView,
	words
} from '../../support/chat-snapshot.ts';
import { installResizeObserver } from '../../support/resize-observer.ts';
import type { Told } from '../../support/snapshot.ts';

beforeAll(installResizeObserver);

const actions = () => ({
	...{ resend: vi.fn(), regenerate: vi.fn(), choose: vi.fn(), answered: vi.fn() },
	forget: vi.fn(async () => true)
});
const live = (job: ChatJob, answer = vi.fn(async () => undefined)) =>
	({ id: job.id, snapshot: job, elapsedMs: 2_000, answer }) as unknown as LiveJob;
const showing = (turn: TurnView, facts: object = {}) => ({
	...{ turn, live: null, busy: false, stopping: false },
	...actions(),
	...facts
});
/** A running turn as the page shows it. */
const running = (job: ChatJob, facts: object = {}) => ({
	...showing(withJob(turnFrom(job), job, null), { live: live(job), busy: true }),
	...facts
});
const stageLine = () => document.querySelector('[data-stage]')?.textContent?.trim();
const tool = (facts: Parameters<typeof toolEvent>[0]): Told => ['tool', toolEvent(facts)];

describe('a turn', () => {
	test('CH-04 its stages show as they happen, and each has given way to the next within 200 ms', async () => {
		vi.useFakeTimers();
		onTestFinished(() => void vi.useRealTimers());
		const job = chatJob([...started, stage('searching', 'started', 'Searching 3 documents')]);
		const { rerender } = render(Turn, running(job));
		await vi.advanceTimersByTimeAsync(1_000);
		expect(stageLine()).toBe('Searching 3 documents…');
		const next = further(
			job,
			stage('searching', 'completed', ''),
			stage('generating', 'started', 'Writing the answer', 2)
		);
		await rerender(running(next));
		const leaving = document.querySelector('[data-leaving]');
		expect(leaving).toHaveTextContent('Searching 3 documents…');
		expect(leaving).toHaveAttribute('aria-hidden', 'true');
		await vi.advanceTimersByTimeAsync(200);
		expect(stageLine()).toBe('Writing the answer…');
	});

	test('CH-04 nothing says that it works once it has ended', async () => {
		const job = chatJob([...started, stage('generating', 'started', 'Writing'), words('4.2'), answered('4.2')]);
		render(Turn, { ...running(job), busy: false });
		expect(document.querySelector('[data-stage]')).toBeNull();
		expect(screen.getByText(/^Answered in/)).toBeInTheDocument();
	});

	test('AG-01 its steps open with what each found', async () => {
		const step = (state: string, details: object): Told => [
			'step',
			{ step: 'context', state, message: 'Reading the conversation', details }
		];
		const job = chatJob([...started, step('started', {}), step('completed', { turns: 3 })]);
		render(Turn, running(job));
		const list = document.querySelector('[data-steps]');
		expect(list?.querySelector('[data-step=context]')).toHaveAttribute('data-state', 'completed');
		expect(list).toHaveTextContent('turns: 3');
	});

	test('AG-03 the plan shows before it runs, and its steps are ticked off as they run', async () => {
		const job = chatJob([...started, plan({ id: 'c1', tool: 'calculator' }, { id: 'c2', tool: 'current_time' })]);
		const { rerender } = render(Turn, running(job));
		const states = () => [...document.querySelectorAll<HTMLElement>('[data-tool]')].map((each) => each.dataset.state);
		expect(states()).toEqual(['waiting', 'waiting']);
		expect(document.querySelector('[data-plan-done]')).toHaveTextContent('0 of 2 done');
		const next = further(job, tool({ id: 'c1', state: 'completed', summary: '2', text: '1 + 1 = 2', ms: 40 }));
		await rerender(running(next));
		expect(states()).toEqual(['completed', 'waiting']);
		expect(document.querySelector('[data-plan-done]')).toHaveTextContent('1 of 2 done');
	});

	test('AG-03 a plan that cannot run says why', () => {
		const [type, data] = plan({ id: 'c1', tool: 'teleport' });
		const job = chatJob([...started, [type, { ...(data as object), problems: ['There is no tool “teleport”.'] }]]);
		render(Turn, running(job));
		expect(screen.getByText('There is no tool “teleport”.')).toBeInTheDocument();
	});

	test('OP-04 a call shows its arguments, its result, why it failed, and the job that it started', () => {
		const failed = tool({ id: 'c2', state: 'failed', title: 'Ask sales.csv', problem: 'No such column: amont' });
		const done = tool({ id: 'c1', state: 'completed', summary: '2', text: '1 + 1 = 2', ms: 40, jobId: 'job_child' });
		render(Turn, running(chatJob([...started, done, failed])));
		const cards = [...document.querySelectorAll<HTMLElement>('[data-tool]')];
		expect(cards[0]).toHaveTextContent('expression');
		expect(cards[0]).toHaveTextContent('1 + 1 = 2');
		expect(within(cards[0]!).getByText('The job that it started')).toHaveAttribute('href', '/jobs/job_child');
		expect(cards[1]).toHaveTextContent('Failed: Ask sales.csv');
		expect(cards[1]).toHaveTextContent('No such column: amont');
	});

	test('OP-04 how far a call has come shows while it runs', async () => {
		const job = chatJob([
			...started,
			tool({ id: 'c1' }),
			['tool_progress', { id: 'c1', fraction: 0.4, message: 'Half way' }]
		]);
		render(Turn, running(job));
		expect(screen.getByRole('progressbar', { name: 'Progress of Work out 1 + 1' })).toHaveAttribute(
			'aria-valuenow',
			'40'
		);
		expect(screen.getByText('Half way')).toBeInTheDocument();
	});

	test('CX-01 a tool that asks first is answered in its place', async () => {
		const question = { at: 0, questionId: 'allow-c1', prompt: 'Make a picture?', schema: {} };
		const job = chatJob([...started, tool({ id: 'c1', state: 'asking' })], { question });
		const answer = vi.fn(async () => undefined);
		render(Turn, running(job, { live: live(job, answer) }));
		expect(screen.getByRole('heading', { name: 'Make a picture?' })).toBeInTheDocument();
		expect(stageLine()).toBe('Waiting for you…');
		await fireEvent.click(screen.getByRole('button', { name: 'Do not allow' }));
		expect(answer).toHaveBeenCalledWith('allow-c1', { allow: false });
	});

	test('CH-05 a mark in the answer leads to its passage in its document, and one without a passage stays text', () => {
		const passages: Told = ['passages', { passages: [cited(1), cited(2, { ordinal: 7 })] }];
		const job = chatJob([...started, passages, words('It rises. [1] So they say [9].')]);
		render(Turn, running(job));
		expect(screen.getByRole('link', { name: 'Source 1: Tide tables' })).toHaveAttribute('href', '/knowledge/doc_1#p-3');
		expect(document.querySelectorAll('[data-answer] a')).toHaveLength(1);
		expect(document.querySelector('[data-answer]')).toHaveTextContent('So they say [9].');
	});

	test('CH-05 the passages that were cited stand beneath, with page and heading, each a link', () => {
		render(Turn, showing(turnView({ citations: [cited(2, { ordinal: 7, page: null }), cited(1)] })));
		const links = within(screen.getByRole('region', { name: 'Sources' })).getAllByRole('link');
		expect(links.map((link) => link.getAttribute('href'))).toEqual(['/knowledge/doc_1#p-3', '/knowledge/doc_1#p-7']);
		expect(links[0]).toHaveTextContent('page 2 · Springs');
	});

	test('CH-05 TS-09 sources stand beneath an answer that is whole: under one that grows they would be pushed along', async () => {
		const job = chatJob([
			...started,
			stage('generating', 'started', 'Writing'),
			words('4.2 [1]'),
			['citation', cited(1)]
		]);
		const { rerender } = render(Turn, running(job));
		expect(screen.queryByRole('region', { name: 'Sources' })).toBeNull();
		const [type, data] = answered('4.2 [1]');
		const done: Told = [
			type,
			{ ...(data as object), result: { ...(data as { result: object }).result, citations: [cited(1)] } }
		];
		await rerender(running(further(job, done)));
		expect(screen.getByRole('region', { name: 'Sources' })).toBeInTheDocument();
	});

	test('TS-08 TS-09 nothing connects while tools run or a question waits: only the answering call does', async () => {
		const job = chatJob([...started, plan({ id: 'c1', tool: 'calculator' }), tool({ id: 'c1', state: 'asking' })]);
		const { rerender } = render(Turn, running(job));
		expect(document.querySelector('[data-stream]')).toBeNull();
		await rerender(running(further(job, stage('generating', 'started', 'Writing the answer', 2))));
		expect(document.querySelector('[data-stream-state]')).toHaveTextContent('Connecting…');
	});

	test('CH-06 CH-08 what a failed turn shows is its sentence, with Retry, and what was written stays', async () => {
		const error = { code: 'provider_idle', message: 'No word came for 30 s.', retryable: true } as const;
		const props = showing(turnView({ status: 'failed', error, answer: 'The tide' }));
		render(Turn, props);
		const alert = screen.getByRole('alert');
		expect(alert).toHaveTextContent('The provider went silent');
		expect(alert).toHaveTextContent('No word came for 30 s.');
		expect(screen.getByText('The tide')).toBeInTheDocument();
		await fireEvent.click(within(alert).getByRole('button', { name: 'Retry' }));
		expect(props.regenerate).toHaveBeenCalledTimes(1);
		expect(screen.queryByRole('button', { name: 'Answer again' })).toBeNull();
	});

	test('CH-03 a stopped turn says so, also where nothing had been said, and leads to its receipt', async () => {
		const { rerender } = render(Turn, showing(turnView({ status: 'cancelled', answer: 'The tide' })));
		expect(screen.getByText(/The answer ends where you saw it end/)).toBeInTheDocument();
		expect(screen.getByRole('link', { name: 'Receipt' })).toHaveAttribute('href', '/jobs/job_00000000000000000001');
		await rerender(showing(turnView({ status: 'cancelled', answer: '' })));
		expect(screen.getByText(/Stopped before the first word/)).toBeInTheDocument();
	});

	test('CH-12 time to first token, tokens, duration and cost stand at each turn', () => {
		render(Turn, showing(turnView({ elapsedMs: 3_200 })));
		const facts = document.querySelector('[data-turn-facts]');
		expect(facts).toHaveTextContent('first word after 200 ms · 12 tokens · 3.2 s · cost $0.01');
	});

	test('CH-09 the other versions of a turn are one press away, and none is offered while a turn runs', async () => {
		const turn = turnView({ jobId: 'job_b', siblings: ['job_a', 'job_b', 'job_c'] });
		const props = showing(turn);
		const { rerender } = render(Turn, props);
		expect(document.querySelector('[data-versions]')).toHaveTextContent('2/3');
		await fireEvent.click(screen.getByRole('button', { name: 'The version before' }));
		await fireEvent.click(screen.getByRole('button', { name: 'The version after' }));
		expect(props.choose.mock.calls).toEqual([['job_a'], ['job_c']]);
		await rerender({ ...props, busy: true });
		await fireEvent.click(screen.getByRole('button', { name: 'The version before' }));
		expect(props.choose).toHaveBeenCalledTimes(2);
	});

	test('CH-09 a message is edited in its place and sent anew; Escape leaves it as it was, and stops nothing', async () => {
		const props = showing(turnView());
		render(Turn, props);
		const stops = vi.fn();
		window.addEventListener('keydown', stops);
		await fireEvent.click(screen.getByRole('button', { name: 'Edit this message' }));
		await fireEvent.keyDown(screen.getByRole('textbox', { name: 'Edit the message' }), { key: 'Escape' });
		await tick();
		window.removeEventListener('keydown', stops);
		expect(screen.queryByRole('textbox')).toBeNull();
		expect(stops).not.toHaveBeenCalled();
		await fireEvent.click(screen.getByRole('button', { name: 'Edit this message' }));
		await fireEvent.input(screen.getByRole('textbox'), { target: { value: 'How low?' } });
		await fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' });
		expect(props.resend).toHaveBeenCalledWith('How low?');
	});

	test('AG-02 what was kept shows with Undo, and is said to be forgotten once it is', async () => {
		const kept = { id: 'm1', text: 'Prefers metres.', projectId: null };
		const props = showing(turnView({ memories: [kept] }));
		const { rerender } = render(Turn, props);
		await fireEvent.click(screen.getByRole('button', { name: 'Undo: forget “Prefers metres.”' }));
		expect(props.forget).toHaveBeenCalledWith('m1');
		await rerender({ ...props, turn: turnView({ memories: [{ ...kept, text: '', forgotten: true }] }) });
		expect(await screen.findByText('Forgotten.')).toBeInTheDocument();
	});

	test('IR-02 reasoning is apart from the answer, and folded', () => {
		const job = chatJob([...started, ['content', { target: 'reasoning', text: 'Let me think.' }], words('4.2')]);
		render(Turn, running(job));
		const section = document.querySelector('[data-section=Reasoning]');
		expect(section).not.toHaveAttribute('open');
		expect(document.querySelector('[data-answer]')).not.toHaveTextContent('Let me think.');
	});

	test('BY-11 what the model writes as HTML or as a picture loads nothing', () => {
		const job = chatJob([...started, words('<img src="https://evil.example/x"> ![a](https://evil.example/y)')]);
		render(Turn, running(job));
		expect(document.querySelector('img')).toBeNull();
	});

	test('OP-04 a picture that a tool has made shows beside its call', () => {
		const text =
			'The picture a-cliff.png (1024 × 768) was made.\nThe person sees it beside this call; do not link to it.';
		const made = toolEvent({
			tool: 'image',
			arguments: { prompt: 'a cliff' },
			state: 'completed',
			jobId: 'job_p',
			text
		});
		expect(picturesOf([made, { ...made, tool: 'calculator' }])).toEqual([
			{ url: '/api/jobs/job_p/artifacts/a-cliff.png', jobId: 'job_p', prompt: 'a cliff', width: 1024, height: 768 }
		]);
		render(Turn, showing(turnView({ tools: [made] })));
		expect(screen.getByRole('img', { name: 'a cliff' })).toHaveAttribute(
			'src',
			'/api/jobs/job_p/artifacts/a-cliff.png'
		);
	});
});

describe('the words of a turn', () => {
	test('BY-11 a listener hears stages and ends, never tokens', () => {
		const job = chatJob([...started, stage('generating', 'started', 'Writing the answer')]);
		const grown = further(job, words('a'), words('b'));
		const said = (each: JobSnapshot) => announcementOf(turnView({ status: 'running' }), each);
		expect(said(job)).toBe('Writing the answer.');
		expect(said(grown)).toBe(said(job));
		expect(announcementOf(turnView(), null)).toBe('The answer is complete.');
		expect(announcementOf(turnView({ status: 'cancelled' }), null)).toBe('Stopped.');
	});

	test('CH-04 of a step and a stage that are open the newer is told, and a stop before all', () => {
		const step: Told = ['step', { step: 'planning', state: 'started', message: 'Planning', details: {} }, 2];
		const job = chatJob([...started, stage('classifying', 'started', 'Understanding'), step]);
		expect(stageWords(job)).toBe('Planning');
		expect(stageWords({ ...job, cancelRequestedAt: 1 })).toBe('Stopping');
		expect(stageWords({ ...job, status: 'succeeded' })).toBe('');
	});

	test('CH-05 a copied answer says what its marks stand for', () => {
		expect(withSources('It rises. [1]', [cited(1)])).toBe(
			'It rises. [1]\n\nSources:\n\n[1] Tide tables, page 2 · Springs\n'
		);
		expect(withSources('No marks.', [])).toBe('No marks.');
		expect(passageLink({ documentId: 'a/b', ordinal: 0 })).toBe('/knowledge/a%2Fb#p-0');
	});

	test('CH-12 durations are told in the unit that fits', () => {
		expect([240, 960, 3_250, 125_000].map((ms) => took(ms))).toEqual(['240 ms', '1.0 s', '3.3 s', '2 min 5 s']);
	});
});
