import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { jobStatus } from '../../jobs/job.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { readInput } from '../read-input.ts';
import { readBody, readCount, readOptionalBody } from './door.ts';
import { sseResponse } from './sse.ts';

/** The longest that `?wait=` holds, in seconds. */
const LONGEST_WAIT = 600;
const MAX_SEQ = Number.MAX_SAFE_INTEGER;

const startBody = z.strictObject({
	operation: z.string().min(1).max(100),
	input: z.unknown().optional(),
	options: z.unknown().optional()
});
const answerBody = z.strictObject({ questionId: z.string().min(1).max(100), value: z.unknown() });

/** `POST /api/jobs`: 201 with the snapshot, 200 for a repeated key, or the job's events when the caller asks for a stream. */
export async function startJob(event: RequestEvent): Promise<Response> {
	const { request, locals } = event;
	admitStream(event);
	const { operation, input, options } = readInput(startBody, await readBody(request), 'body') as z.output<
		typeof startBody
	>;
	const { snapshot, created } = await locals.app.jobs.start(locals.owner, {
		operation,
		input,
		options,
		idempotencyKey: readKey(request)
	});
	return answerStarted(event, { snapshot, created });
}

/** What a start is answered with: the snapshot, or the job's events when the caller asks for a stream. */
export async function answerStarted(
	event: RequestEvent,
	{ snapshot, created }: { snapshot: JobSnapshot; created: boolean }
): Promise<Response> {
	const headers = { location: `/api/jobs/${snapshot.id}` };
	if (wantsStream(event.request)) return streamStarted(event, snapshot, headers);
	return Response.json(snapshot, { status: created ? 201 : 200, headers });
}

/** Without a wish for it, hanging up leaves the job running (CX-16). */
function streamStarted(
	{ request, locals }: RequestEvent,
	snapshot: JobSnapshot,
	headers: Record<string, string>
): Promise<Response> {
	const { app, owner } = locals;
	const cancels = snapshot.options.onDisconnect === 'cancel';
	const onHangUp = () => {
		if (cancels) void app.jobs.cancel(owner, snapshot.id, 'disconnect').catch(() => undefined);
	};
	return sseResponse(
		{ app, owner, jobId: snapshot.id, after: 0, signal: request.signal, admitted: true, onHangUp },
		{ status: 200, headers }
	);
}

/** Throws `limit_reached` when the answer would be one stream too many: before the job is started, so that asking again does not start another. */
export function admitStream({ request, locals }: RequestEvent): void {
	if (wantsStream(request)) locals.app.live.streams.admit(locals.owner);
}

function wantsStream(request: Request): boolean {
	return request.headers.get('accept')?.includes('text/event-stream') ?? false;
}

/** The caller's Idempotency-Key; undefined without one. */
export function readKey(request: Request): string | undefined {
	const key = request.headers.get('idempotency-key') ?? undefined;
	if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key))
		throw new HeadwayError('bad_request', 'Idempotency-Key must be 1 to 200 visible ASCII characters.');
	return key;
}

const listQuery = z.object({
	status: z
		.string()
		.optional()
		.transform((text) => text?.split(','))
		.pipe(z.array(jobStatus).optional()),
	operation: z.string().max(100).optional(),
	parent: z.string().max(64).optional(),
	before: z.string().max(100).optional(),
	limit: z.coerce.number().int().min(1).max(200).optional()
});

/** `GET /api/jobs?status=&operation=&parent=&before=&limit=`: `{ jobs, next }`, newest first. */
export async function listJobs({ url, locals }: RequestEvent): Promise<Response> {
	const query = readInput(listQuery, Object.fromEntries(url.searchParams), 'query') as z.output<typeof listQuery>;
	return Response.json(await locals.app.jobs.list(locals.owner, query));
}

/** `GET /api/jobs/:id?wait=`: the snapshot, held until the job ends or the seconds have passed. */
export async function getJob({ url, locals, params, request }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	const wait = readCount(url, 'wait', LONGEST_WAIT);
	const id = params.id ?? '';
	return Response.json(
		wait === undefined
			? await app.jobs.snapshot(owner, id)
			: await app.jobs.wait(owner, id, wait * 1_000, AbortSignal.any([request.signal, app.live.draining]))
	);
}

export async function removeJob({ locals, params }: RequestEvent): Promise<Response> {
	await locals.app.jobs.remove(locals.owner, params.id ?? '');
	return new Response(null, { status: 204 });
}

/** 202: the receipt comes with the `cancelled` event, and stands in the snapshot. */
export async function cancelJob({ locals, params }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.jobs.cancel(locals.owner, params.id ?? ''), { status: 202 });
}

/** What `POST` to the same address would cost more, at the most. */
export async function quoteFinishing({ locals, params }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.jobs.finishQuote(locals.owner, params.id ?? ''));
}

export async function finishJob({ locals, params }: RequestEvent): Promise<Response> {
	return Response.json(await locals.app.jobs.finish(locals.owner, params.id ?? ''), { status: 202 });
}

export async function retryJob({ locals, params, request }: RequestEvent): Promise<Response> {
	const { snapshot, created } = await locals.app.jobs.retry(locals.owner, params.id ?? '', readKey(request));
	return Response.json(snapshot, { status: created ? 201 : 200, headers: { location: `/api/jobs/${snapshot.id}` } });
}

export async function answerJob({ locals, params, request }: RequestEvent): Promise<Response> {
	const { questionId, value } = readInput(answerBody, await readOptionalBody(request), 'body') as z.output<
		typeof answerBody
	>;
	return Response.json(await locals.app.jobs.answer(locals.owner, params.id ?? '', questionId, value));
}

/** `GET /api/jobs/:id/events`: the job's events from `Last-Event-ID` or `?after=` on, until it ends. */
export async function jobEvents(event: RequestEvent, jobId = event.params.id ?? ''): Promise<Response> {
	const { app, owner } = event.locals;
	const asked = await askedEvents(event, jobId);
	return asked ? sseResponse({ app, owner, ...asked, signal: event.request.signal }) : nothingMore();
}

/** `GET /api/events?response_id=` (or `job_id=`): the same stream by the provider's id. */
export async function eventsByResponse(event: RequestEvent): Promise<Response> {
	return jobEvents(event, await askedJob(event));
}

/** Which events of a job are asked for; null where the reader has them all, and no more will come. Throws `not_found`, `bad_request`, `future_cursor`. */
export async function askedEvents(
	{ locals, request, url }: Pick<RequestEvent, 'locals' | 'request' | 'url'>,
	jobId: string
): Promise<{ jobId: string; after: number } | null> {
	const { seq, ended } = await locals.app.jobs.head(locals.owner, jobId);
	const lastId = readLastEventId(request);
	if (lastId !== undefined && ended && lastId >= seq) return null;
	if (lastId !== undefined && lastId > seq) throw futureCursor(lastId, seq);
	const after = lastId ?? readCount(url, 'after', MAX_SEQ) ?? 0;
	if (after > seq) throw futureCursor(after, seq);
	return { jobId, after };
}

/** Which job `?job_id=` or `?response_id=` names. */
export async function askedJob({ locals, url }: Pick<RequestEvent, 'locals' | 'url'>): Promise<string> {
	const jobId = url.searchParams.get('job_id');
	if (jobId !== null) return jobId;
	const responseId = url.searchParams.get('response_id');
	if (!responseId) throw new HeadwayError('bad_request', 'Say which job: ?response_id=… or ?job_id=…');
	return (await locals.app.queries.byResponse(locals.owner, responseId)).id;
}

/** A browser's EventSource comes back after the end; 204 is what makes it stop (RS-10). */
export function nothingMore(): Response {
	return new Response(null, { status: 204 });
}

function futureCursor(after: number, seq: number): HeadwayError {
	return new HeadwayError('future_cursor', `This job's log ends at ${seq}; there is no event ${after}.`);
}

function readLastEventId(request: Request): number | undefined {
	const text = request.headers.get('last-event-id');
	if (text === null || text === '') return undefined;
	if (!/^\d{1,15}$/.test(text))
		throw new HeadwayError('bad_request', 'Last-Event-ID must be the id of an event of this stream.');
	return Number(text);
}
