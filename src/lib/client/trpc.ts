import { createTRPCClient, httpLink, httpSubscriptionLink, retryLink, splitLink, TRPCClientError } from '@trpc/client';
import type { ErrorCode } from '../jobs/error.ts';
import type { AppRouter } from '../server/trpc/index.ts';
import { howOf } from './answer-error.ts';
import { AttentiveEventSource, type Wire } from './attentive-event-source.ts';
import { backoff } from './backoff.ts';
import { socketLink } from './socket-link.ts';
import type { Transport } from './transport.ts';

/** Where the server is, and what to reach it with; all but `url` are for tests. */
export interface ClientOptions {
	url?: string;
	EventSource?: typeof EventSource;
	WebSocket?: typeof WebSocket;
	fetch?: typeof fetch;
	/** Asked for each live stream; server-sent events unless told otherwise. */
	transport?: () => Transport;
}

/** The typed client. Live streams come back by themselves with their last id; everything else is one plain request. */
export function createClient(options: ClientOptions = {}) {
	const { url = '/api/trpc', EventSource, WebSocket, fetch, transport = () => 'sse' } = options;
	return createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) => op.type === 'subscription',
				true: [
					// Any answer but 200 ends an EventSource for good; without this a proxy's 502 during a restart ended the page's life.
					retryLink({
						// A page's connection has a wire, and comes back by itself: it counts its failures.
						retry: ({ op, error }) => !op.context.wire && howOf(error) === 'cut',
						retryDelayMs: (attempt) => backoff(attempt)
					}),
					splitLink({
						condition: ({ context }) => transport() === 'websocket' && !context.plain,
						true: socketLink({ url, WebSocket }),
						false: httpSubscriptionLink({
							url,
							EventSource: AttentiveEventSource,
							eventSourceOptions: ({ op }) => ({
								Source: EventSource ?? globalThis.EventSource,
								wire: op.context.wire as Wire | undefined
							})
						})
					})
				],
				false: httpLink({ url, ...(fetch ? { fetch } : {}) })
			})
		]
	});
}

export type Client = ReturnType<typeof createClient>;

/** A command that failed, as a sentence for the person and a code for the program. */
export class CommandError extends Error {
	readonly data: { code: ErrorCode | null; fields: { path: string; message: string }[]; retryAfter: number | null };

	constructor(message: string, data: CommandError['data'], cause: unknown) {
		super(message, { cause });
		this.name = 'CommandError';
		this.data = data;
	}
}

const WAITS_MS = [1_000, 2_000, 4_000];

/** A limit that is over within so many seconds is waited for; of a longer one the person is told. */
const PATIENCE_S = 5;

/** Sends a command that is safe to send twice; when the server cannot be reached it is sent again after 1, 2 and 4 s, at a limit when it says. Rejects with a `CommandError`. */
export async function command<T>(
	send: () => Promise<T>,
	wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
): Promise<T> {
	for (const [attempt, ms] of [...WAITS_MS, null].entries()) {
		try {
			return await send();
		} catch (error) {
			const limitMs = limitOf(error);
			if (ms === null || (limitMs === null && !isUnreachable(error))) throw asCommandError(error, attempt);
			await wait(limitMs ?? ms);
		}
	}
	throw new Error('unreachable');
}

/** How long a limit that can be waited for lasts, in ms; null for any other error. */
function limitOf(error: unknown): number | null {
	if (!(error instanceof TRPCClientError)) return null;
	const { code, retryAfter } = (error.data ?? {}) as { code?: string; retryAfter?: number | null };
	return code === 'TOO_MANY_REQUESTS' && retryAfter && retryAfter <= PATIENCE_S ? retryAfter * 1_000 : null;
}

function isUnreachable(error: unknown): boolean {
	return error instanceof TRPCClientError && (error.data === undefined || error.data === null);
}

function asCommandError(error: unknown, attempts: number): CommandError {
	if (isUnreachable(error) || !(error instanceof TRPCClientError))
		return new CommandError(
			`Headway could not be reached${attempts > 0 ? `, after ${attempts + 1} attempts` : ''}. Check the connection and try again.`,
			{ code: null, fields: [], retryAfter: null },
			error
		);
	const data = error.data as {
		reason?: ErrorCode | null;
		fields?: { path: string; message: string }[] | null;
		retryAfter?: number | null;
	};
	return new CommandError(
		error.message,
		{ code: data.reason ?? null, fields: data.fields ?? [], retryAfter: data.retryAfter ?? null },
		error
	);
}

/** A key that no other start has. `crypto.randomUUID` is missing on plain http, so this uses what is not. */
export function newKey(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
