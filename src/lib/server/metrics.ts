import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Usage } from '../jobs/event.ts';
import type { ChatResult, ChatState } from '../operations/chat/model.ts';
import { jobStatus } from '../jobs/job.ts';
import type { JobQueries } from './job-queries.ts';
import { stopReasonOf, type Ending } from './ending.ts';
import type { Live } from './live/live.ts';
import { streamEnds, type StreamEnd } from './live/watch.ts';
import { streamDoors, type StreamDoor } from './open-streams.ts';
import type { JobRow } from './db/schema.ts';

/** What Prometheus reads at `/metrics` (TS-21, OP-12). */
export class Metrics {
	readonly registry = new Registry();
	readonly #ended = new Counter({
		name: 'headway_jobs_ended_total',
		help: 'Jobs that ended, by operation and status.',
		labelNames: ['operation', 'status', 'code'] as const,
		registers: [this.registry]
	});
	readonly #cancellations = new Counter({
		name: 'headway_cancellations_total',
		help: 'Jobs that were stopped, by reason (CX-11).',
		labelNames: ['reason'] as const,
		registers: [this.registry]
	});
	readonly #duration = new Histogram({
		name: 'headway_job_duration_seconds',
		help: 'From start to end, by operation and status.',
		labelNames: ['operation', 'status'] as const,
		buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600],
		registers: [this.registry]
	});
	readonly #tokens = new Counter({
		name: 'headway_tokens_total',
		help: 'Tokens that the provider counted, by direction.',
		labelNames: ['direction'] as const,
		registers: [this.registry]
	});

	readonly #closed = new Counter({
		name: 'headway_streams_closed_total',
		help: 'Live streams that closed, by door and by how: ended, left, renewed, drained or failed.',
		labelNames: ['door', 'how'] as const,
		registers: [this.registry]
	});
	readonly #interruptions = new Counter({
		name: 'headway_interruptions_total',
		help: 'What was broken off and went on: provider (its stream was lost and resumed), process (a job was adopted).',
		labelNames: ['of'] as const,
		registers: [this.registry]
	});
	readonly #throttled = new Counter({
		name: 'headway_throttled_total',
		help: 'What was answered with 429, by limit: requests, starts, streams or unfinished.',
		labelNames: ['limit'] as const,
		registers: [this.registry]
	});

	readonly #turns = new Counter({
		name: 'headway_turns_total',
		help: 'Chat turns that ended, by whether they were streamed and by outcome (CH-15).',
		labelNames: ['streamed', 'outcome'] as const,
		registers: [this.registry]
	});
	readonly #firstToken = new Histogram({
		name: 'headway_turn_first_token_seconds',
		help: 'Of chat turns that showed something: from the start of the run to the first text or reasoning.',
		labelNames: ['streamed'] as const,
		buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120],
		registers: [this.registry]
	});

	readonly #queries: JobQueries;

	constructor(queries: JobQueries, live: Live) {
		this.#queries = queries;
		for (const streamed of ['yes', 'no']) {
			for (const outcome of ['succeeded', 'failed', 'cancelled']) this.#turns.inc({ streamed, outcome }, 0);
			this.#firstToken.zero({ streamed });
		}
		for (const door of streamDoors) for (const how of streamEnds) this.#closed.inc({ door, how }, 0);
		for (const kind of ['provider', 'process']) this.#interruptions.inc({ of: kind }, 0);
		for (const limit of ['requests', 'starts', 'streams', 'unfinished']) this.#throttled.inc({ limit }, 0);
		new Gauge({
			name: 'headway_jobs',
			help: 'Jobs in the database, by status.',
			labelNames: ['status'] as const,
			registers: [this.registry],
			async collect() {
				for (const status of jobStatus.options) this.set({ status }, 0);
				for (const { status, count } of await queries.byStatus()) this.set({ status }, count);
			}
		});
		new Gauge({
			name: 'headway_streams_open',
			help: 'Live streams that are open now, by door.',
			labelNames: ['door'] as const,
			registers: [this.registry],
			collect() {
				for (const door of streamDoors) this.set({ door }, live.streams.count(door));
			}
		});
	}

	/** Counts an ended job. */
	ended(row: JobRow, ending: Ending, seconds: number): void {
		const { operation } = row;
		const { status } = ending;
		this.#ended.inc({ operation, status, code: ending.status === 'failed' ? ending.code : '' });
		this.#duration.observe({ operation, status }, seconds);
		const reason = stopReasonOf(ending);
		if (reason) this.#cancellations.inc({ reason });
		this.#count(ending.status === 'cancelled' ? ending.receipt.usage : ending.usage);
		if (operation === 'chat') void this.#turn(row, ending);
	}

	/** One that failed or was stopped says what it measured in its state. */
	async #turn({ id, owner, options }: JobRow, ending: Ending): Promise<void> {
		const streamed = options.stream === false ? 'no' : 'yes';
		this.#turns.inc({ streamed, outcome: ending.status });
		const measured =
			ending.status === 'succeeded'
				? (ending.result as ChatResult)
				: // It may have been deleted meanwhile.
					await this.#queries.get(owner, id).then(stateOf, () => null);
		const firstTokenMs = measured?.timing?.firstTokenMs ?? null;
		if (firstTokenMs !== null) this.#firstToken.observe({ streamed }, firstTokenMs / 1_000);
	}

	/** Counts a stream that closed. */
	closed(door: StreamDoor, how: StreamEnd): void {
		this.#closed.inc({ door, how });
	}

	/** Counts what was broken off and goes on. */
	interrupted(of: 'provider' | 'process'): void {
		this.#interruptions.inc({ of });
	}

	/** Counts a refusal for a limit. */
	throttled(limit: 'requests' | 'starts' | 'streams' | 'unfinished'): void {
		this.#throttled.inc({ limit });
	}

	#count(usage: Usage | null): void {
		if (usage?.inputTokens) this.#tokens.inc({ direction: 'input' }, usage.inputTokens);
		if (usage?.outputTokens) this.#tokens.inc({ direction: 'output' }, usage.outputTokens);
	}
}

function stateOf({ snapshot }: JobRow): ChatState | null {
	return (snapshot?.state as ChatState | undefined) ?? null;
}
