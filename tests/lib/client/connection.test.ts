import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Connection, type ConnectionUse } from '$lib/client/connection.svelte.ts';
import type { Follow, LiveFrame } from '$lib/client/live-frame.ts';
import { FakeServer, refusal, type Call } from './fake-server.ts';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const frameOf = (part: Partial<LiveFrame> = {}): LiveFrame => ({
	...{ kind: 'live', snapshots: [], events: [], transients: [], feed: null },
	...part
});
const event = (seq: number) => ({ jobId: 'job_a', seq, at: 0, type: 'notice', data: {} });
/** What `live.poll` answers. */
const answer = (part: Partial<LiveFrame> = {}) => ({
	frame: frameOf(part),
	mark: { at: 5, version: 7 },
	logEpoch: 'e1'
});
const isPoll = ({ path }: Call) => path === 'live.poll';

/** A connection that follows one job from where its last frame left it. */
async function connected(answering: (call: Call) => unknown = () => answer(), server = new FakeServer()) {
	server.answer = answering;
	const follow: Follow = [{ jobId: 'job_a', after: 0 }];
	const seen: number[] = [];
	const told = { heard: 0, missing: 0 };
	const states: string[] = [];
	const use: ConnectionUse = {
		follow: () => follow,
		frame: ({ events }) => {
			for (const { seq } of events) seen.push(seq ?? 0);
			const [followed] = follow;
			if (followed) followed.after = Math.max(followed.after, ...events.map(({ seq }) => seq ?? 0));
		},
		state: ({ state }) => void states.push(state),
		heard: () => void (told.heard += 1),
		missing: () => void (told.missing += 1)
	};
	const connection = new Connection(server.client, use);
	connection.open();
	onTestFinished(() => connection.close());
	await settle();
	const asked = () => server.calls.filter(isPoll).map(({ input }) => input as { follow: Follow; mark?: unknown });
	return { server, connection, follow, states, seen, told, asked };
}

/** A WebSocket behind a proxy that knows none. */
class RefusedSocket extends EventTarget {
	static readonly OPEN = 1;
	readyState = 0;

	constructor() {
		super();
		setTimeout(() => {
			this.readyState = 3;
			this.dispatchEvent(new Event('error'));
			this.dispatchEvent(new Event('close'));
		}, 1);
	}

	close(): void {
		this.readyState = 3;
	}
}

/** Every attempt at a stream fails, as long as this is called for. */
async function failStreams(server: FakeServer, ms: number): Promise<void> {
	for (let passed = 0; passed < ms; passed += 50) {
		if (server.stream.open) server.stream.fail(true);
		await settle(50);
	}
}

describe('the watchdog', () => {
	test('RS-08 TS-11 a stream on which nothing comes for 20 s, not even a ping, is given up and another goes on', async () => {
		const { server, connection } = await connected();
		server.stream.connect();
		server.stream.send(frameOf({ events: [event(1)] }));
		for (let beat = 0; beat < 4; beat += 1) {
			await settle(15_000);
			server.stream.ping();
		}
		expect(server.streams).toHaveLength(1);
		expect(connection.current.state).toBe('live');
		await settle(19_900);
		expect(connection.current.state).toBe('live');
		await settle(200);
		expect(connection.current.state).toBe('retrying');
		expect(server.streams[0]?.open).toBe(false);
		await settle(1_000);
		expect(server.stream.input.follow).toEqual([{ jobId: 'job_a', after: 1 }]);
	});

	test('BY-12 it knows when the server was last heard, pings too', async () => {
		const { server, connection, told } = await connected();
		expect(connection.heardAt).toBeNull();
		server.stream.connect();
		await settle();
		server.stream.send(frameOf());
		expect(connection.heardAt).toBe(Date.now());
		await settle(15_000);
		const before = told.heard;
		server.stream.ping();
		expect(connection.heardAt).toBe(Date.now());
		expect(told.heard).toBe(before + 1);
	});
});

describe('trying again', () => {
	test('TS-11 the waits between attempts grow, up to ten seconds, and are spread', async () => {
		const waits: number[] = [];
		const spread = [0, 0.5, 1];
		vi.spyOn(Math, 'random').mockImplementation(() => spread[waits.length % 3] ?? 0);
		const { server } = await connected(() => new Response('', { status: 502 }));
		for (let attempt = 0; attempt < 2; attempt += 1) {
			const [count, from] = [server.streams.length, Date.now()];
			server.stream.fail(true);
			while (server.streams.length === count) await settle(5);
			waits.push(Date.now() - from);
		}
		expect(waits).toEqual([375, 1_000]);
	});

	test('TS-17 who is told how long to wait does not come before', async () => {
		const { server } = await connected();
		server.stream.connect();
		server.stream.refuse('TOO_MANY_REQUESTS', 'You have too many streams open.', 8);
		await settle(7_900);
		expect(server.streams).toHaveLength(1);
		await settle(200);
		expect(server.streams).toHaveLength(2);
	});

	test('TS-11 a stream that serves but is cut again and again does not make the page ask instead', async () => {
		const { server, connection, asked } = await connected();
		for (let cut = 0; cut < 5; cut += 1) {
			server.stream.connect();
			server.stream.send(frameOf({ events: [event(cut + 1)] }));
			await settle();
			expect(connection.current.state).toBe('live');
			const count = server.streams.length;
			server.stream.fail();
			while (server.streams.length === count) await settle(100);
		}
		expect(asked()).toEqual([]);
	});

	test('TS-11 when it has failed for two minutes it says so, and a person’s word tries again at once', async () => {
		const { server, connection } = await connected(() => {
			throw new TypeError('fetch failed');
		});
		await failStreams(server, 110_000);
		expect(connection.current.state).toBe('retrying');
		await failStreams(server, 45_000);
		expect(connection.current.state).toBe('failed');
		const attempts = server.streams.length;
		connection.tryAgain();
		await settle();
		expect(server.streams).toHaveLength(attempts + 1);
		expect(connection.current.state).toBe('retrying');
		server.stream.connect();
		await settle();
		expect(connection.current.state).toBe('live');
	});

	test('TS-11 an answer that no attempt can change is said at once', async () => {
		const { server, connection } = await connected();
		server.stream.connect();
		server.stream.refuse('FORBIDDEN', 'This address is not served.');
		await settle();
		expect(connection.current.state).toBe('failed');
	});
});

describe('moments of the browser', () => {
	const shown = (state: DocumentVisibilityState) => {
		vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
		document.dispatchEvent(new Event('visibilitychange'));
	};

	test.for([
		['the page is looked at again', () => shown('visible')],
		['the page comes out of the back-forward cache', () => dispatchEvent(new Event('pageshow'))]
	] as const)('TS-11 when %s a pending attempt is made at once', async ([, happens]) => {
		const { server, asked } = await connected();
		server.stream.connect();
		await settle();
		happens();
		await settle();
		expect(server.streams).toHaveLength(1);
		server.stream.fail();
		await settle();
		expect(server.streams).toHaveLength(1);
		happens();
		await settle();
		expect(server.streams).toHaveLength(2);
		expect(asked()).toEqual([]);
	});

	test('TS-11 after a sleep, in which no timer ran, a stale stream is replaced at once', async () => {
		const { server } = await connected();
		server.stream.connect();
		server.stream.send(frameOf());
		await settle();
		vi.setSystemTime(Date.now() + 60_000);
		shown('visible');
		await settle(1_000);
		expect(server.streams).toHaveLength(2);
	});
});

describe('a broken frame', () => {
	test.for([
		['no JSON', '{"kind":"bat'],
		['JSON of another shape', '{"hello":"there"}']
	] as const)(
		'AG-07 %s is skipped with a warning, the frames after it count, and what it brought is fetched from the cursor',
		async ([, raw]) => {
			const warn = vi.spyOn(console, 'warn').mockReturnValue();
			const { server, connection, seen } = await connected();
			server.stream.connect();
			server.stream.send(frameOf({ events: [event(1)] }));
			await settle();
			server.stream.sendRaw(raw);
			await settle();
			expect(warn).toHaveBeenCalledOnce();
			expect(connection.current.state).toBe('live');
			expect(server.streams[0]?.open).toBe(true);
			server.stream.send(frameOf({ transients: [] }));
			await settle(1_000);
			expect(server.streams).toHaveLength(2);
			expect(server.stream.input.follow).toEqual([{ jobId: 'job_a', after: 1 }]);
			server.stream.connect();
			server.stream.send(frameOf({ events: [event(2)] }));
			await settle();
			expect(seen).toEqual([1, 2]);
		}
	);

	test('AG-07 a server that only sends broken frames is not asked in a tight circle', async () => {
		vi.spyOn(console, 'warn').mockReturnValue();
		const { server } = await connected();
		for (let passed = 0; passed < 60_000; passed += 50) {
			if (server.stream.readyState === 0) {
				server.stream.connect();
				server.stream.sendRaw('broken');
			}
			await settle(50);
		}
		expect(server.streams.length).toBeLessThan(14);
	});
});

describe('asking instead', () => {
	test('AG-06 after three failures in a row it asks every 3 s from the same cursors, says so, and shows nothing twice', async () => {
		let asks = 0;
		const { server, connection, seen, asked } = await connected(() => answer({ events: [event((asks += 1))] }));
		await failStreams(server, 3_000);
		expect(connection.current.state).toBe('polling');
		await failStreams(server, 6_000);
		expect(seen).toEqual([1, 2, 3]);
		expect(asked().map(({ follow }) => follow[0]?.after)).toEqual([0, 1, 2]);
		expect(asked().map(({ mark }) => mark)).toEqual([undefined, { at: 5, version: 7 }, { at: 5, version: 7 }]);
	});

	test('AG-06 while there is more it asks on without waiting', async () => {
		let asks = 0;
		const { server, asked } = await connected(() => {
			asks += 1;
			return answer({ kind: asks < 4 ? 'batch' : 'live', events: [event(asks)] });
		});
		await failStreams(server, 3_500);
		expect(asked().length).toBeGreaterThanOrEqual(4);
	});

	test('AG-06 a stream is tried every 30 s, quietly; when one works, it asks no more', async () => {
		const { server, connection, asked } = await connected();
		await failStreams(server, 6_000);
		expect(connection.current.state).toBe('polling');
		const tried = server.streams.length;
		await settle(29_000);
		expect(server.streams.length).toBeLessThanOrEqual(tried + 1);
		expect(connection.current.state).toBe('polling');
		await settle(2_000);
		expect(server.streams.length).toBe(tried + 1);
		server.stream.connect();
		server.stream.send(frameOf());
		await settle();
		expect(connection.current.state).toBe('live');
		const count = asked().length;
		await settle(10_000);
		expect(asked()).toHaveLength(count);
	});

	test('AG-06 a connect that hangs for 10 s while requests get through (a buffering proxy) ends in asking at once', async () => {
		const { server, connection, seen } = await connected(() => answer({ events: [event(1)] }));
		await settle(9_900);
		expect(connection.current.state).toBe('connecting');
		await settle(200);
		expect(connection.current.state).toBe('polling');
		expect(seen[0]).toBe(1);
		// Another since there are answers, and one the usual way; then seldom.
		await settle(49_000);
		expect(connection.current.state).toBe('polling');
		expect(server.streams).toHaveLength(3);
		await settle(3_000);
		expect(server.streams).toHaveLength(4);
	});

	test('AG-06 a restart that lasts longer than three attempts is never called a way that does not get through', async () => {
		const away = { value: true };
		const { server, connection, states } = await connected(() => {
			if (away.value) throw new TypeError('fetch failed');
			return answer();
		});
		await failStreams(server, 12_000);
		away.value = false;
		const before = server.streams.length;
		while (server.streams.length === before || !server.stream.open) await settle(10);
		server.stream.connect();
		server.stream.send(frameOf());
		await settle();
		expect(connection.current.state).toBe('live');
		expect(states).not.toContain('polling');
	});

	test('AG-06 streams that each bring something and then go mute (a proxy with a buffer) end in asking, until one lasts', async () => {
		const { server, connection, asked } = await connected();
		const served = async () => {
			server.stream.connect();
			server.stream.send(frameOf());
			await settle(21_000);
		};
		await served();
		await served();
		expect(connection.current.state).toBe('polling');
		server.stream.connect();
		server.stream.send(frameOf());
		await settle(1_000);
		expect(connection.current.state).toBe('polling');
		for (let beat = 0; beat < 2; beat += 1) {
			await settle(15_000);
			server.stream.ping();
		}
		server.stream.send(frameOf());
		await settle();
		expect(connection.current.state).toBe('live');
		const count = asked().length;
		await settle(10_000);
		expect(asked()).toHaveLength(count);
	});

	test('AG-06 TS-26 a WebSocket that does not get through to a server that answers gives way to server-sent events', async () => {
		const sockets: RefusedSocket[] = [];
		class Socket extends RefusedSocket {
			constructor() {
				super();
				sockets.push(this);
			}
		}
		const server = new FakeServer({ transport: () => 'websocket', WebSocket: Socket as unknown as typeof WebSocket });
		const { connection } = await connected(() => answer(), server);
		while (server.streams.length === 0 && Date.now() < 1_030_000) await settle(50);
		expect(sockets.length).toBeGreaterThanOrEqual(3);
		server.stream.connect();
		server.stream.send(frameOf());
		await settle();
		expect(connection.current.state).toBe('live');
		const tried = sockets.length;
		await settle(6_000);
		server.stream.fail();
		await settle(1_000);
		expect(server.streams).toHaveLength(2);
		expect(sockets).toHaveLength(tried);
		connection.tryAgain();
		await settle();
		expect(sockets).toHaveLength(tried + 1);
	});

	test('AG-06 what is followed anew while a stream is being tried beside the questions is in that stream', async () => {
		const { server, connection, follow } = await connected();
		await failStreams(server, 3_000);
		while (!server.stream.open) await settle(50);
		follow.push({ jobId: 'job_b', after: 4 });
		connection.changed();
		await settle(100);
		expect(server.stream.input.follow).toContainEqual({ jobId: 'job_b', after: 4 });
	});

	test('AG-06 a server that is away is not said to be asked; when it answers again, a stream is tried at once', async () => {
		const away = { value: true };
		const { server, connection } = await connected(() => {
			if (away.value) throw new TypeError('fetch failed');
			return answer();
		});
		await failStreams(server, 20_000);
		expect(connection.current.state).toBe('retrying');
		away.value = false;
		const attempts = server.streams.length;
		while (server.streams.length === attempts) await settle(50);
		server.stream.connect();
		server.stream.send(frameOf());
		await settle();
		expect(connection.current.state).toBe('live');
	});

	test('TS-17 asking honours how long it is told to wait', async () => {
		const busy = () => refusal('TOO_MANY_REQUESTS', 429, 'limit_reached', 'Too many requests.', 20);
		const { server, asked } = await connected(busy);
		await failStreams(server, 5_000);
		expect(asked()).toHaveLength(1);
		await failStreams(server, 14_000);
		expect(asked()).toHaveLength(1);
		await failStreams(server, 4_000);
		expect(asked()).toHaveLength(2);
	});
});
