import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot, JobSummary } from '$lib/jobs/snapshot.ts';
import type { ListShare, Parts, Share } from '$lib/server/live/outlet.ts';
import { plainWire, trpcWire } from '$lib/server/live/wires.ts';

const wire = trpcWire('epoch1', 'identity');

/** What a share keeps, as the reader's side keeps it. */
class Kept {
	readonly #kept = new Map<object, unknown>();

	keep<T>(key: object, make: () => T): T {
		if (!this.#kept.has(key)) this.#kept.set(key, make());
		return this.#kept.get(key) as T;
	}
}

class OneShare extends Kept implements Share {
	readonly jobId: string;
	readonly events;
	readonly liveOnly;
	readonly after: number;
	readonly last: number;
	readonly ends = false;

	constructor(events: JobEvent[], live: JobEvent[] = [], jobId = 'job_1') {
		super();
		this.jobId = jobId;
		this.after = (events[0]?.seq ?? 1) - 1;
		this.last = events.at(-1)?.seq ?? this.after;
		this.events = events.map((event) => ({ ...event, seq: event.seq ?? 0, json: JSON.stringify(event) }));
		this.liveOnly = live.map((event, index) => ({ ...event, version: index + 1, json: JSON.stringify(event) }));
	}
}

class OneList extends Kept implements ListShare {
	readonly feed: JobSummary[];
	readonly removed: string[];

	constructor(feed: JobSummary[], removed: string[] = []) {
		super();
		this.feed = feed;
		this.removed = removed;
	}
}

const event = (jobId: string, seq: number | null, at: number, data: unknown): JobEvent => ({
	...{ jobId, seq, at, type: seq === null ? 'glimpse' : 'mark', data }
});
const words = 'Größe – 東京 😀 "quoted" \\ \n line';
const first = [event('job_1', 3, 10, { text: words }), event('job_1', 4, 20, null)];
const glimpses = [event('job_1', null, 15, [1, 2])];
const second = [event('job_2', 9, 30, { n: 1.5 })];
const summary = { id: 'job_9', title: words } as JobSummary;
const snapshot = { id: 'job_3', seq: 7 } as JobSnapshot;

function parts(part: Partial<Parts>): Parts {
	const cursors = (part.shares ?? []).map(({ jobId, last }) => ({ jobId, after: last }));
	return { kind: 'batch', snapshots: [], shares: [], list: null, cursors, ...part };
}

/** The frame as the object that tRPC's pipeline would be given, and write with `JSON.stringify`. */
function asObject({ kind, snapshots, list }: Parts, events: JobEvent[], transients: JobEvent[]): string {
	const removed = list && list.removed.length > 0 ? { removed: list.removed } : {};
	return JSON.stringify({ kind, snapshots, events, transients, feed: list?.feed ?? null, ...removed });
}

const written = (given: Parts) => String(wire.frame(given));

test('RS-09 a frame of one job is byte for byte what JSON.stringify makes of it, with its id', () => {
	const given = parts({ shares: [new OneShare(first, glimpses)] });
	expect(written(given)).toBe(`data: ${asObject(given, first, glimpses)}\nid: epoch1;job_1:4\n\n\n`);
});

test('RS-09 so is one of several jobs, with snapshots, the list and what was deleted from it', () => {
	const shares = [new OneShare(first, glimpses), new OneShare([], [], 'job_4'), new OneShare(second, [], 'job_2')];
	const lists = [null, new OneList([]), new OneList([summary, summary]), new OneList([summary], ['job_5', 'job_6'])];
	for (const list of lists) {
		const given = parts({ shares, list, snapshots: [snapshot] });
		const frame = `data: ${asObject(given, [...first, ...second], glimpses)}\nid: epoch1;job_1:4,job_4:0,job_2:9\n\n\n`;
		expect(written(given)).toBe(frame);
	}
});

test('RS-09 so are one without any event, and one of the list alone', () => {
	const live = parts({ kind: 'live', cursors: [{ jobId: 'job_1', after: 4 }] });
	expect(written(live)).toBe(`data: ${asObject(live, [], [])}\nid: epoch1;job_1:4\n\n\n`);
	const list = parts({ list: new OneList([summary], ['job_5']) });
	expect(written(list)).toBe(`data: ${asObject(list, [], [])}\nid: epoch1;\n\n\n`);
});

test('RS-09 readers of one job at one cursor share the bytes; another place in the log has an id of its own', () => {
	const share = new OneShare(first);
	const given = parts({ shares: [share] });
	expect(wire.frame(given)).toBe(wire.frame({ ...given }));
	const ahead = { ...given, cursors: [{ jobId: 'job_1', after: 8 }] };
	expect(written(ahead)).toContain('id: epoch1;job_1:8\n');
	const more = { ...given, cursors: [...given.cursors, { jobId: 'job_2', after: 2 }] };
	expect(written(more)).toContain('id: epoch1;job_1:4,job_2:2\n');
	expect(written(given)).toContain('id: epoch1;job_1:4\n');
});

test('RS-09 the framing is HTTP’s own: a chunk begins with the size of its bytes', () => {
	const given = parts({ shares: [new OneShare(first, glimpses)] });
	for (const [chunked, plain] of [
		[trpcWire('epoch1', 'chunked'), wire],
		[plainWire('chunked'), plainWire('identity')]
	] as const) {
		for (const [framed, bare] of [
			[chunked.frame(given), plain.frame(given)],
			[chunked.ping, plain.ping]
		])
			expect(String(framed)).toBe(`${bare?.length.toString(16)}\r\n${String(bare)}\r\n`);
	}
});

test('CH-11 a quiet stream of either door is told to be alive, in the words of its client', () => {
	expect(String(wire.ping)).toBe('event: ping\ndata: \n\n\n');
	expect(String(plainWire('identity').ping)).toBe(': keep-alive\n\n');
});

test('AG-04 a stream of the typed door begins with a hint that is spread, and `connected`', () => {
	const opening = String(wire.opening());
	expect(opening).toMatch(/^retry: \d+\n\nevent: connected\ndata: \{"reconnectAfterInactivityMs":40000\}\n\n\n$/);
	const hints = Array.from({ length: 100 }, () => Number(/retry: (\d+)/.exec(String(wire.opening()))?.[1]));
	expect(Math.min(...hints)).toBeGreaterThanOrEqual(700);
	expect(Math.max(...hints)).toBeLessThanOrEqual(1_500);
	expect(new Set(hints).size).toBeGreaterThan(10);
});

test('RS-07 the plain wire names each event, gives an id to those of the log only, and keeps their order', () => {
	const given = parts({ shares: [new OneShare(first, glimpses)] });
	const [three, four] = first.map((logged) => JSON.stringify(logged));
	expect(String(plainWire('identity').frame(given))).toBe(
		`event: mark\nid: 3\ndata: ${three}\n\n` +
			`event: glimpse\ndata: ${JSON.stringify(glimpses[0])}\n\n` +
			`event: mark\nid: 4\ndata: ${four}\n\n`
	);
});

test('RS-07 the plain wire says nothing of a frame without events', () => {
	expect(plainWire('chunked').frame(parts({ kind: 'live' }))).toBeNull();
	expect(plainWire('chunked').frame(parts({ list: new OneList([summary]), shares: [new OneShare([])] }))).toBeNull();
});
