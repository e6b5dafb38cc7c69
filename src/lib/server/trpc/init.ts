import { initTRPC, TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { App } from '../app.ts';
import { diskFault } from '../room.ts';
import { statusOf } from '../http/problem.ts';
import { trpcClient } from '../live/wires.ts';
import type { Allowance } from '../rate-limits.ts';
import { invalidInput } from '../read-input.ts';

/** What every procedure is given. */
export interface Context {
	app: App;
	owner: string;
	/** Aborts when the caller hangs up. */
	signal: AbortSignal;
	/** Resolves once the caller has taken what was sent, or the signal aborts; absent where the transport pulls by itself. */
	room?(until: AbortSignal): Promise<void>;
	/** Where what is left of a limit is noted for the answer's headers; absent where an answer has none. */
	allowances?: Allowance[];
}

const t = initTRPC.context<Context>().create({
	isDev: false,
	sse: {
		ping: { enabled: true, intervalMs: 15_000 },
		client: trpcClient
	},
	errorFormatter({ shape, error }) {
		const cause = explain(error);
		const { code, httpStatus, path } = shape.data;
		return {
			...shape,
			message: cause?.message ?? publicMessage(error),
			data: describeError({ code, httpStatus, path }, cause)
		};
	}
});

/** What a client is told of an error, beside its sentence. */
export function describeError(
	facts: { code: TRPCError['code']; httpStatus: number; path?: string | undefined },
	error: HeadwayError | null
) {
	return {
		...facts,
		reason: error?.code ?? null,
		fields: error?.fields ?? null,
		retryAfter: error?.retryAfter ?? null
	};
}

/** What a procedure's own input schema refused reads like what an operation's does. */
function explain({ code, cause }: TRPCError): HeadwayError | null {
	if (cause instanceof HeadwayError) return cause;
	return code === 'BAD_REQUEST' && cause instanceof ZodError ? invalidInput(cause, []) : null;
}

function publicMessage(error: TRPCError): string {
	return error.code === 'INTERNAL_SERVER_ERROR'
		? 'Something went wrong inside Headway. The log says more.'
		: error.message;
}

const byStatus: Record<number, TRPCError['code']> = {
	400: 'BAD_REQUEST',
	403: 'FORBIDDEN',
	404: 'NOT_FOUND',
	405: 'METHOD_NOT_SUPPORTED',
	409: 'CONFLICT',
	413: 'PAYLOAD_TOO_LARGE',
	415: 'UNSUPPORTED_MEDIA_TYPE',
	429: 'TOO_MANY_REQUESTS',
	503: 'SERVICE_UNAVAILABLE'
};

/** A domain error as tRPC's, with its own code and sentence kept. */
export function asTrpcError(error: HeadwayError): TRPCError {
	return new TRPCError({
		code: byStatus[statusOf(error.code)] ?? 'INTERNAL_SERVER_ERROR',
		message: error.message,
		cause: error
	});
}

const explained = t.middleware(async ({ next, ctx, path }) => {
	const result = await next();
	if (result.ok) return result;
	if (result.error.cause instanceof HeadwayError) throw asTrpcError(result.error.cause);
	const disk = diskFault(result.error.cause);
	if (result.error.code === 'INTERNAL_SERVER_ERROR')
		ctx.app.log.error({ path, error: result.error.stack }, 'procedure failed');
	if (disk) throw asTrpcError(disk);
	return result;
});

export const router = t.router;
/** A procedure whose domain errors reach the caller with their code and sentence. */
export const procedure = t.procedure.use(explained);

/** One that starts a job, of which an owner has so many in a minute. */
export const startProcedure = procedure.use(async ({ next, ctx }) => {
	await ctx.app.rates.take('starts', ctx.owner, ctx.allowances);
	return next();
});
