import { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';
import { isTerminal, jobOptions, type CancelReason, type JobOptions } from '../jobs/job.ts';
import { reduce } from '../jobs/reduce.ts';
import type { JobSnapshot, JobSummary } from '../jobs/snapshot.ts';
import type { AnyModel, RunLog } from '../operations/operation.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import { jobKey, type Bell } from './bell.ts';
import { checkParts } from './check-parts.ts';
import { pause, type Clock } from './clock.ts';
import { asksModel } from './default-model.ts';
import type { Rows } from './db/open.ts';
import type { JobRow } from './db/schema.ts';
import type { ListFilter } from './job-queries.ts';
import type { Ending } from './ending.ts';
import { quoteFinish, type FinishQuote } from './finish-quote.ts';
import type { JobStore } from './job-store.ts';
import { jobTitle } from './job-title.ts';
import type { NewJob } from './new-job.ts';
import type { Providers } from './providers/providers.ts';
import { readInput } from './read-input.ts';
import { checkReferences, type ReferenceSources } from './references.ts';
import { referrerOf } from './referrers.ts';
import { isFull, whenRoom } from './room.ts';
import type { Runner } from './runner.ts';
import type { StartRequest } from './start-request.ts';
import type { Snapshots } from './snapshots.ts';
import { withTransients, type Transients } from './transients.ts';

/** What `Jobs` is made of. */
export interface JobsParts extends ReferenceSources {
	store: JobStore;
	snapshots: Snapshots;
	transients: Transients;
	artifacts: Artifacts;
	bell: Bell;
	clock: Clock;
	log: Pick<RunLog, 'info' | 'warn'>;
	runner: Runner;
	models: Record<string, AnyModel>;
	maxUnfinished: number;
	providers: Pick<Providers, 'knows' | 'default' | 'get'>;
	/** Told of each job that ended without a run. */
	ended(row: JobRow, ending: Ending): void;
	/** What is written in the transaction that enqueues a job, by its operation; it may refuse the start. */
	alongside: Record<string, (tx: Rows, row: JobRow) => void>;
	/** Told of each start that was one too many. */
	refused(): void;
}

/** A cancel that could not be written, and how it is written. */
interface Unwritten {
	error: unknown;
	owner: string;
	id: string;
	reason: CancelReason;
	stamp(): Promise<JobRow>;
}

/** Everything that a door can ask about jobs. Each call is confined to one owner. */
export class Jobs {
	readonly #parts: JobsParts;

	constructor(parts: JobsParts) {
		this.#parts = parts;
	}

	/** Checks a request and puts it into the queue. The same key with the same request gives the first job (`created: false`). */
	async start(owner: string, request: StartRequest): Promise<{ snapshot: JobSnapshot; created: boolean }> {
		const model = this.#model(request.operation);
		const input = await this.check(owner, model.id, request.input);
		const options = readInput(jobOptions, request.options ?? {}, 'options') as JobOptions;
		const { row, created } = await this.#enqueue({
			...{
				owner,
				provider: this.#providerOf(model, input),
				operation: model.id,
				title: jobTitle(this.#parts.models, model, input),
				variant: model.variantOf?.(input) ?? '',
				input,
				options,
				request: request.input ?? {}
			},
			...(request.idempotencyKey ? { idempotencyKey: request.idempotencyKey } : {}),
			...(request.retryOf ? { retryOf: request.retryOf } : {}),
			...(request.parentId ? { parentId: request.parentId } : {}),
			mostUnfinished: this.#parts.maxUnfinished
		});
		if (created) this.#parts.log.info({ jobId: row.id, operation: model.id, owner }, 'job queued');
		return { snapshot: await this.#present(row), created };
	}

	/** Where it will run; null for one that asks no provider itself. */
	#providerOf(model: AnyModel, input: unknown): string | null {
		if (!asksModel(model, input)) return null;
		return (input as { provider?: string }).provider ?? this.#parts.providers.default.id;
	}

	/** A part that finds no room waits for it; anybody else is refused. */
	async #enqueue(job: NewJob): Promise<{ row: JobRow; created: boolean }> {
		return this.#parts.store.enqueue(job, this.#parts.alongside[job.operation]).catch((error: unknown) => {
			const isRefused = error instanceof HeadwayError && error.code === 'limit_reached' && !job.parentId;
			if (isRefused) this.#parts.refused();
			throw error;
		});
	}

	/** The input as the operation takes it, with that of every part that it will start. Throws `invalid_input`. */
	async check(owner: string, operation: string, raw: unknown): Promise<unknown> {
		const model = this.#model(operation);
		const input = readInput(model.input, raw ?? {}, 'input') as { provider?: string };
		if (input.provider !== undefined && !this.#parts.providers.knows(input.provider))
			throw new HeadwayError('invalid_input', `This server has no provider "${input.provider}".`, {
				fields: [{ path: 'input.provider', message: 'is not configured' }]
			});
		await checkReferences(owner, { model, input }, this.#parts);
		await checkParts(model.partsOf?.(input) ?? [], (part) => this.check(owner, part.operation, part.input));
		return input;
	}

	#model(id: string): AnyModel {
		const model = Object.hasOwn(this.#parts.models, id) ? this.#parts.models[id] : undefined;
		if (!model)
			throw new HeadwayError('unknown_operation', `There is no operation "${id}". GET /api/operations lists them.`);
		return model;
	}

	/** How a job stands now, with the estimate of this moment. */
	async snapshot(owner: string, id: string): Promise<JobSnapshot> {
		return this.#present(await this.#parts.queries.get(owner, id));
	}

	/** The snapshot when the job has ended, or after `ms`, or when the signal aborts. */
	async wait(owner: string, id: string, ms: number, signal: AbortSignal): Promise<JobSnapshot> {
		const over = new AbortController();
		const until = AbortSignal.any([signal, over.signal]);
		const listener = this.#parts.bell.listen([jobKey(id)]);
		void pause(this.#parts.clock, ms, until).then(() => over.abort());
		try {
			for (;;) {
				const row = await this.#parts.queries.get(owner, id);
				if (isTerminal(row.status) || until.aborted) return await this.#present(row);
				await listener.next(until);
			}
		} finally {
			over.abort();
			listener.close();
		}
	}

	/** How good a job's result is by its own operation, 0 to 1; null without a result, or where nobody knows. */
	scoreOf({ operation, result }: Pick<JobSnapshot, 'operation' | 'result'>): number | null {
		const score = result === null ? null : (this.#parts.models[operation]?.scoreOf?.(result) ?? null);
		return score === null || Number.isNaN(score) ? null : Math.min(1, Math.max(0, score));
	}

	/** Newest first. */
	async list(owner: string, filter: ListFilter): Promise<{ jobs: JobSummary[]; next: string | null }> {
		const { rows, next } = await this.#parts.queries.list(owner, filter);
		return { jobs: await this.#summaries(rows), next };
	}

	/** What a job has started as parts of itself, in that order. */
	async children(owner: string, id: string): Promise<JobSummary[]> {
		await this.#parts.queries.get(owner, id);
		return this.#summaries(await this.#parts.queries.children(id));
	}

	/** The owner's running jobs, those that changed since, and those that wait when their places did. */
	async changed(owner: string, since: number): Promise<JobSummary[]> {
		const changed = await this.#parts.queries.changed(owner, since);
		const known = new Set(changed.map(({ id }) => id));
		const moved = await this.#parts.store.movedSince(owner, since);
		return this.#summaries([...changed, ...moved.filter(({ id }) => !known.has(id))]);
	}

	/** The owner's jobs that were deleted since. */
	removed(owner: string, since: number): string[] {
		return this.#parts.store.removals.since(owner, since);
	}

	/** The highest seq of a job's log, and whether it ends there. */
	async head(owner: string, id: string): Promise<{ seq: number; ended: boolean }> {
		const { seq, status } = await this.#parts.queries.head(owner, id);
		return { seq, ended: isTerminal(status) };
	}

	/** Asks for a stop; the receipt comes with the `cancelled` event. Cancelling an ended job changes nothing. */
	async cancel(owner: string, id: string, reason: CancelReason = 'user'): Promise<JobSnapshot> {
		const stamp = () => this.#parts.store.requestCancel(owner, id, reason, this.#parts.ended);
		const row = await stamp().catch((error: unknown) => this.#stopUnwritten({ error, owner, id, reason, stamp }));
		this.#parts.log.info({ jobId: id, status: row.status, reason: row.cancelReason }, 'cancel asked');
		this.#parts.runner.heed(row);
		return this.#present(row);
	}

	/** On a full disk a run is stopped before that can be written: it costs money. What waits in the queue costs none, and is refused. */
	async #stopUnwritten({ error, owner, id, reason, stamp }: Unwritten): Promise<JobRow> {
		if (!isFull(error)) throw error;
		const { queries, runner, clock, log } = this.#parts;
		const row = await queries.get(owner, id);
		const stamped = { ...row, cancelRequestedAt: row.cancelRequestedAt ?? clock.now(), cancelReason: reason };
		if (isTerminal(row.status) || !runner.heed(stamped)) throw error;
		const warn = (why: unknown) => log.warn({ jobId: id, error: String(why) }, 'cancel not written');
		void whenRoom(stamp, { clock, log }).catch(warn);
		return stamped;
	}

	/** Asks for the result from what there is. Throws `not_supported` where the operation cannot, `conflict` while it would be of no use. */
	async finish(owner: string, id: string): Promise<JobSnapshot> {
		const { finishRequestedAt } = await this.#parts.queries.get(owner, id);
		if (finishRequestedAt === null) await this.finishQuote(owner, id);
		const row = await this.#parts.store.requestFinish(owner, id);
		this.#parts.runner.heed(row);
		return this.#present(row);
	}

	/** What finishing now would cost more, at the most. Throws like `finish`. */
	async finishQuote(owner: string, id: string): Promise<FinishQuote> {
		const { operation, provider } = await this.#parts.queries.get(owner, id);
		const model = this.#model(operation);
		if (!model.can.finishNow)
			throw new HeadwayError('not_supported', `A ${operation} cannot be finished early. Cancel it, or let it run.`);
		const snapshot = await this.snapshot(owner, id);
		const quote = quoteFinish(snapshot, model, this.#parts.providers.get(provider ?? undefined));
		if ('refused' in quote) throw new HeadwayError('conflict', quote.refused);
		return quote;
	}

	/** A new job with the same input. */
	async retry(
		owner: string,
		id: string,
		idempotencyKey?: string
	): Promise<{ snapshot: JobSnapshot; created: boolean }> {
		const { operation, input, options, status } = await this.#parts.queries.get(owner, id);
		if (!isTerminal(status))
			throw new HeadwayError('conflict', 'This job is still running. Cancel it first, or wait for it.');
		return this.start(owner, { operation, input, options, idempotencyKey, retryOf: id });
	}

	/** Answers the question that a job waits for. */
	async answer(owner: string, id: string, questionId: string, value: unknown): Promise<JobSnapshot> {
		const { question } = await this.snapshot(owner, id);
		if (question?.questionId !== questionId)
			throw new HeadwayError('conflict', 'This job does not wait for an answer to that question.');
		// The shape as it was published; what only the operation can judge, it asks again.
		readInput(z.fromJSONSchema(question.schema as z.core.JSONSchema.JSONSchema), value, 'value');
		return this.#present(await this.#parts.store.answer(owner, id, questionId, value));
	}

	/** Deletes an ended job, its log and its artifacts. */
	async remove(owner: string, id: string): Promise<void> {
		const { store, artifacts, transients } = this.#parts;
		await artifacts.discard(await store.remove(owner, id, (tx, ids) => this.#refuseNeeded(tx, owner, ids)));
		transients.forget(id);
	}

	/** Throws `conflict` while an unfinished job refers to one of these: it may read them again after a restart. */
	#refuseNeeded(tx: Rows, owner: string, ids: string[]): void {
		const user = referrerOf(tx, this.#parts.models, { owner, kind: 'jobs', ids });
		if (user !== null)
			throw new HeadwayError('conflict', `The job "${user}" still needs this one. Cancel it, or wait for it.`);
	}

	async #summaries(rows: readonly JobRow[]): Promise<JobSummary[]> {
		const waits = rows.some(({ status }) => status === 'queued');
		const positions = waits ? await this.#parts.store.queuePositions() : new Map<string, number>();
		return rows.map((row) => {
			const summary = this.#parts.queries.summary(row, positions);
			return isTerminal(row.status)
				? summary
				: { ...summary, remaining: this.#latestProgress(row.id)?.metadata.remaining ?? null };
		});
	}

	#latestProgress(id: string) {
		const held = this.#parts.transients.since(id, 0).find(({ event }) => event.type === 'progress');
		return held?.event.data as { metadata: { remaining: JobSummary['remaining'] } } | undefined;
	}

	/** A row's fold, brought to this moment: what is held live-only, the stored bar, the queue, the clock. */
	async #present(row: JobRow): Promise<JobSnapshot> {
		const serverNow = this.#parts.clock.now();
		const held = this.#parts.transients.since(row.id, 0);
		const logged = this.#parts.snapshots.of(row);
		const model = this.#parts.models[row.operation];
		const folded = model ? { ...logged, state: withTransients(logged.state, model, held) } : logged;
		if (isTerminal(folded.status)) return { ...folded, serverNow };
		const ticked = held.reduce((snapshot, { event }) => reduce(snapshot, event, (state) => state), folded);
		const floor = Math.max(ticked.progress.fraction ?? 0, row.fraction ?? 0);
		const progress: JobSnapshot['progress'] =
			row.fraction === null
				? ticked.progress
				: { fraction: floor, basis: ticked.progress.basis === 'measured' ? 'measured' : 'estimated' };
		const elapsedMs = row.startedAt === null ? 0 : Math.max(0, serverNow - row.startedAt);
		const queuePosition =
			row.status === 'queued' ? ((await this.#parts.store.queuePositions()).get(row.id) ?? null) : null;
		return {
			...ticked,
			...{ status: row.status, waitingFor: row.status === 'running' ? row.waitingFor : null },
			...{ cancelRequestedAt: row.cancelRequestedAt, cancelReason: row.cancelReason },
			...{ progress, elapsedMs, queuePosition, serverNow }
		};
	}
}
