import { callTRPCProcedure, getErrorShape, getTRPCErrorFromUnknown, TRPCError } from '@trpc/server';
import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import { LiveStream } from '../live/live-stream.ts';
import type { PushedStream } from '../live/outlet.ts';
import { appRouter } from './index.ts';
import { asTrpcError } from './init.ts';

/** The head of a subscription's answer, as tRPC's own pipeline writes it; what it says of the connection is `tendStream`'s. */
export const trpcHead = {
	vary: 'trpc-accept, accept',
	'content-type': 'text/event-stream',
	'cache-control': 'no-cache, no-transform',
	'x-accel-buffering': 'no'
};

const path = 'live.watch';

/** Calls the procedure `live.watch` - its validation, middleware and authorization are tRPC's - and opens what it says to watch. */
export async function openWatch(visit: Pick<RequestEvent, 'request' | 'url' | 'locals'>): Promise<PushedStream> {
	const { app, owner, allowances } = visit.locals;
	const { signal } = visit.request;
	const told: unknown = await callTRPCProcedure({
		...{ router: appRouter, path, type: 'subscription', batchIndex: 0, signal },
		getRawInput: () => Promise.resolve(rawInput(visit)),
		ctx: { app, owner, allowances, signal }
	});
	if (!(told instanceof LiveStream)) throw new TypeError('live.watch did not say what to watch');
	return app.live.push(told.watch);
}

/** An error in the form that the typed client reads; `ours`: it is a fault of this server, not of the request. */
export function watchErrorShape(error: unknown): { shape: unknown; ours: boolean } {
	const config = appRouter._def._config;
	const known = error instanceof HeadwayError ? asTrpcError(error) : getTRPCErrorFromUnknown(error);
	const shape = getErrorShape({ config, error: known, type: 'subscription', path, input: undefined, ctx: undefined });
	return { shape, ours: known.code === 'INTERNAL_SERVER_ERROR' };
}

/** As tRPC reads it: the query's JSON, with where the reader was in the place that the header, or else the query, tells. */
function rawInput({ request, url: { searchParams } }: Pick<RequestEvent, 'request' | 'url'>): unknown {
	const input = parsed(searchParams.get('input'));
	const names = ['lastEventId', 'Last-Event-Id'];
	const lastEventId = [request.headers.get('last-event-id'), ...names.map((name) => searchParams.get(name))].find(
		(id) => id !== null
	);
	if (!lastEventId) return input;
	if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input, lastEventId };
	return input ?? { lastEventId };
}

function parsed(text: string | null): unknown {
	try {
		return text ? (JSON.parse(text) as unknown) : undefined;
	} catch (cause) {
		throw new TRPCError({ code: 'BAD_REQUEST', message: (cause as Error).message, cause });
	}
}
