import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import { LARGEST_DOCUMENT } from '../../operations/knowledge.ts';
import type { FileRow } from '../db/schema.ts';
import { readInput } from '../read-input.ts';
import { readBody, readCount } from './door.ts';
import { takeFile } from './file-door.ts';
import { admitStream, answerStarted, readKey } from './job-doors.ts';

type Started = { snapshot: JobSnapshot; created: boolean };

/** Its options are those of any job. */
const body = z.looseObject({ options: z.unknown().optional() });

/**
 * `POST /api/knowledge`: starts the ingesting of a file, which is sent here (the body, or in a form with `title` and
 * `projectId` beside it) or was uploaded before (JSON with its `fileId`). Answers as `POST /api/jobs` does.
 */
export async function addDocument(event: RequestEvent): Promise<Response> {
	admitStream(event);
	const key = readKey(event.request);
	const isJson = /^application\/json\b/i.test(event.request.headers.get('content-type') ?? '');
	return answerStarted(event, isJson ? await startNamed(event, key) : await startSent(event, key));
}

async function startNamed({ request, locals }: RequestEvent, idempotencyKey: string | undefined): Promise<Started> {
	const { options, ...input } = readInput(body, await readBody(request), 'body') as z.output<typeof body>;
	return locals.app.jobs.start(locals.owner, { operation: 'ingest', input, options, idempotencyKey });
}

/** A file that no job was started for is not kept. */
async function startSent(event: RequestEvent, idempotencyKey: string | undefined): Promise<Started> {
	const { app, owner } = event.locals;
	const { row, fields } = await takeFile(event, Math.min(LARGEST_DOCUMENT, app.uploads.maxBytes));
	try {
		const input = { ...(await givenBefore(event, row, idempotencyKey)), name: row.name, ...named(fields) };
		const started = await app.jobs.start(owner, { operation: 'ingest', input, idempotencyKey });
		if (input.fileId !== row.id) await app.uploads.remove(owner, row.id);
		return started;
	} catch (error) {
		await app.uploads.remove(owner, row.id).catch(() => undefined);
		throw error;
	}
}

/** The same bytes under the same key are the same request: the file that came with it first stands for this one. */
async function givenBefore(
	{ locals: { app, owner } }: RequestEvent,
	row: FileRow,
	key: string | undefined
): Promise<{ fileId: string }> {
	const before = key === undefined ? null : await app.knowledge.begunWith(owner, key);
	const isSame = before !== null && before.sha256 === row.sha256 && before.name === row.name;
	return { fileId: isSame ? before.id : row.id };
}

function named(fields: ReadonlyMap<string, string>): { title?: string; projectId?: string } {
	const [title, projectId] = [fields.get('title')?.trim(), fields.get('projectId')?.trim()];
	return { ...(title ? { title } : {}), ...(projectId ? { projectId } : {}) };
}

/** `GET /api/knowledge?projectId=`: `{ documents }`, newest first; an empty project names those of none. */
export async function listDocuments({ url, locals }: RequestEvent): Promise<Response> {
	const projectId = url.searchParams.get('projectId') ?? undefined;
	const documents = await locals.app.knowledge.documents(locals.owner, projectId === '' ? null : projectId);
	return Response.json({ documents });
}

/** The most passages that one answer holds. */
const MOST_PASSAGES = 200;

/** `GET /api/knowledge/:id?from=&limit=`: `{ document, passages, next }`, the passages in order. */
export async function getDocument({ url, locals, params }: RequestEvent): Promise<Response> {
	const from = readCount(url, 'from', Number.MAX_SAFE_INTEGER) ?? 0;
	const limit = readCount(url, 'limit', MOST_PASSAGES) ?? 50;
	if (limit === 0) throw new HeadwayError('bad_request', '`limit` must be at least 1.');
	const { document, passages } = await locals.app.knowledge.of(locals.owner).read(params.id ?? '', from, limit);
	const next = from + passages.length < document.passages && passages.length > 0 ? from + passages.length : null;
	return Response.json({ document, passages, next });
}

/** `DELETE /api/knowledge/:id`: 204; its passages and its file go with it. */
export async function removeDocument({ locals, params }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	await app.knowledge.remove(owner, params.id ?? '', app.uploads);
	return new Response(null, { status: 204 });
}
