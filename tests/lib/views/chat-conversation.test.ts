import { flushSync } from 'svelte';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { keepRun, keptRun } from '../../../src/lib/client/chat-run.ts';
import type { ConversationCommands } from '../../../src/lib/client/conversation-commands.ts';
import { Conversation } from '../../../src/lib/client/conversation.svelte.ts';
import type { ChatJob, ConversationView } from '../../../src/lib/client/conversation.ts';
import type { Jobs } from '../../../src/lib/client/jobs.svelte.ts';
import { LiveJob, type JobCommands } from '../../../src/lib/client/live-job.svelte.ts';
import { ServerClock } from '../../../src/lib/client/server-clock.svelte.ts';
import { CommandError } from '../../../src/lib/client/trpc.ts';
import type { JobEvent } from '../../../src/lib/jobs/event.ts';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import { answered, chatJob, conversationOf, started, turnView, words } from '../../support/chat-snapshot.ts';
import { START, type Told } from '../../support/snapshot.ts';

/** The page's side of jobs and conversations, with the server's answers in the test's hands. */
class FakePage {
	readonly clock = new ServerClock(START);
	readonly started: unknown[] = [];
	readonly options: unknown[] = [];
	readonly stopped: { jobId: string; shown: number }[] = [];
	readonly jobs: LiveJob[] = [];
	view: ConversationView | null = null;
	start = async (_operation: string, input: unknown, options?: object): Promise<JobSnapshot> => {
		this.started.push(input);
		this.options.push(options);
		return chatJob(started, { id: `job_${this.started.length}`, input });
	};
	stop = async (jobId: string, shown: number): Promise<void> => void this.stopped.push({ jobId, shown });
	forget = async (_id: string): Promise<void> => undefined;

	follow(snapshot: JobSnapshot, heard?: (event: JobEvent) => void): LiveJob {
		const job = new LiveJob(snapshot, this.clock, { release: () => undefined } as unknown as JobCommands, heard);
		this.jobs.push(job);
		return job;
	}

	open(loaded: ConversationView | null, snapshots: JobSnapshot[] = []): Conversation {
		const jobs = { clock: this.clock, start: (...args: [string, unknown, object?]) => this.start(...args) };
		const commands = {
			stop: (...args: [string, number]) => this.stop(...args),
			forget: (id: string) => this.forget(id),
			get: async () => this.view,
			before: async () => this.view,
			choose: async () => this.view,
			snapshot: async (id: string) => chatJob(started, { id })
		};
		const follow = this.follow.bind(this);
		const conversation = new Conversation(loaded, snapshots, {
			jobs: { ...jobs, follow } as unknown as Jobs,
			commands: commands as unknown as ConversationCommands
		});
		onTestFinished(() => conversation.close());
		return conversation;
	}

	/** Events of a job arrive, and are shown. */
	async tell(place: number, ...told: Told[]): Promise<void> {
		const job = this.jobs[place]!;
		const { seq } = job;
		job.take(
			told.map(([type, data], index) => ({ jobId: job.id, seq: seq + index + 1, at: START, type, data }) as JobEvent)
		);
		await vi.waitFor(() => expect(job.snapshot.seq).toBe(seq + told.length));
		flushSync();
	}
}

const draft = (message: string, after: string | null = null) => ({ message, files: [], after });
const messages = (conversation: Conversation) => conversation.turns.map(({ message }) => message);

afterEach(() => localStorage.clear());

describe('a conversation on the page', () => {
	test('CH-01 a message is shown at once, and its answer grows as its events come', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		const sending = conversation.send(draft('How high?'));
		expect([conversation.pending?.message, conversation.busy]).toEqual(['How high?', true]);
		await sending;
		expect(messages(conversation)).toEqual(['How high?']);
		await page.tell(0, words('4.2 '), words('metres'));
		expect(conversation.turns[0]?.answer).toBe('4.2 metres');
	});

	test('CH-02 nothing more is sent while an answer runs, and the next message is sent after it', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		await conversation.send(draft('one'));
		expect(await conversation.send(draft('two'))).toBeNull();
		expect(page.started).toHaveLength(1);
		await page.tell(0, answered('done'));
		expect(conversation.busy).toBe(false);
		await conversation.send(draft('two', conversation.head));
		expect(page.started[1]).toEqual({ message: 'two', conversationId: 'job_1', after: 'job_1' });
	});

	test('TS-01 the model and the settings that were chosen go with a message, and with another answer to it', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		const run = { input: { provider: 'xai', model: 'grok-small' }, options: { effort: 'low' as const } };
		await conversation.send({ ...draft('one'), run });
		await page.tell(0, answered('done'));
		await conversation.regenerate(conversation.turns[0]!, run);
		expect(page.started).toMatchObject([run.input, { ...run.input, conversationId: 'job_1' }]);
		expect(page.options).toEqual([run.options, run.options]);
	});

	test('TS-01 what was chosen for a conversation is there after a reload, and what is usual leaves nothing behind', () => {
		const run = { input: { model: 'grok-small' }, options: { temperature: 0.2 } };
		keepRun('job_1', run);
		expect([keptRun('job_1'), keptRun('job_2')]).toEqual([run, { input: {}, options: {} }]);
		keepRun('job_1', { input: {}, options: {} });
		expect(localStorage).toHaveLength(0);
	});

	test('CH-03 a stop cuts the answer to what was on screen, whatever still arrives', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		await conversation.send(draft('one'));
		await page.tell(0, words('The tide rises'));
		await conversation.stop(8);
		expect(page.stopped).toEqual([{ jobId: 'job_1', shown: 8 }]);
		await page.tell(0, words(' and falls'));
		expect(conversation.turns[0]?.answer).toBe('The tide');
		expect(conversation.stopping).toBe(true);
	});

	test('CH-03 a stop before the message has arrived is done as soon as it has', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		const sending = conversation.send(draft('one'));
		await conversation.stop(0);
		expect(conversation.stopping).toBe(true);
		await sending;
		expect(page.stopped).toEqual([{ jobId: 'job_1', shown: 0 }]);
	});

	test('CH-03 a stop that did not arrive is said, and the answer goes on', async () => {
		const page = new FakePage();
		page.stop = () => Promise.reject(new Error('gone'));
		const conversation = page.open(null);
		await conversation.send(draft('one'));
		await page.tell(0, words('The tide rises'));
		await conversation.stop(8);
		expect(conversation.failure).toBe('The stop did not arrive: the answer goes on. Try again.');
		expect(conversation.turns[0]?.answer).toBe('The tide rises');
		expect(conversation.stopping).toBe(false);
	});

	test('CH-09 a message that could not be sent changes nothing, and says why', async () => {
		const page = new FakePage();
		page.start = () =>
			Promise.reject(
				new CommandError('Wait for the answer, or stop it.', { code: 'conflict', fields: [], retryAfter: null }, null)
			);
		const conversation = page.open(conversationOf(turnView({ jobId: 'job_a', message: 'before' })));
		expect(await conversation.send(draft('next', 'job_a'))).toBeNull();
		expect(conversation.failure).toBe('Wait for the answer, or stop it.');
		expect([messages(conversation), conversation.busy]).toEqual([['before'], false]);
	});

	test('CH-09 after a turn that failed the next message follows it', async () => {
		const page = new FakePage();
		const error = { code: 'provider_error', message: 'It broke.', retryable: true } as const;
		const conversation = page.open(conversationOf(turnView({ jobId: 'job_a', status: 'failed', error })));
		await conversation.send(draft('again', conversation.head));
		expect(page.started[0]).toEqual({ message: 'again', conversationId: 'job_a', after: 'job_a' });
		expect(conversation.turns.map(({ jobId }) => jobId)).toEqual(['job_a', 'job_1']);
	});

	test('CH-09 answering again is another version of the same turn, and what came after it is left', async () => {
		const page = new FakePage();
		const turns = ['job_a', 'job_b', 'job_c'].map((jobId) => turnView({ jobId, siblings: [jobId], message: jobId }));
		const conversation = page.open(conversationOf(...turns));
		await conversation.regenerate(conversation.turns[1]!);
		expect(page.started[0]).toEqual({ message: 'job_b', conversationId: 'job_a', after: 'job_a' });
		expect(conversation.turns.map(({ jobId }) => jobId)).toEqual(['job_a', 'job_1']);
		expect(conversation.turns[1]?.siblings).toEqual(['job_b', 'job_1']);
	});

	test('CH-09 an edited first message begins the conversation anew', async () => {
		const page = new FakePage();
		const conversation = page.open(conversationOf(turnView({ jobId: 'job_a', siblings: ['job_a'] })));
		await conversation.send(draft('better', null));
		expect(page.started[0]).toEqual({ message: 'better', conversationId: 'job_a', after: null });
		expect(conversation.turns.map(({ siblings }) => siblings)).toEqual([['job_a', 'job_1']]);
	});

	test('PG-12 a turn that another tab began is followed once it is known', async () => {
		const page = new FakePage();
		const first = turnView({ jobId: 'job_a' });
		const conversation = page.open(conversationOf(first));
		page.view = conversationOf(first, turnView({ jobId: 'job_b', status: 'running', answer: 'The' }));
		await conversation.refresh();
		expect(conversation.running?.id).toBe('job_b');
		await page.tell(0, words('The tide'));
		expect(conversation.turns[1]?.answer).toBe('The tide');
	});

	test('CH-03 the server has the last word on where an ended answer was cut', async () => {
		const page = new FakePage();
		const conversation = page.open(null);
		await conversation.send(draft('one'));
		await page.tell(0, words('The tide rises'), answered('The tide rises'));
		page.view = conversationOf(turnView({ jobId: 'job_1', status: 'cancelled', answer: 'The' }));
		await conversation.refresh();
		expect(conversation.turns[0]?.answer).toBe('The');
	});

	test('CH-09 turns that were scrolled back to stay when the branch is read anew', async () => {
		const page = new FakePage();
		const [a, b, c] = ['job_a', 'job_b', 'job_c'].map((jobId) => turnView({ jobId }));
		const conversation = page.open({ ...conversationOf(b!, c!), id: 'job_a', earlier: 1 });
		page.view = { ...conversationOf(a!), earlier: 0 };
		await conversation.loadEarlier();
		expect(conversation.turns.map(({ jobId }) => jobId)).toEqual(['job_a', 'job_b', 'job_c']);
		page.view = { ...conversationOf(b!, c!), id: 'job_a', earlier: 1 };
		await conversation.refresh();
		expect(conversation.turns.map(({ jobId }) => jobId)).toEqual(['job_a', 'job_b', 'job_c']);
		expect(conversation.earlier).toBe(0);
	});

	test('AG-02 what was forgotten stays so, wherever the turn is read from', async () => {
		const page = new FakePage();
		const kept = { id: 'm1', text: 'Prefers metres.', projectId: null };
		const conversation = page.open(null);
		await conversation.send(draft('I like metres.'));
		await page.tell(0, ['memory', kept], answered('Noted.'));
		expect(conversation.turns[0]?.memories).toMatchObject([kept]);
		expect(await conversation.forget('m1')).toBe(true);
		flushSync();
		expect(conversation.turns[0]?.memories).toMatchObject([{ id: 'm1', forgotten: true }]);
		page.view = conversationOf(turnView({ jobId: 'job_1', memories: [{ ...kept, text: '', forgotten: true }] }));
		await conversation.refresh();
		expect(conversation.turns[0]?.memories).toEqual([{ ...kept, text: '', forgotten: true }]);
	});

	test('AG-02 what could not be forgotten is still kept, and why is said', async () => {
		const page = new FakePage();
		page.forget = async () => Promise.reject(new Error('No room.'));
		const conversation = page.open(conversationOf(turnView({ memories: [{ id: 'm1', text: 'x', projectId: null }] })));
		expect(await conversation.forget('m1')).toBe(false);
		expect(conversation.turns[0]?.memories).toEqual([{ id: 'm1', text: 'x', projectId: null }]);
		expect(conversation.failure).toBe('No room.');
	});

	test('CH-13 the console is told of each event only where that was switched on', async () => {
		const debug = vi.spyOn(console, 'debug').mockImplementation(() => undefined);
		onTestFinished(() => debug.mockRestore());
		const page = new FakePage();
		const conversation = page.open(null);
		await conversation.send(draft('one'));
		await page.tell(0, words('The'));
		expect(debug).not.toHaveBeenCalled();
		localStorage.setItem('headway-verbose-console', 'on');
		await page.tell(0, words(' tide'));
		expect(debug.mock.calls).toEqual([
			[expect.stringMatching(/^\[chat job_1\] \+\d+ ms content$/), expect.objectContaining({ seq: 4 })]
		]);
		expect((conversation.turns[0] as { answer: string }).answer).toBe('The tide');
	});
});

test('TS-12 a job as it ended keeps its words where there is no result', () => {
	const page = new FakePage();
	const job: ChatJob = chatJob([...started, words('Half a')], { id: 'job_a', status: 'failed' });
	const conversation = page.open(conversationOf(turnView({ jobId: 'job_a', status: 'running', answer: '' })), [job]);
	expect(conversation.turns[0]).toMatchObject({ answer: 'Half a', status: 'failed' });
});
