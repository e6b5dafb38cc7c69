import type { RequestEvent } from '@sveltejs/kit';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot, JobSummary } from '../../jobs/snapshot.ts';
import type { PartsForecast } from '../../jobs/parts-forecast.ts';
import type { App } from '../app.ts';
import type { Jobs } from '../jobs.ts';
import { readBody } from './door.ts';
import { admitStream, answerStarted, readKey } from './job-doors.ts';

/** A batch with how each of its parts stands. */
export type BatchSnapshot = JobSnapshot & { children: JobSummary[] };

/** `POST /api/batches`: the batch's input is the body. 201 with its snapshot, 200 for a repeated key, or its events when the caller asks for a stream. */
export async function startBatch(event: RequestEvent): Promise<Response> {
	const { request, locals } = event;
	admitStream(event);
	const started = await beginBatch(locals.app.jobs, locals.owner, await readBody(request), readKey(request));
	return answerStarted(event, started);
}

/** `POST /api/batches/forecast`: what the batch that is the body will take and cost; nothing is started. */
export async function forecastBatch({ request, locals }: RequestEvent): Promise<Response> {
	return Response.json(await foreseeBatch(locals.app, locals.owner, await readBody(request)));
}

/** Throws `invalid_input` like a start. */
export async function foreseeBatch(
	{ jobs, foresee }: Pick<App, 'jobs' | 'foresee'>,
	owner: string,
	body: Record<string, unknown>
): Promise<PartsForecast> {
	const { input } = shared(body);
	try {
		return foresee('batch', await jobs.check(owner, 'batch', input));
	} catch (error) {
		throw ofBody(error);
	}
}

/** `GET /api/batches/:id`: the snapshot, and in `children` a summary of each part. */
export async function getBatch({ locals, params }: RequestEvent): Promise<Response> {
	return Response.json(await readBatch(locals.app.jobs, locals.owner, params.id ?? ''));
}

/** Starts a batch from its input. `onDisconnect` and `priority` are of the batch as a whole, the other options of each part. */
export async function beginBatch(
	jobs: Jobs,
	owner: string,
	body: Record<string, unknown>,
	idempotencyKey: string | undefined
): Promise<{ snapshot: JobSnapshot; created: boolean }> {
	const { whole, input } = shared(body);
	try {
		return await jobs.start(owner, { operation: 'batch', input, options: whole, idempotencyKey });
	} catch (error) {
		throw ofBody(error);
	}
}

function ofBody(error: unknown): unknown {
	return error instanceof HeadwayError && error.code === 'invalid_input' ? fromBody(error) : error;
}

/** Throws `not_found` for a job that is no batch. */
export async function readBatch(jobs: Jobs, owner: string, id: string): Promise<BatchSnapshot> {
	const snapshot = await jobs.snapshot(owner, id);
	if (snapshot.operation !== 'batch') throw new HeadwayError('not_found', 'There is no such batch.');
	return { ...snapshot, children: await jobs.children(owner, id) };
}

function shared(body: Record<string, unknown>): { whole: Record<string, unknown>; input: Record<string, unknown> } {
	const { options } = body;
	if (typeof options !== 'object' || options === null || Array.isArray(options)) return { whole: {}, input: body };
	const { onDisconnect, priority, ...each } = options as Record<string, unknown>;
	const given = Object.entries({ onDisconnect, priority }).filter(([, value]) => value !== undefined);
	return { whole: Object.fromEntries(given), input: { ...body, options: each } };
}

/** A refusal of an input that is the body: its fields are named without a root. */
export function fromBody({ message, fields = [] }: HeadwayError): HeadwayError {
	const bare = (text: string) => text.replace(/^input\./, '');
	return new HeadwayError('invalid_input', bare(message), {
		fields: fields.map((field) => ({ ...field, path: bare(field.path) }))
	});
}
