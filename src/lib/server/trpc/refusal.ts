import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { HeadwayError } from '../../jobs/error.ts';
import { problem } from '../http/problem.ts';
import { asTrpcError, describeError } from './init.ts';

const root = '/api/trpc/';

/** Whether an address is one of the typed door's. */
export function isForTrpc({ pathname }: URL): boolean {
	return pathname.startsWith(root);
}

/** A refusal before any procedure was asked, as the typed client reads it. */
export function trpcRefusal(error: HeadwayError, { pathname }: URL): Response {
	const { status, headers } = problem(error);
	const { code } = asTrpcError(error);
	const facts = { code, httpStatus: status, path: pathname.slice(root.length) };
	const body = {
		error: { message: error.message, code: TRPC_ERROR_CODES_BY_KEY[code], data: describeError(facts, error) }
	};
	headers.set('content-type', 'application/json');
	return new Response(JSON.stringify(body), { status, headers });
}
