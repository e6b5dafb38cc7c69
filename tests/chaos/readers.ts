import { onTestFinished } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { endsJob } from '$lib/jobs/event.ts';
import type { WatchedFrame } from '../http/watching.ts';
import { clientOf } from '../http/watching.ts';
import { readSse } from '../http/read-sse.ts';
import { moment } from './seed.ts';

/** What a reader needs to know. */
export interface ReaderFacts {
	url: string;
	jobId: string;
	/** After so many ms without anything the connection counts as dead, and is made anew. */
	silenceMs?: number;
	/** How long to wait before coming back, in ms. */
	pauseMs?(): number;
}

const SILENCE_MS = 6_000;

/** One client that follows one job to its end over whatever happens to its connection, and counts what is wrong. */
export abstract class Reader {
	/** The last seq that it has. */
	seq = 0;
	/** How many connections it took. */
	connections = 0;
	/** What was missing, came twice or out of order, in words. */
	readonly wrongs: string[] = [];
	/** Every durable event, as it came. */
	readonly events: JobEvent[] = [];
	/** Resolves when the job's last event has come. */
	readonly ended: Promise<void>;
	readonly door: string;
	protected readonly facts: ReaderFacts;
	protected readonly gone = new AbortController();
	#resolve: () => void = () => undefined;

	constructor(door: string, facts: ReaderFacts) {
		this.door = door;
		this.facts = facts;
		this.ended = new Promise((resolve) => (this.#resolve = resolve));
		onTestFinished(() => this.close());
	}

	get name(): string {
		return `${this.door} reader of ${this.facts.jobId}`;
	}

	get hasEnded(): boolean {
		return endsJob(this.events.at(-1)?.type ?? '');
	}

	close(): void {
		this.gone.abort();
	}

	protected get silenceMs(): number {
		return this.facts.silenceMs ?? SILENCE_MS;
	}

	protected take(event: JobEvent): void {
		if (event.seq === null || event.jobId !== this.facts.jobId) return;
		if (event.seq !== this.seq + 1) this.wrongs.push(`${this.name}: seq ${event.seq} came after ${this.seq}`);
		if (this.hasEnded) this.wrongs.push(`${this.name}: ${event.type} came after the end`);
		this.seq = event.seq;
		this.events.push(event);
		if (endsJob(event.type)) this.#resolve();
	}

	/** A snapshot covers everything up to its seq. */
	protected cover(seq: number, ended: boolean): void {
		if (seq < this.seq) this.wrongs.push(`${this.name}: a snapshot of ${seq} came after ${this.seq}`);
		this.seq = seq;
		if (ended) this.#resolve();
	}
}

/** Plain SSE by fetch, as a script would: comes back with `Last-Event-ID`. */
export class PlainReader extends Reader {
	constructor(facts: ReaderFacts) {
		super('plain', facts);
		void this.#follow();
	}

	async #follow(): Promise<void> {
		while (!this.hasEnded && !this.gone.signal.aborted) {
			await this.#connect().catch(() => undefined);
			if (!this.hasEnded) await moment(this.facts.pauseMs?.() ?? 100);
		}
	}

	async #connect(): Promise<void> {
		const { url, jobId } = this.facts;
		const hangUp = new AbortController();
		const signal = AbortSignal.any([hangUp.signal, this.gone.signal]);
		let silence = setTimeout(() => hangUp.abort(), this.silenceMs);
		try {
			const headers: Record<string, string> = this.seq > 0 ? { 'last-event-id': String(this.seq) } : {};
			this.connections += 1;
			const response = await fetch(`${url}/api/jobs/${jobId}/events`, { headers, signal });
			if (response.status >= 400 && response.status < 500 && response.status !== 429)
				this.wrongs.push(`${this.name}: ${response.status} ${await response.text()}`);
			if (!response.ok) return;
			for await (const { data } of readSse(response)) {
				clearTimeout(silence);
				silence = setTimeout(() => hangUp.abort(), this.silenceMs);
				if (data) this.take(JSON.parse(data) as JobEvent);
			}
		} finally {
			clearTimeout(silence);
		}
	}
}

/** The page's own client: tRPC's subscription with `retryLink`, and a watchdog that makes a mute one anew from its cursor. */
export class TrpcReader extends Reader {
	#subscription: { unsubscribe(): void } | null = null;
	#silence: ReturnType<typeof setTimeout> | undefined;
	#generation = 0;

	constructor(facts: ReaderFacts) {
		super('tRPC', facts);
		this.#connect();
	}

	override close(): void {
		super.close();
		clearTimeout(this.#silence);
		this.#generation += 1;
		this.#subscription?.unsubscribe();
	}

	#connect(): void {
		const generation = ++this.#generation;
		const mine = (act: () => void) => () => generation === this.#generation && act();
		this.#subscription?.unsubscribe();
		this.#listen();
		const { url, jobId } = this.facts;
		this.#subscription = clientOf(url).live.watch.subscribe(
			{ follow: [{ jobId, after: this.seq }] },
			{
				onStarted: () => (this.connections += 1),
				onData: ({ data }) => mine(() => this.#frame(data as WatchedFrame))(),
				onComplete: mine(() => this.#completed()),
				onError: (error) => mine(() => this.wrongs.push(`${this.name}: ${error.message}`))()
			}
		);
	}

	#frame({ snapshots, events }: WatchedFrame): void {
		this.#listen();
		for (const { seq, endedAt } of snapshots) this.cover(seq, endedAt !== null);
		for (const event of events) this.take(event);
	}

	/** A stream that says it is complete before the job is over would leave the page standing. */
	#completed(): void {
		clearTimeout(this.#silence);
		if (!this.hasEnded) this.wrongs.push(`${this.name}: the stream was complete at ${this.seq}, before the end`);
	}

	#listen(): void {
		clearTimeout(this.#silence);
		if (!this.gone.signal.aborted && !this.hasEnded) this.#silence = setTimeout(() => this.#connect(), this.silenceMs);
	}
}

/** As many readers of each door for each job. */
export function readersOf(jobIds: readonly string[], each: number, facts: Omit<ReaderFacts, 'jobId'>): Reader[] {
	const of = (jobId: string) =>
		Array.from({ length: each }, () => [new TrpcReader({ ...facts, jobId }), new PlainReader({ ...facts, jobId })]);
	return jobIds.flatMap((jobId) => of(jobId).flat());
}

/** Resolves once each reader has the last event of its job; after so many seconds it rejects and says who has not. */
export async function allEnded(readers: readonly Reader[], seconds = 20): Promise<void> {
	const late = moment(seconds * 1_000).then(() => 'late');
	if ((await Promise.race([Promise.all(readers.map(({ ended }) => ended)), late])) !== 'late') return;
	const waiting = readers.filter(({ hasEnded }) => !hasEnded);
	if (waiting.length === 0) return;
	throw new Error(`still waiting: ${waiting.map(({ name, seq }) => `${name} at ${seq}`).join('; ')}`);
}
