import { afterEach, expect, test, vi } from 'vitest';
import { Leadership, type LeadershipTools } from '$lib/client/leadership.ts';
import type { LiveFrame } from '$lib/client/live-frame.ts';
import { TabConnection } from '$lib/client/tab-connection.svelte.ts';
import { chooseTransport, chosenTransport } from '$lib/client/transport.ts';
import type { Client } from '$lib/client/trpc.ts';

/** What each stream was asked to follow, with the means to send a frame through it. */
interface Stream {
	follow: { jobId: string; after: number }[];
	send(frame: Partial<LiveFrame>): void;
	refuse(code: string): void;
	open: boolean;
}

interface Told {
	onData(item: { data: LiveFrame }): void;
	onError(error: { data: { code: string } }): void;
}

const streams: Stream[] = [];
const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
	streams.length = 0;
});

const empty: LiveFrame = { kind: 'batch', snapshots: [], events: [], transients: [], feed: null };

/** A client whose live stream is in the test's hands. */
const client = {
	live: {
		watch: {
			subscribe(input: { follow: Stream['follow'] }, on: Told) {
				const stream: Stream = {
					follow: input.follow,
					open: true,
					refuse: (code) => on.onError({ data: { code } }),
					send: (frame) => on.onData({ data: { ...empty, ...frame } })
				};
				streams.push(stream);
				return { unsubscribe: () => void (stream.open = false) };
			}
		}
	}
} as unknown as Client;

/** Web Locks of one name, as a browser keeps them: one holder, the others in line; who steals it is the holder. */
function locks(): NonNullable<LeadershipTools['locks']> {
	let line = Promise.resolve();
	let rob: () => void = () => undefined;
	const held = (hold: () => Promise<void>) =>
		Promise.race([
			hold(),
			new Promise<void>((_, reject) => (rob = () => reject(new DOMException('stolen', 'AbortError'))))
		]);
	const request = (
		_name: string,
		{ signal, steal }: { signal?: AbortSignal; steal?: boolean },
		hold: () => Promise<void>
	) => {
		const before = line;
		if (steal) rob();
		const mine = steal ? held(hold) : before.then(() => (signal?.aborted ? undefined : held(hold)));
		line = steal
			? Promise.all([before, mine.catch(() => undefined)]).then(() => undefined)
			: mine.catch(() => undefined);
		return mine;
	};
	return { request } as unknown as NonNullable<LeadershipTools['locks']>;
}

function tab(name: string, shared: LeadershipTools['locks'], follow: Stream['follow'] = []) {
	const frames: LiveFrame[] = [];
	const channel = new BroadcastChannel(name);
	const wants = { follow };
	const connection = new TabConnection(
		client,
		{
			follow: () => wants.follow,
			frame: (frame) => frames.push(frame),
			missing: () => undefined
		},
		{ locks: shared, channel }
	);
	connection.open();
	closing.push(() => connection.close());
	return { connection, frames, wants };
}

const open = () => streams.filter((stream) => stream.open);
const followed = () => (open()[0]?.follow ?? []).toSorted((a, b) => (a.jobId < b.jobId ? -1 : 1));
const event = (seq: number) => ({ jobId: 'a', seq, at: 0, type: 'notice', data: {} });

test('BY-07 of many tabs one holds the stream, for what all of them follow, each job from the tab that is furthest behind', async () => {
	const shared = locks();
	tab('many', shared, [{ jobId: 'a', after: 7 }]);
	tab('many', shared, [{ jobId: 'a', after: 3 }]);
	tab('many', shared, [{ jobId: 'b', after: 0 }]);
	await vi.waitFor(() =>
		expect(followed()).toEqual([
			{ jobId: 'a', after: 3 },
			{ jobId: 'b', after: 0 }
		])
	);
	expect(open()).toHaveLength(1);
});

test('BY-07 what comes reaches every tab, and each knows how the leader is connected', async () => {
	const shared = locks();
	const tabs = [tab('reach', shared), tab('reach', shared), tab('reach', shared)];
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	open()[0]?.send({ events: [event(1)] });
	await vi.waitFor(() => {
		for (const { frames } of tabs) expect(frames.map(({ events }) => events[0]?.seq)).toEqual([1]);
		for (const { connection } of tabs) expect(connection.current.state).toBe('live');
	});
});

test('BY-07 a tab alone passes nothing on, and begins to when another has said what it wants', async () => {
	const shared = locks();
	const passed: unknown[] = [];
	const ear = new BroadcastChannel('alone');
	closing.push(() => ear.close());
	ear.onmessage = ({ data }: MessageEvent<{ kind: string }>) => passed.push(data.kind);
	tab('alone', shared);
	await expect.poll(() => streams.length).toBe(1);
	for (let n = 0; n < 3; n++) streams[0]?.send({ kind: 'live' });
	const second = tab('alone', shared);
	await expect.poll(() => passed.filter((kind) => kind === 'want').length).toBeGreaterThan(1);
	expect(passed).not.toContain('frame');
	streams[0]?.send({ kind: 'live' });
	await expect.poll(() => passed).toContain('frame');
	expect(second.frames).toHaveLength(1);
});

test('BY-07 when the leader goes, another goes on from the cursors of those who stay', async () => {
	const shared = locks();
	const leader = tab('handover', shared, [{ jobId: 'a', after: 0 }]);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	const heir = tab('handover', shared, [{ jobId: 'a', after: 0 }]);
	await vi.waitFor(() => expect(streams).toHaveLength(2));
	open()[0]?.send({ events: [event(1), event(2)] });
	await vi.waitFor(() => expect(heir.frames).toHaveLength(1));
	heir.wants.follow = [{ jobId: 'a', after: 2 }];
	leader.connection.close();
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 2 }]));
	open()[0]?.send({ events: [event(3)] });
	expect(heir.frames.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 2, 3]);
});

test('TS-26 a choice of transport made in any tab connects the leader anew once it can be read there, and nothing else does', async () => {
	const shared = locks();
	tab('chosen', shared);
	tab('chosen', shared);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	// As the browser tells of what another tab has kept: the second tab holds no stream, and opens none.
	dispatchEvent(new StorageEvent('storage', { key: 'headway-theme' }));
	expect(streams).toHaveLength(1);
	dispatchEvent(new StorageEvent('storage', { key: 'headway-transport' }));
	expect(streams).toHaveLength(2);
	expect(chooseTransport('websocket')).toBe(true);
	expect(chosenTransport()).toBe('websocket');
	expect(streams).toHaveLength(3);
	chooseTransport('sse');
	expect([streams.length, open().length]).toEqual([4, 1]);
});

test('BY-07 a tab that opens a job adds it to the stream, and one that goes takes its jobs along', async () => {
	const shared = locks();
	tab('change', shared, [{ jobId: 'a', after: 0 }]);
	const other = tab('change', shared);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	other.wants.follow = [{ jobId: 'b', after: 4 }];
	other.connection.changed();
	await vi.waitFor(() => expect(followed().map(({ jobId }) => jobId)).toEqual(['a', 'b']));
	other.connection.close();
	tab('change', shared, [{ jobId: 'c', after: 0 }]);
	await vi.waitFor(() => expect(followed().map(({ jobId }) => jobId)).toEqual(['a', 'c']));
});

test('BY-07 a tab that lacks events of a job that the stream carries gets them again', async () => {
	const shared = locks();
	tab('behind', shared, [{ jobId: 'a', after: 9 }]);
	const late = tab('behind', shared, [{ jobId: 'a', after: 9 }]);
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 9 }]));
	late.wants.follow = [{ jobId: 'a', after: 4 }];
	late.connection.resume();
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 4 }]));
});

test('BY-07 without Web Locks (plain http on a LAN) the tabs agree by heartbeat, and another takes over when they stop', async () => {
	const leader = tab('beats', undefined);
	await vi.waitFor(() => expect(open()).toHaveLength(1), { timeout: 3_000 });
	tab('beats', undefined, [{ jobId: 'b', after: 0 }]);
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'b', after: 0 }]), { timeout: 3_000 });
	expect(open()).toHaveLength(1);
	leader.connection.close();
	expect(open()).toHaveLength(0);
	await vi.waitFor(() => expect(open()).toHaveLength(1), { timeout: 5_000 });
}, 12_000);

test('BY-07 without Web Locks a leader that goes names one heir, and no other tab leads even for a moment', async () => {
	const passed: { kind: string; heir?: string }[] = [];
	const ear = new BroadcastChannel('heir');
	closing.push(() => ear.close());
	ear.onmessage = ({ data }: MessageEvent<{ kind: string }>) => passed.push(data);
	const leader = tab('heir', undefined, [{ jobId: 'a', after: 0 }]);
	await expect.poll(() => open()).toHaveLength(1);
	const others = Array.from({ length: 11 }, () => tab('heir', undefined, [{ jobId: 'a', after: 0 }]));
	await expect.poll(() => passed.filter(({ kind }) => kind === 'want').length).toBeGreaterThan(others.length);
	leader.connection.close();
	await expect.poll(() => others.filter(({ connection }) => connection.leads)).toHaveLength(1);
	expect(passed.filter(({ kind }) => kind === 'gone').map(({ heir }) => typeof heir)).toEqual(['string']);
	// Twice the time in which the others would stand.
	await new Promise((resolve) => setTimeout(resolve, 800));
	const since = passed.slice(passed.findIndex(({ kind }) => kind === 'gone'));
	expect(since.filter(({ kind }) => kind === 'led')).toHaveLength(1);
	expect(open()).toHaveLength(1);
});

test('BY-07 without Web Locks an heir goes first, and one that is not there any more is not waited for', () => {
	vi.useFakeTimers();
	closing.push(() => vi.useRealTimers());
	const channel = new EventTarget();
	const say = (data: object) => channel.dispatchEvent(new MessageEvent('message', { data }));
	const tools = { locks: undefined, channel: Object.assign(channel, { postMessage: () => undefined }) };
	const stands = (name: string) => {
		const leadership = new Leadership(name, tools as unknown as LeadershipTools, () => undefined);
		closing.push(() => leadership.close());
		leadership.stand();
		return leadership;
	};
	const [heir, other] = [stands('heir'), stands('other')];
	say({ kind: 'beat', rank: '0leader' });
	say({ kind: 'gone', heir: 'heir' });
	expect([heir.leads, other.leads]).toEqual([true, false]);
	vi.advanceTimersByTime(199);
	expect(other.leads).toBe(false);
	vi.advanceTimersByTime(202);
	expect(other.leads).toBe(true);
});

test('BY-12 every tab knows when the server was last heard, and which of them holds the connection', async () => {
	const shared = locks();
	const tabs = [tab('heard', shared), tab('heard', shared)];
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	expect(tabs.map(({ connection }) => connection.leads)).toEqual([true, false]);
	const from = Date.now();
	open()[0]?.send({ events: [event(1)] });
	await vi.waitFor(() => {
		for (const { connection } of tabs) expect(connection.heardAt).toBeGreaterThanOrEqual(from);
	});
});

test('BY-07 the cursors of the other tabs move on with what they were passed: a new stream brings nothing again', async () => {
	const shared = locks();
	const leader = tab('moved', shared);
	const other = tab('moved', shared);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	other.wants.follow = [{ jobId: 'a', after: 0 }];
	other.connection.changed();
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 0 }]));
	open()[0]?.send({ events: [event(1), event(2)] });
	leader.connection.resume();
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 2 }]));
});

test('TS-11 a person in any tab can have the connection tried now', async () => {
	const shared = locks();
	tab('again', shared);
	const other = tab('again', shared);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	const before = streams.length;
	await vi.waitFor(() => expect(other.connection.current.state).toBe('connecting'));
	other.connection.tryAgain();
	await vi.waitFor(() => expect(streams).toHaveLength(before + 1));
	expect(open()).toHaveLength(1);
});

test('BY-07 a tab that is looked at does not wait for a leader that its browser has suspended', async () => {
	const shared = locks();
	const asleep = tab('asleep', shared, [{ jobId: 'a', after: 1 }]);
	await vi.waitFor(() => expect(asleep.connection.leads).toBe(true));
	// It keeps its lock, and hears and says nothing.
	const says = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockReturnValue();
	const other = tab('asleep', shared, [{ jobId: 'a', after: 3 }]);
	says.mockRestore();
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	expect(other.connection.leads).toBe(false);
	await vi.waitFor(() => expect(other.connection.leads).toBe(true), { timeout: 5_000 });
	// Awake again, it has lost the lead.
	await vi.waitFor(() => expect(asleep.connection.leads).toBe(false));
	expect(open()).toHaveLength(1);
	other.connection.close();
	await vi.waitFor(() => expect(asleep.connection.leads).toBe(true));
}, 12_000);

test('BY-07 what a tab followed that died unheard does not stop the others once it is gone', async () => {
	const shared = locks();
	const leader = tab('died', shared, [{ jobId: 'a', after: 1 }]);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	const dead = new BroadcastChannel('died');
	closing.push(() => dead.close());
	dead.postMessage({ kind: 'want', tab: 'dead', follow: [{ jobId: 'gone', after: 0 }], behind: false });
	await vi.waitFor(() => expect(followed().map(({ jobId }) => jobId)).toEqual(['a', 'gone']));
	open()[0]?.refuse('NOT_FOUND');
	leader.connection.changed();
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 1 }]));
});

test('BY-07 without Web Locks, tabs whose timers sleep do not all take the lead when they wake', async () => {
	vi.useFakeTimers();
	closing.push(() => vi.useRealTimers());
	let alive = true;
	const channel = new EventTarget();
	const beat = () => channel.dispatchEvent(new MessageEvent('message', { data: { kind: 'beat', rank: '0a' } }));
	const postMessage = ({ kind }: { kind: string }) => {
		if (kind === 'who' && alive) beat();
	};
	const led: boolean[] = [];
	const tools = { locks: undefined, channel: Object.assign(channel, { postMessage }) };
	const leadership = new Leadership('b', tools as unknown as LeadershipTools, (leads) => led.push(leads));
	closing.push(() => leadership.close());
	leadership.stand();
	const wake = () => {
		vi.setSystemTime(Date.now() + 60_000);
		vi.advanceTimersByTime(500);
	};
	for (let minute = 0; minute < 3; minute += 1) wake();
	expect(led).toEqual([]);
	alive = false;
	for (let minute = 0; minute < 2; minute += 1) wake();
	expect(led).toEqual([true]);
});

test('BY-07 a page out of the back-forward cache takes part again, from where it was', async () => {
	const shared = locks();
	tab('back', shared, [{ jobId: 'a', after: 5 }]);
	await vi.waitFor(() => expect(open()).toHaveLength(1));
	dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
	expect(open()).toHaveLength(0);
	dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
	await vi.waitFor(() => expect(followed()).toEqual([{ jobId: 'a', after: 5 }]));
	expect(open()).toHaveLength(1);
});
