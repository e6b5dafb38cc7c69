import { onTestFinished } from 'vitest';
import { isTerminal } from '$lib/jobs/job.ts';
import { Live } from '$lib/server/live/live.ts';
import type { Frame, LiveSources, StreamEnd, Watch } from '$lib/server/live/watch.ts';
import type { Outlet, PushedStream } from '$lib/server/live/outlet.ts';
import { trpcWire } from '$lib/server/live/wires.ts';
import { Transients } from '$lib/server/transients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeCore } from './core.ts';

/** Live streams over a real log, on a clock that the test moves; `feeds` has the instant of each read of a list. */
export function makeLive(limits = { streams: 0, streamsPerOwner: 0 }) {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const transients = new Transients(core.bell, clock);
	const feeds: number[] = [];
	const sources: LiveSources = {
		...{ log: core.log, bell: core.bell, transients, clock, logger: { debug: () => undefined } },
		...{ limits, longestMs: 300_000 },
		async head(owner, id) {
			const { seq, status } = await core.queries.get(owner, id);
			return { seq, ended: isTerminal(status) };
		},
		snapshot: async (owner, id) => core.snapshots.of(await core.queries.get(owner, id)),
		async feed(owner, since) {
			feeds.push(clock.now());
			const positions = await core.store.queuePositions();
			const changed = await core.queries.changed(owner, since);
			const moved = await core.store.movedSince(owner, since);
			const rows = [...changed, ...moved.filter(({ id }) => !changed.some((row) => row.id === id))];
			return rows.map((row) => core.queries.summary(row, positions));
		},
		removed: (owner, since) => core.store.removals.since(owner, since)
	};
	const closed: string[] = [];
	sources.closed = (door, how) => void closed.push(`${door} ${how}`);
	const live = new Live(sources);
	const watch = (asked: Partial<Watch>, signal = new AbortController().signal) =>
		live.watch({ owner: 'local', follow: [], feed: false, snapshots: true, ...asked }, signal);
	const push = async (asked: Partial<Watch>) => {
		const watched = { owner: 'local', follow: [], feed: false, snapshots: true, ...asked };
		const taker = new Taker(await live.push(watched), core.logEpoch);
		onTestFinished(() => taker.stream.leave());
		return taker;
	};
	/** An open stream that has sent what there was. */
	const started = async (asked: Partial<Watch>) => (await push(asked)).start();
	return { core, clock, live, sources, transients, feeds, closed, watch, push, started };
}

/** A reader of a pushed stream whose connection the test fills and empties. */
export class Taker implements Outlet {
	static #wires = new Map<string, ReturnType<typeof trpcWire>>();
	readonly wire;
	readonly stream: PushedStream;
	readonly sent: Buffer[] = [];
	readonly ends: { how: StreamEnd; error: unknown }[] = [];
	pings = 0;
	full = false;

	constructor(stream: PushedStream, logEpoch: string) {
		this.stream = stream;
		const wire = Taker.#wires.get(logEpoch) ?? trpcWire(logEpoch, 'identity');
		Taker.#wires.set(logEpoch, wire);
		this.wire = wire;
	}

	start(): this {
		this.stream.start(this);
		return this;
	}

	send(bytes: Buffer): boolean {
		if (bytes === this.wire.ping) this.pings += 1;
		else this.sent.push(bytes);
		return !this.full;
	}

	over(how: StreamEnd, error?: unknown): void {
		this.ends.push({ how, error });
	}

	/** It takes bytes again. */
	drain(): void {
		this.full = false;
		this.stream.resume();
	}

	get frames(): Omit<Frame, 'cursors'>[] {
		return this.sent.map((bytes) => JSON.parse(/^data: (.*)$/m.exec(bytes.toString())?.[1] ?? '') as Frame);
	}

	get seqs(): (number | null)[] {
		return this.frames.flatMap(({ events }) => events.map(({ seq }) => seq));
	}
}
