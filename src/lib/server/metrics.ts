import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Usage } from '../jobs/event.ts';
import { jobStatus } from '../jobs/job.ts';
import type { JobQueries } from './job-queries.ts';
import type { Ending } from './ending.ts';
import type { Live } from './live.ts';
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

	constructor(queries: JobQueries, live: Live) {
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
			help: 'Live streams that are open now.',
			registers: [this.registry],
			collect() {
				this.set(live.open);
			}
		});
	}

	/** Counts an ended job. */
	ended(row: JobRow, ending: Ending, seconds: number): void {
		const { operation } = row;
		const { status } = ending;
		this.#ended.inc({ operation, status, code: ending.status === 'failed' ? ending.code : '' });
		this.#duration.observe({ operation, status }, seconds);
		const receipt = ending.status === 'succeeded' ? null : ending.receipt;
		if (receipt) this.#cancellations.inc({ reason: receipt.reason });
		this.#count(ending.status === 'cancelled' ? ending.receipt.usage : ending.usage);
	}

	#count(usage: Usage | null): void {
		if (usage?.inputTokens) this.#tokens.inc({ direction: 'input' }, usage.inputTokens);
		if (usage?.outputTokens) this.#tokens.inc({ direction: 'output' }, usage.outputTokens);
	}
}
