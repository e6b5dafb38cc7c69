import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LiveJob, type JobCommands } from '$lib/client/live-job.svelte.ts';
import { CommandError } from '$lib/client/trpc.ts';
import { ServerClock } from '$lib/client/server-clock.svelte.ts';
import type { JobEvent } from '$lib/jobs/event.ts';
import { begun, done, researchJob, START, type Told } from '../../support/snapshot.ts';

beforeEach(() => {
	vi.useFakeTimers({ now: START });
	Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const commands: JobCommands = {
	cancel: async () => undefined,
	retry: async () => researchJob(),
	finish: async () => undefined,
	answer: async () => undefined,
	remove: async () => undefined,
	release: () => undefined,
	behind: () => undefined
};

function follow(own: Partial<JobCommands> = {}, snapshot = researchJob(begun)) {
	const clock = new ServerClock(START);
	return { clock, job: new LiveJob(snapshot, clock, { ...commands, ...own }) };
}

function event(seq: number | null, [type, data, seconds = 0]: Told): JobEvent {
	return { jobId: 'job_00000000000000000001', seq, at: START + seconds * 1_000, type, data };
}

const text = (seq: number, piece: string) => event(seq, ['content', { target: 'report', text: piece }]);
const frame = () => vi.advanceTimersToNextFrame();

test('DC-03 events are shown at most once a frame, all that came with it together', () => {
	const { job } = follow();
	const requested = vi.spyOn(globalThis, 'requestAnimationFrame');
	const before = job.snapshot;
	for (let seq = 4; seq < 104; seq += 1) job.take([text(seq, 'x')]);
	expect(job.snapshot).toBe(before);
	expect(requested).toHaveBeenCalledTimes(1);
	frame();
	expect(job.snapshot.content).toEqual({ report: 'x'.repeat(100) });
	const shown = job.snapshot;
	frame();
	expect(job.snapshot).toBe(shown);
	expect(requested).toHaveBeenCalledTimes(1);
});

test('RS-07 an event that comes twice counts once', () => {
	const { job } = follow();
	job.take([text(4, 'a'), text(5, 'b'), text(4, 'a')]);
	job.take([text(5, 'b'), text(6, 'c')]);
	frame();
	job.take([text(6, 'c'), text(7, 'd')]);
	frame();
	expect(job.snapshot.content).toEqual({ report: 'abcd' });
	expect(job.snapshot.seq).toBe(7);
});

test('RS-07 BY-07 events after a gap wait for those between, which are asked for once, and none is lost', () => {
	const behind = vi.fn();
	const { job } = follow({ behind });
	job.take([text(6, 'c')]);
	job.take([text(7, 'd')]);
	frame();
	expect(job.snapshot.content).toEqual({});
	expect(job.seq).toBe(3);
	expect(behind).toHaveBeenCalledExactlyOnceWith(job);
	job.take([text(4, 'a'), text(5, 'b'), text(6, 'c'), text(7, 'd')]);
	frame();
	expect(job.snapshot.content).toEqual({ report: 'abcd' });
	job.take([text(9, 'f')]);
	expect(behind).toHaveBeenCalledTimes(2);
});

test('RS-07 a new connection goes on after the last event that was received, shown or not', () => {
	const { job } = follow();
	expect(job.seq).toBe(3);
	job.take([text(4, 'a'), text(5, 'b'), event(null, ['activity', { message: 'Thinking' }])]);
	expect([job.seq, job.snapshot.seq]).toEqual([5, 3]);
	frame();
	expect([job.seq, job.snapshot.seq]).toEqual([5, 5]);
	expect(job.snapshot.activity).toBe('Thinking');
});

/** Puts the page into the background, or before the reader. */
function look(state: 'visible' | 'hidden'): void {
	Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
	document.dispatchEvent(new Event('visibilitychange'));
}

test('DC-03 a hidden tab keeps what comes and renders none of it until it is seen, and then all of it at once', () => {
	look('hidden');
	const { job } = follow();
	const requested = vi.spyOn(globalThis, 'requestAnimationFrame');
	const before = job.snapshot;
	for (let seq = 4; seq < 104; seq += 1) job.take([text(seq, 'x')]);
	vi.advanceTimersByTime(60_000);
	expect(job.snapshot).toBe(before);
	expect(job.seq).toBe(103);
	look('visible');
	expect(job.snapshot.content).toEqual({ report: 'x'.repeat(100) });
	expect(requested).not.toHaveBeenCalled();
});

test('DC-03 a tab that is hidden before its frame comes shows everything with that frame, when it is seen', () => {
	const { job } = follow();
	job.take([text(4, 'a')]);
	look('hidden');
	job.take([text(5, 'b')]);
	look('visible');
	frame();
	expect(job.snapshot.content).toEqual({ report: 'ab' });
});

test.for(['done', 'error', 'cancelled', 'question'])(
	'DC-03 what a hidden tab has to say is not held back: %s',
	(type) => {
		look('hidden');
		const { job } = follow();
		const question = { questionId: 'q', prompt: 'Which?', schema: {} };
		const facts = { code: 'timeout', message: 'Late.', retryable: true, cost: { usd: 0, known: true }, usage: null };
		const receipt = {
			reason: 'user',
			requestedAt: START,
			provider: 'confirmed',
			acknowledgedAt: START,
			stoppedAt: START
		};
		const whole = { ...receipt, cleanedUp: [], cost: facts.cost, usage: null, kept: [] };
		const told: Record<string, Told> = {
			done: done('The end.'),
			error: ['error', { ...facts, receipt: null }],
			cancelled: ['cancelled', { reason: 'user', receipt: whole }],
			question: ['question', question]
		};
		job.take([text(4, 'a')]);
		job.take([event(5, told[type] ?? done('x'))]);
		expect(job.snapshot.seq).toBe(5);
		expect(job.ended || job.snapshot.question !== null).toBe(true);
	}
);

test('DC-03 a hidden tab keeps a bounded number of events, and asks for those after its cursor when it is seen', () => {
	look('hidden');
	const behind = vi.fn();
	const { job } = follow({ behind });
	for (let seq = 4; seq < 5_004; seq += 1) job.take([text(seq, 'x')]);
	expect(job.seq).toBe(3);
	expect(behind).not.toHaveBeenCalled();
	look('visible');
	expect(behind).toHaveBeenCalledExactlyOnceWith(job);
	job.take([text(5_004, 'late')]);
	job.take(Array.from({ length: 5_001 }, (_, index) => text(index + 4, 'x')));
	frame();
	expect(behind).toHaveBeenCalledTimes(1);
	expect(job.snapshot.content).toEqual({ report: 'x'.repeat(5_001) });
});

test('DC-03 of what the log does not have, a hidden tab keeps the newest of each kind', () => {
	look('hidden');
	const { job } = follow();
	for (let n = 0; n < 3_000; n += 1) job.take([event(null, ['activity', { message: `Thought ${n}` }])]);
	job.take([text(4, 'a')]);
	look('visible');
	expect(job.snapshot).toMatchObject({ activity: 'Thought 2999', content: { report: 'a' } });
});

test('DC-03 a page whose frames take long shows news less often, so that it stays with its reader', () => {
	const { job } = follow();
	let late = performance.now();
	vi.spyOn(performance, 'now').mockImplementation(() => late);
	job.take([text(4, 'a')]);
	frame();
	// What was shown took 10 ms to render and paint.
	late += 10;
	vi.advanceTimersByTime(1);
	job.take([text(5, 'b')]);
	vi.advanceTimersByTime(90);
	expect(job.snapshot.content).toEqual({ report: 'a' });
	vi.advanceTimersByTime(40);
	expect(job.snapshot.content).toEqual({ report: 'ab' });
});

test('PG-08 a clock does not tick for nobody, and is right at once when it is seen', () => {
	const clock = new ServerClock(START);
	clock.run(true);
	look('hidden');
	vi.advanceTimersByTime(90_000);
	expect(clock.now).toBe(START);
	look('visible');
	expect(clock.now).toBe(START + 90_000);
	clock.run(false);
});

test('PG-08 elapsed time is by the clock of the server, though that of the browser is an hour off', () => {
	vi.setSystemTime(START + 3_600_000);
	const { clock, job } = follow();
	expect(job.elapsedMs).toBe(0);
	vi.advanceTimersByTime(90_000);
	clock.tick();
	expect(job.elapsedMs).toBe(90_000);
	job.take([event(4, done('The end.', 95))]);
	frame();
	vi.advanceTimersByTime(60_000);
	clock.tick();
	expect(job.elapsedMs).toBe(95_000);
});

test('CX-03 CX-13 cancel shows at once, once, and until the job has ended', async () => {
	const answer = Promise.withResolvers<void>();
	const cancel = vi.fn(() => answer.promise);
	const { job } = follow({ cancel });
	const asked = job.cancel();
	expect(job.cancelling).toBe(true);
	await job.cancel();
	expect(cancel).toHaveBeenCalledTimes(1);
	answer.resolve();
	await asked;
	expect([job.cancelling, job.failure]).toEqual([true, null]);
	const receipt = {
		reason: 'user',
		requestedAt: START,
		provider: 'confirmed',
		acknowledgedAt: START,
		stoppedAt: START,
		cleanedUp: []
	};
	const data = { reason: 'user', receipt: { ...receipt, cost: { usd: 0.1, known: true }, usage: null, kept: [] } };
	job.take([event(4, ['cancelled', data])]);
	frame();
	expect([job.cancelling, job.ended, job.snapshot.status]).toEqual([false, true, 'cancelled']);
	await job.cancel();
	expect(cancel).toHaveBeenCalledTimes(1);
});

test('CX-03 a cancel from elsewhere shows here too', () => {
	const { job } = follow();
	expect(job.cancelling).toBe(false);
	job.take([event(4, ['cancelling', { reason: 'user', requestedAt: START }])]);
	frame();
	expect(job.cancelling).toBe(true);
});

test('CX-03 a cancel that failed says so in a sentence, can be tried again, and then succeeds', async () => {
	const sentence = 'Headway could not be reached, after 4 attempts. Check the connection and try again.';
	const cancel = vi.fn().mockRejectedValueOnce(new Error(sentence)).mockResolvedValueOnce(undefined);
	const { job } = follow({ cancel });
	await job.cancel();
	expect([job.cancelling, job.failure]).toEqual([false, sentence]);
	await job.cancel();
	expect([job.cancelling, job.failure]).toEqual([true, null]);
});

test('CX-03 a cancel that did not arrive says so, until a later command works or the connection is live', async () => {
	const unreached = new CommandError('No answer.', { code: null, fields: [], retryAfter: null }, null);
	const { job } = follow({ cancel: () => Promise.reject(unreached) });
	await job.cancel();
	expect([job.cancelling, job.failure]).toEqual([false, 'The cancel did not arrive: the job goes on. Try again.']);
	job.live();
	expect(job.failure).toBeNull();
	await job.cancel();
	expect(job.failure).not.toBeNull();
	await job.retry();
	expect(job.failure).toBeNull();
});

test('BY-02 a retry that is pressed twice is one; after a failure it can be pressed again', async () => {
	let asked = 0;
	const retry = async () => {
		asked += 1;
		if (asked === 1) throw new CommandError('No answer.', { code: null, fields: [], retryAfter: null }, null);
		return researchJob([], { id: `job_${asked}` });
	};
	const { job } = follow({ retry });
	await expect(job.retry()).rejects.toThrow('No answer.');
	const [first, second] = await Promise.all([job.retry(), job.retry()]);
	expect([first.id, second.id, (await job.retry()).id, asked]).toEqual(['job_2', 'job_2', 'job_2', 2]);
});

test('RS-07 a snapshot of the server replaces what was known, and what waited for the frame with it', () => {
	const { job } = follow();
	job.take([text(4, 'old')]);
	job.reset(researchJob([...begun, ['content', { target: 'report', text: 'whole' }]], { seq: 900 }));
	frame();
	expect(job.snapshot.content).toEqual({ report: 'whole' });
	expect(job.seq).toBe(900);
});

test('DC-03 a job is caught up once it is live, or has ended', () => {
	const { job } = follow();
	expect(job.caughtUp).toBe(false);
	job.live();
	expect(job.caughtUp).toBe(true);
	expect(follow({}, researchJob([...begun, done('x')])).job.caughtUp).toBe(true);
});

test('IR-05 an answer goes to the job’s question, and one that fails rejects for the one who asked', async () => {
	const answer = vi.fn(async () => undefined);
	const { job } = follow({ answer });
	await job.answer('outline', { title: 'Tea' });
	expect(answer).toHaveBeenCalledWith(job.id, 'outline', { title: 'Tea' });
	const refused = new CommandError('No such question.', { code: 'conflict', fields: [], retryAfter: null }, null);
	const { job: other } = follow({ answer: () => Promise.reject(refused) });
	await expect(other.answer('outline', {})).rejects.toBe(refused);
	expect(other.failure).toBeNull();
});
