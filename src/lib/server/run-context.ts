import type { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';
import { parseEvent, type Artifact, type Cost, type Usage } from '../jobs/event.ts';
import type { CancelReason, JobOptions } from '../jobs/job.ts';
import type { PartsForecast } from '../jobs/parts-forecast.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import type {
	AnyModel,
	ArtifactFile,
	ChildJob,
	Conversation,
	DurableProvider,
	Knowledge,
	Programs,
	RemoteTools,
	RunContext,
	RunLog,
	Tables,
	UploadedFile
} from '../operations/operation.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import type { Children } from './children.ts';
import type { Cleanups } from './cleanups.ts';
import type { Clock } from './clock.ts';
import type { JobRow } from './db/schema.ts';
import type { EventLog } from './event-log.ts';
import type { EventWriter } from './event-writer.ts';
import type { Foreseeing } from './parts-forecast.ts';
import type { ProgressMeter } from './progress-meter.ts';
import { Questions } from './questions.ts';
import type { Slot } from './slot.ts';
import type { TemporaryFolders } from './temporary-folders.ts';
import type { Transients } from './transients.ts';

/** What a context is made of; the run owns all of it. */
export interface RunParts {
	row: JobRow;
	model: AnyModel;
	signal: AbortSignal;
	finishing: AbortSignal;
	/** Aborts when the job has ended: what an operation that was left behind still sends goes nowhere. */
	over: AbortSignal;
	streaming: boolean;
	resumed: RunContext['resumed'];
	provider: DurableProvider;
	log: RunLog;
	clock: Clock;
	events: EventLog;
	writer: EventWriter;
	meter: ProgressMeter;
	transients: Transients;
	artifacts: Artifacts;
	cleanups: Cleanups;
	folders: TemporaryFolders;
	children: Children;
	slot: Slot;
	knowledgeOf(owner: string): Knowledge;
	tablesOf(owner: string): Tables;
	conversationOf(owner: string, jobId: string): Promise<Conversation>;
	programs: Programs;
	remoteTools: RemoteTools;
	fileOf(owner: string, id: string): Promise<UploadedFile>;
	snapshotOf(owner: string, id: string): Promise<JobSnapshot>;
	foresee: Foreseeing;
	/** Publishes where the bar stands now. */
	tick(): void;
}

/** The context that an operation is given: the only thing it touches. Every event is checked against its schema on the way out. */
export class JobContext implements RunContext {
	readonly #parts: RunParts;
	#folder: Promise<string> | null = null;

	constructor(parts: RunParts) {
		this.#parts = parts;
	}

	get jobId() {
		return this.#parts.row.id;
	}
	get signal() {
		return this.#parts.signal;
	}
	get finishing() {
		return this.#parts.finishing;
	}
	get streaming() {
		return this.#parts.streaming;
	}
	get resumed() {
		return this.#parts.resumed;
	}
	get provider() {
		return this.#parts.provider;
	}
	get knowledge() {
		return this.#parts.knowledgeOf(this.#parts.row.owner);
	}
	get tables() {
		return this.#parts.tablesOf(this.#parts.row.owner);
	}
	get programs() {
		return this.#parts.programs;
	}
	get remoteTools() {
		return this.#parts.remoteTools;
	}
	get log() {
		return this.#parts.log;
	}

	now(): number {
		return this.#parts.clock.now();
	}

	after(ms: number, task: () => void): () => void {
		return this.#parts.clock.after(ms, task);
	}

	phase(name: string): void {
		const { meter, writer } = this.#parts;
		if (!meter.enter(name, this.now())) return;
		const fraction = meter.floor;
		writer.add({ type: 'phase', data: { phase: name, fraction } }, { phase: name, fraction, basis: 'estimated' });
		this.#parts.tick();
	}

	progress(fraction: number, basis: 'measured' | 'estimated'): void {
		this.#parts.meter.count(fraction, basis);
	}

	activity(message: string): void {
		this.#publish({ type: 'activity', data: { message } });
	}

	emit(type: string, data: unknown): void {
		this.#parts.writer.add(this.#checked(type, data));
	}

	transient(type: string, data: unknown): void {
		this.#publish(this.#checked(type, data));
	}

	#publish(event: { type: string; data: unknown }): void {
		if (this.#parts.over.aborted) return;
		this.#parts.transients.publish({ jobId: this.jobId, at: this.now(), ...event });
	}

	content(target: string, text: string, replace?: boolean): void {
		if (text === '' && !replace) return;
		this.#parts.writer.add({ type: 'content', data: replace ? { target, text, replace } : { target, text } });
	}

	notice(level: 'info' | 'warning', code: string, message: string): void {
		this.#parts.writer.add({ type: 'notice', data: { level, code, message } });
	}

	usage(usage: Usage, cost: Cost): void {
		this.#parts.writer.add({ type: 'usage', data: { usage, cost } }, { usage, cost });
	}

	async artifact(file: ArtifactFile): Promise<Artifact> {
		const stored = await this.#parts.artifacts.put(this.jobId, file, this.signal);
		this.#parts.writer.add({ type: 'artifact', data: stored });
		return stored;
	}

	folder(): Promise<string> {
		this.signal.throwIfAborted();
		this.#folder ??= this.#makeFolder();
		return this.#folder;
	}

	async #makeFolder(): Promise<string> {
		const { folders } = this.#parts;
		const making = folders.make(this.jobId);
		// Before it is there: a run that is stopped meanwhile must not leave it.
		this.defer('temporary folder removed', async () => folders.remove(await making));
		return making;
	}

	file(id: string): Promise<UploadedFile> {
		return this.#parts.fileOf(this.#parts.row.owner, id);
	}

	job(id: string): Promise<JobSnapshot> {
		return this.#parts.snapshotOf(this.#parts.row.owner, id);
	}

	async child<C extends AnyModel>(
		key: string,
		operation: C | string,
		input: z.input<C['input']>,
		options: JobOptions = {}
	): Promise<ChildJob<C>> {
		const { children, row, signal, slot } = this.#parts;
		const name = typeof operation === 'string' ? operation : operation.id;
		const { id } = await children.start(row, { key, operation: name, input, options }, signal, slot);
		const watch = () => this.#watch(id) as ReturnType<ChildJob<C>['watch']>;
		const cancel = (reason: CancelReason) => children.cancel(row.owner, id, reason);
		return { id, watch, cancel, scoreOf: (job) => children.scoreOf(job) };
	}

	/** What a child does is what its parent does: it keeps the bar alive. */
	async *#watch(id: string): AsyncGenerator<JobSnapshot> {
		const { children, row, signal, slot, meter } = this.#parts;
		await slot.give('child');
		try {
			for await (const snapshot of children.watch(row.owner, id, signal)) {
				meter.heard(this.now());
				yield snapshot;
			}
		} finally {
			await slot.take();
		}
		signal.throwIfAborted();
	}

	foresee(): PartsForecast {
		const { foresee, row } = this.#parts;
		return foresee(row.operation, row.input);
	}

	conversation(): Promise<Conversation> {
		return this.#parts.conversationOf(this.#parts.row.owner, this.jobId);
	}

	defer(what: string, cleanup: () => void | Promise<void>): void {
		this.#parts.cleanups.add(what, cleanup);
	}

	ask<T extends z.ZodType>(questionId: string, prompt: string, schema: T): Promise<z.output<T>> {
		return new Questions({ ...this.#parts, jobId: this.jobId }).ask(questionId, prompt, schema);
	}

	#checked(type: string, data: unknown): { type: string; data: unknown } {
		const event = parseEvent({ type, data }, this.#parts.model.events);
		if (!event)
			throw new HeadwayError('internal', `The operation ${this.#parts.model.id} sent a broken ${type} event.`);
		return event;
	}
}
