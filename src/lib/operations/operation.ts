import type { z } from 'zod';
import type { Cost, EventOf, EventSchemas, Usage } from '../jobs/event.ts';
import type { HeadwayError } from '../jobs/error.ts';

/** A named step of an operation. `weight` is its prior share of the whole time, used until there is history. */
export interface Phase {
	readonly name: string;
	readonly label: string;
	readonly weight: number;
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
	/** Its own events, beside the base ones. */
	readonly events: E;
	/** Its own part of the snapshot, folded from events by `reduce`. Must be JSON. */
	readonly state: () => S;
	reduce(state: S, event: EventOf<E> & { at: number }): S;
	/** What a job is called in lists: short, from the input. */
	titleOf(input: z.output<I>): string;
	/** Past runs are compared only with runs of the same variant (e.g. a depth). Default: all alike. */
	variantOf?(input: z.output<I>): string;
	/** What a stopped run leaves to look at, in words for the receipt: "3 searches", "1,204 characters of the report". */
	keptOf?(state: S, content: Record<string, string>): string[];
	readonly limits: {
		/** Time limit in milliseconds; configuration may lower or raise it (OP-07). */
		readonly timeoutMs: number;
		/** How many may run at once on this server. */
		readonly running: number;
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
	/** Stores a file with the job. Resolves when its bytes are safe. */
	artifact(file: { name: string; mediaType: string; bytes: Uint8Array | string }): Promise<void>;
	/** Registers a cleanup. All run in reverse order however the job ends; `what` stands in the receipt. */
	defer(what: string, cleanup: () => void | Promise<void>): void;
	/** A durable question to the person; survives a restart. Resolves with the parsed answer. */
	ask<T extends z.ZodType>(questionId: string, prompt: string, schema: T): Promise<z.output<T>>;
	/** Milliseconds since 1970 by the server's clock. */
	now(): number;
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
}

/** Joins a model with its work. */
export function defineRun<M extends AnyModel>(model: M, run: OperationRun<M>['run']): OperationRun<M> {
	return { model, run };
}

// ---- the Provider port -------------------------------------------------------------------------------------------

/** What to ask of a model. Fields that a vendor refuses are left out by its adapter (TS-01). */
export interface ResponseRequest {
	readonly model: string;
	readonly instructions?: string;
	readonly input: string;
	/** Ask for the provider's web search tool. */
	readonly webSearch?: { contextSize: 'low' | 'medium' | 'high' };
	readonly effort?: 'low' | 'medium' | 'high' | 'xhigh';
	readonly summaries?: boolean;
	readonly maxToolCalls?: number;
	readonly maxOutputTokens?: number;
	/** Run at the provider independently of our connection, where it can. */
	readonly background: boolean;
	readonly stream: boolean;
	/** At most 16 pairs; carries the job id so that an orphan can be recognised. */
	readonly metadata: Record<string, string>;
}

/** A source that the provider cites: `start` and `end` are UTF-16 offsets of the inline link in its text part. */
export interface Citation {
	readonly url: string;
	readonly title: string;
	readonly start: number;
	readonly end: number;
}

/** What an agent's web tool does. */
export type WebAction =
	| { kind: 'search'; queries: string[]; sources: string[] }
	| { kind: 'open_page'; url: string | null }
	| { kind: 'find_in_page'; url: string | null; pattern: string };

/** One normalized fact from a provider. `cursor` is its sequence number; null where the provider has none. */
export type ProviderEvent = { cursor: number | null } & (
	| { type: 'created'; responseId: string; model: string | null }
	| { type: 'reasoning_delta'; itemId: string; index: number; text: string }
	| { type: 'reasoning'; itemId: string; index: number; text: string }
	| { type: 'web'; itemId: string; state: 'started' | 'completed' | 'failed'; action: WebAction | null }
	| { type: 'tool'; itemId: string; name: string; state: 'started' | 'completed' | 'failed'; detail: string }
	| { type: 'message'; itemId: string; phase: 'commentary' | 'final_answer' | null }
	| { type: 'text'; itemId: string; part: number; text: string }
	| { type: 'citation'; itemId: string; part: number; citation: Citation }
	| { type: 'text_done'; itemId: string; part: number; text: string; citations: Citation[] }
	| { type: 'refusal'; text: string }
	/** The connection lives, but the work did not move (a keepalive, an unknown event). `status` where the provider stated it. */
	| { type: 'alive'; status?: 'queued' | 'in_progress' }
	/** The link to the provider was lost and found again; what follows is complete and without repeats. */
	| { type: 'reconnected'; how: 'stream' | 'poll' }
	| { type: 'ended'; outcome: ProviderOutcome }
);

/** How a response stands, or ended, by the provider's own word: the truth that replaces whatever a stream said. */
export interface ProviderOutcome {
	readonly responseId: string | null;
	readonly status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'incomplete' | 'cancelled';
	readonly model: string | null;
	/** The final answer (the last message, or the one marked final). */
	readonly text: string;
	readonly citations: Citation[];
	readonly refusal: string | null;
	readonly error: HeadwayError | null;
	readonly incompleteReason: string | null;
	readonly usage: Usage | null;
	readonly cost: Cost;
	/** The items in order, as events with state completed: for runs that were polled, not streamed. */
	readonly items: ProviderEvent[];
}

/** What became of a cancel at the provider. */
export interface CancelAnswer {
	readonly provider: 'confirmed' | 'unconfirmed' | 'already_ended';
	readonly outcome: ProviderOutcome | null;
}

/** Who runs the model. Each call is one HTTP request, never repeated; failures are `HeadwayError`s with a `provider_*` code or `unknown_outcome`. */
export interface Provider {
	readonly id: string;
	readonly label: string;
	/** It is the demo: no language model, priced at zero, said on every page. */
	readonly demo: boolean;
	readonly can: { readonly background: boolean; readonly webSearch: boolean };
	/** The model for an operation when the person named none. */
	readonly defaultModel: string;
	/** How long its runs take where that is known without history (ms); otherwise the operation's own figure stands. */
	readonly typicalMs?: number;
	/** A page that shows what was searched, for a query's link (IR-01). */
	searchUrl(query: string): string;
	/** Creates a response. Ends after a terminal event, or silently when the stream was cut: only `ended` means ended. With `stream: false` yields `created` and, when it is over already, `ended`. */
	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent>;
	/** Streams again what came after `cursor`. Fails with `provider_gone` when it cannot be streamed any more. */
	resume(responseId: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent>;
	/** How it stands now, with usage where the provider says. */
	fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome>;
	cancel(responseId: string, signal: AbortSignal): Promise<CancelAnswer>;
}

/** The provider as an operation sees it: `respond` creates at most once, goes on after cuts and restarts, and ends only with `ended`. */
export interface DurableProvider {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly can: Provider['can'];
	readonly model: string;
	searchUrl(query: string): string;
	respond(request: Omit<ResponseRequest, 'model' | 'background' | 'stream' | 'metadata'>): AsyncIterable<ProviderEvent>;
}
