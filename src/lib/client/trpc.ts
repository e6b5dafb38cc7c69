import { createTRPCClient, httpLink, httpSubscriptionLink, retryLink, splitLink, TRPCClientError } from '@trpc/client';
import type { ErrorCode } from '../jobs/error.ts';
import type { AppRouter } from '../server/trpc/index.ts';

/** Where the server is, and what to reach it with; all but `url` are for tests. */
export interface ClientOptions {
	url?: string;
	EventSource?: typeof EventSource;
	fetch?: typeof fetch;
}

/** Longest wait between two attempts to open the live stream. */
const SLOWEST_MS = 10_000;

/** The typed client. Live streams come back by themselves with their last id; everything else is one plain request. */
export function createClient({ url = '/api/trpc', EventSource, fetch }: ClientOptions = {}) {
	return createTRPCClient<AppRouter>({
		links: [
			splitLink({
				condition: (op) => op.type === 'subscription',
				true: [
					// Any answer but 200 ends an EventSource for good; without this a proxy's 502 during a restart ended the page's life.
					retryLink({
						retry: ({ error }) => !hopeless.has(error.data?.code ?? ''),
						retryDelayMs: (attempt) => Math.min(SLOWEST_MS, 300 * 2 ** attempt) * (0.75 + Math.random() / 2)
					}),
					httpSubscriptionLink({ url, ...(EventSource ? { EventSource } : {}) })
				],
				false: httpLink({ url, ...(fetch ? { fetch } : {}) })
			})
		]
	});
}

const hopeless = new Set(['BAD_REQUEST', 'NOT_FOUND', 'FORBIDDEN', 'UNAUTHORIZED']);

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

/** Sends a command that is safe to send twice; when the server cannot be reached it is sent again after 1, 2 and 4 s. Rejects with a `CommandError`. */
export async function command<T>(
	send: () => Promise<T>,
	wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
): Promise<T> {
	for (const [attempt, ms] of [...WAITS_MS, null].entries()) {
		try {
			return await send();
		} catch (error) {
			if (!isUnreachable(error) || ms === null) throw asCommandError(error, attempt);
			await wait(ms);
		}
	}
	throw new Error('unreachable');
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
