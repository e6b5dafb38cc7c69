import { beforeEach, expect, test } from 'vitest';
import type { HeadwayError } from '../../../../src/lib/jobs/error.ts';
import type { ProviderEvent } from '../../../../src/lib/operations/operation.ts';
import { attach, type AttachDeps } from '../../../../src/lib/server/providers/attach.ts';
import { ProviderError } from '../../../../src/lib/server/providers/errors.ts';
import { drive, FakeClock, settle } from '../../../support/fake-clock.ts';
import { alive, created, ended, KeptMemory, leftBehind, outcome, ScriptedProvider, text } from './scripted-provider.ts';
import { collect, KeptLog, request } from './wiring.ts';

let provider: ScriptedProvider;
let memory: KeptMemory;
let clock: FakeClock;
let abort: AbortController;
let heard: number;
let notices: { code: string; waitMs: number }[];

beforeEach(() => {
	provider = new ScriptedProvider();
	memory = new KeptMemory();
	clock = new FakeClock();
	abort = new AbortController();
	heard = 0;
	notices = [];
});

function deps(more: Partial<AttachDeps> = {}): AttachDeps {
	return {
		clock,
		log: new KeptLog(),
		signal: abort.signal,
		random: () => 0.5,
		heard: () => (heard += 1),
		retryNotice: ({ code }: HeadwayError, waitMs) => notices.push({ code, waitMs }),
		...more
	};
}

/** Runs it to its end, the clock going from timer to timer. */
function run(asked = request, more: Partial<AttachDeps> = {}): Promise<{ events: ProviderEvent[]; error: unknown }> {
	return drive(clock, collect(attach(provider, asked, memory, deps(more))));
}

const found = { cursor: null, type: 'reconnected', how: 'stream' };
const polled = { cursor: null, type: 'reconnected', how: 'poll' };
const cut = new ProviderError('provider_connection', 'cut');
const gone = new ProviderError('provider_gone', 'too old');
const unreachable = new ProviderError('provider_unreachable', 'refused', { retry: { after: null }, sent: 'no' });
const reported = new ProviderError('provider_error', 'reported', { inStream: true });
const busy = (after: number | null) => new ProviderError('provider_rate_limit', 'busy', { retry: { after } });
const foreground = { ...request, background: false };

// ---- creating -----------------------------------------------------------------------------------------------------

test('RS-13 that a create is about to leave is stored before, and the id before anything is shown', async () => {
	const order: string[] = [];
	memory.creating = async () => void order.push('creating');
	memory.created = async () => void order.push('created');
	provider.creates = [[created, text(1, 'a'), ended(2)]];
	for await (const event of attach(provider, request, memory, deps())) order.push(event.type);
	expect(order).toEqual(['creating', 'created', 'created', 'text', 'ended']);
});

test('TS-13 a rate limit is waited out as long as the provider asks, over a minute too', async () => {
	provider.creates = [[busy(61)], [created, ended(1)]];
	const before = clock.now();
	expect((await run()).error).toBeNull();
	expect(notices).toEqual([{ code: 'provider_rate_limit', waitMs: 61_000 }]);
	expect(clock.now() - before).toBe(61_000);
	expect(memory.history).toEqual(['creating', 'rejected', 'creating', 'created r1']);
});

test('TS-13 a passing fault is tried five times in all, with doubling waits, then it is the error', async () => {
	provider.creates = Array.from({ length: 5 }, () => [busy(null)]);
	expect((await run()).error).toMatchObject({ code: 'provider_rate_limit' });
	expect(notices.map((notice) => notice.waitMs)).toEqual([1_000, 2_000, 4_000, 8_000]);
	expect(provider.calls).toHaveLength(5);
	expect(memory.state).toBe('none');
});

test('TS-13 the waits between tries are spread, so that many jobs do not come back at once', async () => {
	provider.creates = [[busy(null)], [busy(null)], [created, ended(1)]];
	const draws = [0, 1];
	await run(request, { random: () => draws.shift() ?? 0 });
	expect(notices.map((notice) => notice.waitMs)).toEqual([750, 2_500]);
});

test('TS-13 a quota that is used up is not tried again', async () => {
	provider.creates = [[new ProviderError('provider_quota', 'empty')]];
	expect((await run()).error).toMatchObject({ code: 'provider_quota' });
	expect(provider.calls).toEqual(['create background']);
	expect(memory.history).toEqual(['creating', 'rejected']);
});

test.each([
	['was lost', [new ProviderError('unknown_outcome', 'lost')]],
	['broke before its id', [cut]],
	['ended before its id', [alive(0)]],
	['stayed silent before its id', ['silence' as const]]
])('BY-02 a create whose answer %s is never sent again', async (_, script) => {
	provider.creates = [script];
	expect((await run()).error).toMatchObject({ code: 'unknown_outcome' });
	expect(provider.calls).toEqual(['create background']);
	expect(memory.state).toBe('creating');
});

test('BY-02 a create that the process before had under way is an unknown outcome, and nobody is called', async () => {
	memory.state = 'creating';
	expect((await run()).error).toMatchObject({ code: 'unknown_outcome' });
	expect(provider.calls).toEqual([]);
});

test('RS-13 where background is refused, the run goes on without it', async () => {
	const refusal = new ProviderError('provider_bad_request', 'no', { param: 'background' });
	provider.creates = [[refusal], [created, ended(1)]];
	expect((await run()).events.at(-1)?.type).toBe('ended');
	expect(provider.calls).toEqual(['create background', 'create']);
});

test('RS-13 a provider without background mode is never asked for it', async () => {
	provider.can = { ...provider.can, background: false };
	provider.creates = [[created, ended(1)]];
	await run();
	expect(provider.calls).toEqual(['create']);
});

// ---- going on -----------------------------------------------------------------------------------------------------

test('RS-13 a stream that was cut goes on after the last cursor, and never by a second create', async () => {
	provider.creates = [[created, text(1, 'a'), cut]];
	provider.resumes = [[text(2, 'b'), ended(3)]];
	const { events } = await run();
	expect(events).toEqual([created, text(1, 'a'), found, text(2, 'b'), ended(3)]);
	expect(provider.calls).toEqual(['create background', 'resume 1']);
});

test('RS-13 a keepalive moves the cursor', async () => {
	provider.creates = [[created, alive(7)]];
	provider.resumes = [[ended(8)]];
	await run();
	expect(provider.calls).toContain('resume 7');
});

test('RS-13 a background stream that is silent too long is hung up and taken up again', async () => {
	provider.creates = [[created, 'silence']];
	provider.resumes = [[ended(1)]];
	const before = clock.now();
	expect((await run()).events).toEqual([created, found, ended(1)]);
	expect(clock.now() - before).toBe(120_000);
	expect(provider.closed).toBe(2);
});

test('RS-13 what a stream says again after a reattach is not told again, but its cursor counts', async () => {
	const reasoning: ProviderEvent = { cursor: 1, type: 'reasoning', itemId: 'rs', index: 0, text: 'I think' };
	provider.creates = [[created, reasoning, cut]];
	provider.resumes = [[{ ...reasoning, cursor: 2 }, ended(3)]];
	expect((await run()).events).toEqual([created, reasoning, found, alive(2), ended(3)]);
});

test('RS-13 attempts count anew after each progress', async () => {
	provider.creates = [[created, cut]];
	provider.resumes = Array.from({ length: 12 }, (_, index) => [text(index + 1, 'x'), cut]);
	provider.resumes.push([ended(13)]);
	const { events } = await run();
	expect(events.filter((event) => event.type === 'text')).toHaveLength(12);
	expect(provider.calls).not.toContain('fetch');
});

test('RS-13 connections that bring something but do not last are opened ever more slowly, the first one at once', async () => {
	provider.creates = [[created, cut]];
	const openedAt: number[] = [];
	const { resume } = provider;
	provider.resume = function (...call) {
		openedAt.push(clock.now());
		return resume.apply(this, call);
	};
	provider.resumes = Array.from({ length: 8 }, (_, index) => [text(index + 1, 'x'), cut]);
	provider.resumes.push([ended(9)]);
	const begun = clock.now();
	await run();
	const waits = openedAt.map((at, index) => at - (openedAt[index - 1] ?? begun));
	expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
});

test('RS-13 after five reattaches without progress it polls', async () => {
	provider.creates = [[created, cut]];
	provider.resumes = Array.from({ length: 5 }, () => [cut]);
	provider.fetches = [outcome('in_progress'), outcome('completed')];
	const { events } = await run();
	expect(events).toEqual([created, polled, alive(null, 'in_progress'), ended(null)]);
	expect(provider.calls.filter((call) => call === 'resume 0')).toHaveLength(5);
});

const web: ProviderEvent = { cursor: null, type: 'web', itemId: 'ws', state: 'completed', action: null };
const message: ProviderEvent = { cursor: null, type: 'message', itemId: 'msg', phase: null };
const done: ProviderEvent = {
	cursor: null,
	type: 'text_done',
	itemId: 'msg',
	part: 0,
	text: 'all of it',
	citations: []
};

test('RS-13 a stream that is too old is polled, and what was not told is told then, the text whole', async () => {
	provider.creates = [[created, { ...web, cursor: 1 }, text(2, 'all'), cut]];
	provider.resumes = [[gone]];
	provider.fetches = [outcome('in_progress', { items: [web] }), outcome('completed', { items: [web, message, done] })];
	const { events } = await run();
	expect(events.slice(3)).toEqual([
		polled,
		alive(null, 'in_progress'),
		message,
		done,
		ended(null, outcome('completed', { items: [web, message, done] }))
	]);
});

test('RS-13 polls come slower and slower', async () => {
	provider.creates = [[created, cut]];
	provider.resumes = [[gone]];
	provider.fetches = [...Array.from({ length: 5 }, () => outcome('in_progress')), outcome('completed')];
	const before = clock.now();
	await run();
	expect(clock.now() - before).toBe(2_000 + 5_000 + 10_000 + 10_000 + 10_000);
});

test('OP-06 a provider whose answers come sooner is asked sooner', async () => {
	provider = Object.assign(new ScriptedProvider(), { pollMs: [50, 125] });
	provider.creates = [[{ ...created, cursor: null }]];
	provider.fetches = [outcome('in_progress'), outcome('in_progress'), outcome('completed')];
	const before = clock.now();
	await run({ ...request, stream: false });
	expect(clock.now() - before).toBe(50 + 50 + 125);
});

test('RS-06 after an error event the provider itself is asked how the run ended', async () => {
	const failed = outcome('failed', { error: reported });
	provider.creates = [[created, text(1, 'a'), reported]];
	provider.fetches = [failed];
	const { events, error } = await run();
	expect(error).toBeNull();
	expect(events.slice(2)).toEqual([polled, ended(null, failed)]);
});

test('RS-13 an error event in a run that goes on is no end', async () => {
	provider.creates = [[created, reported]];
	provider.fetches = [outcome('in_progress')];
	provider.resumes = [[text(1, 'a'), ended(2)]];
	expect((await run()).events).toEqual([created, found, text(1, 'a'), ended(2)]);
});

test('RS-06 an error event of a run that the provider has forgotten is the error', async () => {
	provider.creates = [[created, reported]];
	provider.fetches = [gone];
	expect((await run()).error).toBe(reported);
});

test('RS-13 a provider that cannot be reached for good fails, after polls that waited longer and longer', async () => {
	provider.creates = [[created, cut]];
	provider.resumes = Array.from({ length: 5 }, () => [unreachable]);
	provider.fetches = Array.from({ length: 6 }, () => unreachable);
	expect((await run()).error).toMatchObject({ code: 'provider_unreachable' });
	expect(provider.calls.filter((call) => call === 'fetch')).toHaveLength(6);
});

test('RS-13 a key that was revoked in the middle ends the run at once', async () => {
	provider.creates = [[created, cut]];
	provider.resumes = [[new ProviderError('provider_auth', 'revoked')]];
	expect((await run()).error).toMatchObject({ code: 'provider_auth' });
});

test('RS-13 an ended stream tells first what it had left out', async () => {
	const full = outcome('completed', { items: [web, message, done] });
	provider.creates = [[created, text(1, 'all'), ended(2, full)]];
	expect((await run()).events).toEqual([created, text(1, 'all'), web, message, done, ended(2, full)]);
});

test('RS-13 everything that the provider sends is heard, keepalives too', async () => {
	provider.creates = [[created, alive(1), alive(2), ended(3)]];
	await run();
	expect(heard).toBe(4);
});

// ---- after a restart ----------------------------------------------------------------------------------------------

test('RS-13 a run that another process began goes on after the stored cursor', async () => {
	memory = leftBehind(41);
	const full = outcome('completed', { items: [web, message, done] });
	provider.resumes = [[text(42, 'rest'), { ...done, cursor: 43 }, ended(44, full)]];
	const { events } = await run();
	// The search belongs to the time before; the message is one that it went on with.
	expect(events).toEqual([found, text(42, 'rest'), { ...done, cursor: 43 }, message, ended(44, full)]);
	expect(provider.calls).toEqual(['resume 41']);
	expect(memory.history).toEqual([]);
});

test('RS-13 a response that lived by the connection of another process is not asked for: it ends as interrupted', async () => {
	memory = leftBehind(null);
	expect((await run()).error).toMatchObject({ code: 'interrupted' });
	expect(provider.calls).toEqual([]);
});

test('RS-13 a run without background mode cannot be taken up by another process', async () => {
	memory = leftBehind(3);
	expect((await run(foreground)).error).toMatchObject({ code: 'interrupted' });
	expect(provider.calls).toEqual([]);
});

// ---- without background, without streaming ------------------------------------------------------------------------

test('RS-13 without background mode a cut ends the run: what arrived is kept', async () => {
	provider.creates = [[created, text(1, 'a')]];
	const { events, error } = await run(foreground);
	expect(events).toEqual([created, text(1, 'a')]);
	expect(error).toMatchObject({
		code: 'provider_connection',
		message: 'The connection to Scripted was lost; what arrived is kept.'
	});
});

test('RS-13 without background mode a silence ends the run, and its request is closed', async () => {
	provider.creates = [[created, 'silence']];
	const { error } = await run(foreground, { idleMs: 30_000 });
	expect(error).toMatchObject({ code: 'provider_idle', message: expect.stringContaining('30 s') });
	expect(provider.closed).toBe(1);
});

test('RS-06 without background mode an error event is the error', async () => {
	provider.creates = [[created, reported]];
	expect((await run(foreground)).error).toBe(reported);
});

test('RS-13 without streaming a background run is polled, without talk of a lost link', async () => {
	provider.creates = [[{ ...created, cursor: null }]];
	provider.fetches = [outcome('in_progress'), outcome('completed', { items: [message, done] })];
	const { events } = await run({ ...request, stream: false });
	expect(events.map((event) => event.type)).toEqual(['created', 'alive', 'message', 'text_done', 'ended']);
});

test('RS-13 without streaming and background one plain request may take as long as it takes', async () => {
	provider.creates = [['silence']];
	const running = collect(attach(provider, { ...foreground, stream: false }, memory, deps()));
	await clock.advance(3_600_000);
	expect(clock.pending).toBe(0);
	abort.abort(new Error('enough'));
	expect((await running).error).toMatchObject({ message: 'enough' });
});

// ---- stuck, aborted -----------------------------------------------------------------------------------------------

test('RS-13 a run that stays queued for more than ten minutes is cancelled at the provider', async () => {
	provider.creates = [[created, alive(1, 'queued'), 'silence']];
	provider.resumes = Array.from({ length: 5 }, () => ['silence' as const]);
	provider.fetches = Array.from({ length: 20 }, () => outcome('queued'));
	const { error } = await run();
	expect(error).toMatchObject({
		code: 'provider_idle',
		message: expect.stringContaining('queued for more than 10 minutes')
	});
	expect(provider.calls.at(-1)).toBe('cancel');
});

test('RS-13 a machine whose clock jumps an hour has not waited an hour: what is queued is left in the queue', async () => {
	provider.creates = [[created, alive(1, 'queued'), alive(2, 'queued'), ended(3)]];
	let jumped = 0;
	const jumping = { now: () => clock.now() + (jumped += 3_600_000), after: clock.after.bind(clock) };
	expect((await run(request, { clock: jumping })).error).toBeNull();
	expect(provider.calls).toEqual(['create background']);
});

test('RS-13 a run that was queued and then began is not given up', async () => {
	provider.creates = [[created, alive(1, 'queued'), alive(2, 'in_progress'), cut]];
	provider.resumes = [[gone]];
	provider.fetches = [...Array.from({ length: 80 }, () => outcome('in_progress')), outcome('completed')];
	expect((await run()).error).toBeNull();
});

test.each([
	['a create without an answer', () => (provider.creates = [['silence']])],
	['a silent stream', () => (provider.creates = [[created, 'silence']])],
	['the wait before a create', () => (provider.creates = [[busy(60)]])],
	[
		'the wait before a reattach',
		() => {
			provider.creates = [[created, cut]];
			provider.resumes = [[cut], [cut]];
		}
	],
	[
		'the wait between polls',
		() => {
			provider.creates = [[created, cut]];
			provider.resumes = [[gone]];
			provider.fetches = [outcome('in_progress')];
		}
	],
	[
		'a resumed stream',
		() => {
			provider.creates = [[created, cut]];
			provider.resumes = [['silence']];
		}
	]
])(
	'CX-15 an abort during %s ends it within moments, with the reason, and cancels nothing itself',
	async (_, arrange) => {
		arrange();
		const running = collect(attach(provider, request, memory, deps()));
		await settle();
		const reason = new Error('the person left');
		abort.abort(reason);
		await settle();
		expect((await running).error).toBe(reason);
		expect(provider.calls).not.toContain('cancel');
		expect(clock.pending).toBe(0);
	}
);

test('CX-15 an abort is obeyed even when the provider does not hear it', async () => {
	provider.create = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
	const running = collect(attach(provider, request, memory, deps()));
	await settle();
	const reason = new Error('the person left');
	abort.abort(reason);
	expect((await running).error).toBe(reason);
});

test('CX-15 who stops listening closes the request', async () => {
	provider.creates = [[created, 'silence']];
	for await (const event of attach(provider, request, memory, deps())) if (event.type === 'created') break;
	expect(provider.closed).toBe(1);
});

test('RS-13 a memory that cannot store the id ends the run before anything is shown', async () => {
	memory.created = () => Promise.reject(new Error('another process holds this job'));
	provider.creates = [[created, text(1, 'a')]];
	const { events, error } = await run();
	expect(events).toEqual([]);
	expect(error).toMatchObject({ message: 'another process holds this job' });
	expect(provider.closed).toBe(1);
});

test('BY-03 that a response still queues at the provider does not count as hearing from it', async () => {
	provider.creates = [[created, alive(1, 'queued'), alive(2, 'queued'), alive(3, 'in_progress'), ended(4)]];
	await run();
	expect(heard).toBe(3);
});
