import type { z } from 'zod';
import type { ErrorCode } from '../jobs/error.ts';
import type { Artifact, Cost, EventOf, EventSchemas, Usage } from '../jobs/event.ts';
import type { CancelReason, JobOptions } from '../jobs/job.ts';
import type { PartsForecast } from '../jobs/parts-forecast.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import type { Conversation } from './conversation.ts';
import type { Knowledge } from './knowledge.ts';
import type { Programs } from './programs.ts';
import type { DurableProvider } from './provider.ts';
import type { RemoteTools } from './remote-tools.ts';
import type { Tables } from './tables.ts';

export type * from './conversation.ts';
export type * from './knowledge.ts';
export { LARGEST_DOCUMENT } from './knowledge.ts';
export type * from './programs.ts';
export type * from './provider.ts';
export type * from './remote-tools.ts';
export type * from './tables.ts';

/** A named step of an operation. `weight` is its prior share of the whole time, used until there is history. */
export interface Phase {
	readonly name: string;
	readonly label: string;
	readonly weight: number;
}

/** A job that another one will start. `at` tells where in that one's input a field of this one's stands, e.g. `inputs.3.query`. */
export interface Part {
	readonly operation: string;
	readonly input: unknown;
	at(field: string): string;
}

/** A part that has ended, by its key (`RunContext.child`). */
export interface EndedPart {
	readonly key: string;
	readonly job: JobSnapshot;
	/** Of its result (`OperationModel.scoreOf`). */
	readonly score: number | null;
}

/** What an operation is: everything that both sides need to know, and nothing that runs. */
export interface OperationModel<
	I extends z.ZodType = z.ZodType,
	R extends z.ZodType = z.ZodType,
	E extends EventSchemas = EventSchemas,
	P extends readonly Phase[] = readonly Phase[],
	S = unknown
> {
	/** Its folder's name, its key in the lists and in every door. */
	readonly id: string;
	readonly title: string;
	/** One sentence for the tile. */
	readonly description: string;
	/** A lucide icon's name; `components/OperationIcon.svelte` knows it (PG-11). */
	readonly icon: string;
	readonly input: I;
	readonly result: R;
	readonly phases: P;
	/** The weights are milestones that people were promised: history does not change them. */
	readonly milestones?: true;
	/** Its own events, beside the base ones. */
	readonly events: E;
	/** Its own part of the snapshot, folded from events by `reduce`. Must be JSON. */
	readonly state: () => S;
	reduce(state: S, event: EventOf<E> & { at: number }): S;
	/** What a job is called in lists: short, from the input. One that starts others is told what those will be called. */
	titleOf(input: z.output<I>, parts?: readonly string[]): string;
	/** The page that a start leads to, where it is not the job's own: a path on this server. */
	pageOf?(jobId: string, input: z.output<I>): string;
	/** Past runs are compared only with runs of the same variant (e.g. a depth). Default: all alike. */
	variantOf?(input: z.output<I>): string;
	/** Which of the provider's default models it runs on; `none` when it asks no model itself. Default: text. */
	readonly runsOn?: 'text' | 'images' | 'none';
	/** Whether a job asks a model at all, where its input tells: a query of a person's own does not. Default: as `runsOn` says. */
	asksModel?(input: z.output<I>): boolean;
	/** What a failure is called where the code's own heading says something else. */
	readonly failures?: Partial<Readonly<Record<ErrorCode, string>>>;
	/** What the input refers to: uploaded files and ended jobs of the same owner, data sources by name. The door refuses what is not there, and of `tables` files that hold none. */
	refersTo?(input: z.output<I>): {
		files?: readonly string[];
		tables?: readonly string[];
		jobs?: readonly string[];
		sources?: readonly string[];
	};
	/** The jobs that it will start as parts of itself. The door checks each by its own operation before anything starts. */
	partsOf?(input: z.output<I>): readonly Part[];
	/** So many of its parts are unfinished at a time; default: all. */
	readonly partsAtOnce?: number;
	/** What its log is to say of its parts at its end, after it was stopped and no longer looked at them itself. */
	settled?(state: S, parts: readonly EndedPart[]): { type: string; data: unknown }[];
	/**
	 * What finishing now will ask of the model beside what was spent, at the most, in tokens: its price is said first
	 * (BY-06). Or a sentence that says why it would be of no use now.
	 */
	finishingOf?(
		input: z.output<I>,
		state: S,
		content: Record<string, string>
	): { inputTokens: number; outputTokens: number } | { refused: string };
	/** How good a result is, 0 to 1, so that runs can be compared; 1 is solved. Null where that is not known. */
	scoreOf?(result: z.output<R>): number | null;
	/** What a stopped run leaves to look at, in words for the receipt: "3 searches", "1,204 characters of the report". */
	keptOf?(state: S, content: Record<string, string>): string[];
	readonly limits: {
		/** Time limit in milliseconds; configuration may lower or raise it (OP-07). */
		readonly timeoutMs: number;
		/** How many may run at once on this server. */
		readonly running: number;
		/** A person waits for its first word: it has places of its own and takes none of those that the other operations share. */
		readonly interactive?: boolean;
	};
	readonly can: {
		/** It can write its result from what it has (BY-06). */
		readonly finishNow: boolean;
		/** A run that lost its process goes on from the provider's response id. */
		readonly resumable: boolean;
		/** It costs nothing to run twice, so a run that lost its process simply starts again. */
		readonly repeatable: boolean;
	};
	/** A typical duration in milliseconds, for the estimated percentage until there is history. */
	readonly typicalMs: number;
}

/** Declares an operation; the literal types of phases and events are kept. */
export function defineOperation<
	I extends z.ZodType,
	R extends z.ZodType,
	E extends EventSchemas,
	const P extends readonly Phase[],
	S
>(model: OperationModel<I, R, E, P, S>): OperationModel<I, R, E, P, S> {
	return model;
}

// The operation's types are forgotten where the runner and the lists handle all operations alike.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyModel = OperationModel<any, any, any, any, any>;

export type InputOf<M extends AnyModel> = z.output<M['input']>;
export type ResultOf<M extends AnyModel> = z.output<M['result']>;
export type StateOf<M extends AnyModel> = ReturnType<M['state']>;
export type PhaseOf<M extends AnyModel> = M['phases'][number]['name'];
export type OwnEventOf<M extends AnyModel> = EventOf<M['events']>;

/** All that an operation may touch while it runs. It imports neither the server nor a vendor's SDK. */
export interface RunContext<M extends AnyModel = AnyModel> {
	readonly jobId: string;
	/** Aborts with a `CancelReason` when the job is to stop; reaches every nested call (CX-15). */
	readonly signal: AbortSignal;
	/** Aborts when the person wants the result from what there is (finish now). */
	readonly finishing: AbortSignal;
	/** False when this run asked for no streaming (OP-06). */
	readonly streaming: boolean;
	/** What the same job had done before its process was lost; null on a first run. Its text is in `content`. */
	readonly resumed: { state: StateOf<M>; content: Record<string, string> } | null;
	/** The provider, made durable: it remembers the response id and cursor, reattaches, and cancels. */
	readonly provider: DurableProvider;
	readonly log: RunLog;
	/** Enters a phase. Going back is ignored: the bar shows the furthest (PG-01). */
	phase(name: PhaseOf<M>): void;
	/** The share of the current phase that is done, 0 to 1, as the operation counts it (OP-09), and how sure that is. */
	progress(fraction: number, basis: 'measured' | 'estimated'): void;
	/** The line that says what happens right now. */
	activity(message: string): void;
	/** Records an event of the operation's own: in the log, delivered exactly once and in order. */
	emit<T extends OwnEventOf<M>['type']>(type: T, data: Extract<OwnEventOf<M>, { type: T }>['data']): void;
	/** Sends an event to those who watch now; it is never stored, and only the newest of a type is held. */
	transient<T extends OwnEventOf<M>['type']>(type: T, data: Extract<OwnEventOf<M>, { type: T }>['data']): void;
	/** Appends to a growing text; `replace` states it anew. */
	content(target: string, text: string, replace?: boolean): void;
	notice(level: 'info' | 'warning', code: string, message: string): void;
	/** Records what the provider billed so far; later calls replace earlier ones. */
	usage(usage: Usage, cost: Cost): void;
	/** Stores a file with the job; a file of the same name is replaced. Resolves when its bytes are safe. `path` names a file of `folder()`. */
	artifact(file: ArtifactFile): Promise<Artifact>;
	/** A temporary folder of this run, made at the first call and removed however the run ends. */
	folder(): Promise<string>;
	/** An uploaded file that the input refers to. Fails with `not_found` once it was deleted. */
	file(id: string): Promise<UploadedFile>;
	/** Another job of the same owner, as it stands. Fails with `not_found`. */
	job(id: string): Promise<JobSnapshot>;
	/** The owner's documents. */
	readonly knowledge: Knowledge;
	/** The tables in the owner's files. */
	readonly tables: Tables;
	/** What runs programs that a model wrote. */
	readonly programs: Programs;
	/** The tools of the operator's MCP servers. */
	readonly remoteTools: RemoteTools;
	/** The conversation that this job is a turn of. Fails with `not_found` for a job that is none. */
	conversation(): Promise<Conversation>;
	/** Registers a cleanup. All run in reverse order however the job ends; `what` stands in the receipt. */
	defer(what: string, cleanup: () => void | Promise<void>): void;
	/**
	 * Starts another operation, named by its model or its id, as a part of this one: once for each `key`, however often
	 * this job is taken up again. It counts against the limits, and is cancelled when this job stops before it has ended.
	 */
	child<C extends AnyModel>(
		key: string,
		operation: C | string,
		input: z.input<C['input']>,
		options?: JobOptions
	): Promise<ChildJob<C>>;
	/** What the parts of this job (`OperationModel.partsOf`) will take and cost together, from past runs of their kind. */
	foresee(): PartsForecast;
	/** A durable question to the person; survives a restart, and holds no slot while it waits. Resolves with the parsed answer. */
	ask<T extends z.ZodType>(questionId: string, prompt: string, schema: T): Promise<z.output<T>>;
	/** Milliseconds since 1970 by the server's clock. */
	now(): number;
	/** Calls `task` once after `ms` by the server's clock. Returns what stops it. */
	after(ms: number, task: () => void): () => void;
}

/** Thrown by an operation when a person has stopped all that it was for: it ends as cancelled by them. */
export class Withdrawn extends Error {}

/** A file for `artifact`: its bytes, or where they lie in the run's own folder. */
export type ArtifactFile = { name: string; mediaType: string } & ({ bytes: Uint8Array | string } | { path: string });

/** A file that a person brought. */
export interface UploadedFile {
	readonly id: string;
	readonly name: string;
	/** Told by its content. */
	readonly mediaType: string;
	/** In bytes. */
	readonly size: number;
	readonly sha256: string;
	/** All of it; use `stream` for what may be large. */
	bytes(): Promise<Uint8Array>;
	stream(): AsyncIterable<Uint8Array>;
}

/** A job that another one started. */
export interface ChildJob<C extends AnyModel = AnyModel> {
	readonly id: string;
	/** How it stands, now and after each change (at most 4 a second); the last one is how it ended. While this is read the parent holds no slot. */
	watch(): AsyncIterable<JobSnapshot<StateOf<C>, ResultOf<C>>>;
	/** Stops it; what it was until then is kept, and its receipt says why. */
	cancel(reason: CancelReason): Promise<void>;
	/** How good the result of such a snapshot is (`OperationModel.scoreOf`); null without one. */
	scoreOf(job: JobSnapshot): number | null;
}

export interface RunLog {
	debug(facts: object, message: string): void;
	info(facts: object, message: string): void;
	warn(facts: object, message: string): void;
}

/** An operation that can run: its model and the work itself. */
export interface OperationRun<M extends AnyModel = AnyModel> {
	readonly model: M;
	run(input: InputOf<M>, ctx: RunContext<M>): Promise<ResultOf<M>>;
	/** Files that a run leaves which did not succeed, from how it stood when all of its parts had ended too. */
	leaves?(input: InputOf<M>, state: StateOf<M>): ArtifactFile[] | Promise<ArtifactFile[]>;
}

/** Joins a model with its work. */
export function defineRun<M extends AnyModel>(
	model: M,
	run: OperationRun<M>['run'],
	more: Pick<OperationRun<M>, 'leaves'> = {}
): OperationRun<M> {
	return { model, run, ...more };
}
