import type { HeadwayError } from '../jobs/error.ts';
import type { Cost, Usage } from '../jobs/event.ts';

/** One message of a conversation. */
export interface Message {
	readonly role: 'user' | 'assistant';
	readonly text: string;
	/** Pictures that go with a person's message. */
	readonly images?: readonly { mediaType: string; bytes: Uint8Array }[];
}

/** Texts as vectors, in the order of the texts; all of one length. */
export interface Embedding {
	readonly model: string;
	readonly vectors: readonly Float32Array[];
	readonly usage: Usage | null;
	readonly cost: Cost;
}

/** What to ask of a model. Fields that a vendor refuses are left out by its adapter (TS-01). */
export interface ResponseRequest {
	readonly model: string;
	readonly instructions?: string;
	/** What is asked: one text, or a conversation, oldest first, whose last message is the person's. */
	readonly input: string | readonly Message[];
	/** Ask for the provider's web search tool. */
	readonly webSearch?: { contextSize: 'low' | 'medium' | 'high' };
	readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';
	readonly temperature?: number;
	readonly summaries?: boolean;
	readonly maxToolCalls?: number;
	readonly maxOutputTokens?: number;
	/** What the person chose for this run: sent even where it is not sure that it is taken, and said when it was refused. */
	readonly chosen?: readonly ('temperature' | 'effort' | 'maxOutputTokens')[];
	/** Ask for JSON of this shape (structured output). Where the provider has none, the instructions must say it too. */
	readonly schema?: { name: string; schema: Record<string, unknown> };
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

/** What picture to ask for. Fields that a vendor refuses are left out by its adapter. */
export interface ImageRequest {
	readonly model: string;
	readonly prompt: string;
	/** `1024x1024`, or `auto`. */
	readonly size?: string;
	readonly quality?: string;
	readonly background?: 'transparent' | 'opaque' | 'auto';
	readonly format?: 'png' | 'jpeg' | 'webp';
	/** How many pictures, 1 to 10. More than one only with `stream: false`: events of a stream do not say which picture they are of. */
	readonly count: number;
	/** How many previews to ask for, 0 to 3; fewer may come. */
	readonly partialImages: number;
	readonly stream: boolean;
	/** Pictures to start from: then it is an edit. */
	readonly images: readonly { name: string; mediaType: string; bytes: Uint8Array }[];
}

/** One normalized fact about a picture. */
export type ImageEvent =
	/** The provider took the request: its answer has begun. */
	| { type: 'accepted' }
	/** `index` counts from 1. */
	| { type: 'preview'; index: number; b64: string; mediaType: string }
	| { type: 'image'; bytes: Uint8Array; mediaType: string; revisedPrompt: string | null }
	/** The last one; without it the stream was cut. */
	| { type: 'ended'; usage: Usage | null; cost: Cost };

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
	readonly can: {
		readonly background: boolean;
		readonly webSearch: boolean;
		/** It makes pictures. */
		readonly images: boolean;
		/** It takes a JSON schema for its answer. */
		readonly structured: boolean;
		/** It turns texts into vectors. */
		readonly embeddings: boolean;
	};
	/** The model for an operation when the person named none. */
	readonly defaultModel: string;
	/** The same for pictures. */
	readonly defaultImageModel: string;
	/** Its address without path and key, with the port, where it has one. */
	readonly host?: string;
	/** How long its runs take where that is known without history (ms); otherwise the operation's own figure stands. */
	readonly typicalMs?: Readonly<Partial<Record<'text' | 'images' | 'none', number>>>;
	/** How long to wait between two askings how a response stands (ms), the last one goes on; absent where the usual waits are right. */
	readonly pollMs?: readonly number[];
	/** A page that shows what was searched, for a query's link (IR-01). */
	searchUrl(query: string): string;
	/** Creates a response. Ends after a terminal event, or silently when the stream was cut: only `ended` means ended. With `stream: false` yields `created` and, when it is over already, `ended`. */
	create(request: ResponseRequest, signal: AbortSignal): AsyncIterable<ProviderEvent>;
	/** Streams again what came after `cursor`. Fails with `provider_gone` when it cannot be streamed any more. */
	resume(responseId: string, cursor: number, signal: AbortSignal): AsyncIterable<ProviderEvent>;
	/** How it stands now, with usage where the provider says. */
	fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome>;
	cancel(responseId: string, signal: AbortSignal): Promise<CancelAnswer>;
	/** Makes or edits pictures. Nothing runs on at the provider without the connection, so nothing can be resumed or cancelled by id. */
	image(request: ImageRequest, signal: AbortSignal): AsyncIterable<ImageEvent>;
	/** Turns texts into vectors: at most 256 texts in one request. Fails with `not_supported` where `can.embeddings` is false. */
	embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding>;
	/** Asks something that costs nothing; absent where there is no such thing. Resolves with its models; null where it does not list those that it runs. */
	check?(signal: AbortSignal): Promise<readonly string[] | null>;
}

/** The provider as an operation sees it. What its requests were billed adds up to the job's cost. */
export interface DurableProvider {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly can: Provider['can'];
	readonly model: string;
	/** Milliseconds without text or reasoning after which an answering call is to be given up (CH-07). */
	readonly silenceMs: number;
	searchUrl(query: string): string;
	/**
	 * Creates a response at most once, goes on after cuts and restarts, and ends only with `ended`. An operation with more
	 * than one request names each `step`: taken up again, it asks for the step that was on its way under the same name.
	 */
	respond(
		request: Omit<ResponseRequest, 'model' | 'background' | 'stream' | 'metadata'>,
		step?: string
	): AsyncIterable<ProviderEvent>;
	/**
	 * Stops the response that is open, at the provider too, and bills what it used; nothing happens when none is. Resolves
	 * with how it stood: a response that had ended meanwhile is whole. For an operation that goes on with another request.
	 */
	stop(): Promise<ProviderOutcome | null>;
	/** Turns texts into vectors, in as many requests as are needed. What was billed is counted under `step`. */
	embed(texts: readonly string[], step: string): Promise<{ model: string; vectors: readonly Float32Array[] }>;
	/**
	 * Makes pictures; each request has a `step` of its own. It streams where the run does, unless `stream` is false. Fails
	 * with `provider_connection` when the stream was cut.
	 */
	image(request: Omit<ImageRequest, 'model' | 'stream'> & { stream?: false }, step: string): AsyncIterable<ImageEvent>;
}
