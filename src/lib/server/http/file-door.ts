import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';
import { HeadwayError } from '../../jobs/error.ts';
import { presentUpload, tooLarge } from '../blobs/uploads.ts';
import type { Clock } from '../clock.ts';
import type { FileRow } from '../db/schema.ts';
import { readInput } from '../read-input.ts';
import { fileResponse } from './file-response.ts';
import type { IncomingFile } from './form-file.ts';

/** How long a sender may be silent, in ms. However slow one that sends is, it may go on. */
const SILENCE_MS = 60_000;
/** What a form may have around its file, in bytes. */
const AROUND = 64 * 1024;

/** `POST /api/files`: 201 with the stored file. The body is the file itself, or a form with one; a hang-up leaves nothing. */
export async function postFile(event: RequestEvent): Promise<Response> {
	const { row } = await takeFile(event, event.locals.app.uploads.maxBytes);
	const stored = presentUpload(row);
	return Response.json(stored, { status: 201, headers: { location: stored.url } });
}

/** Stores the file that a request brings, of at most so many bytes, and gives the fields that stand beside it in a form. */
export async function takeFile(
	{ request, url, locals }: RequestEvent,
	maxBytes: number
): Promise<{ row: FileRow; fields: ReadonlyMap<string, string> }> {
	const { app, owner } = locals;
	const contentType = request.headers.get('content-type') ?? '';
	refuseLarge(request, maxBytes);
	const stop = new AbortController();
	const brokenOff = () => stop.abort(new HeadwayError('bad_request', 'The upload was broken off.'));
	request.signal.addEventListener('abort', brokenOff, { once: true });
	try {
		const body = heard(bodyOf(request), app.clock, stop);
		const file: IncomingFile = /^multipart\/form-data\b/i.test(contentType)
			? await (await import('./form-file.ts')).formFile(contentType, body)
			: { name: nameOf(request, url), body };
		const row = await app.uploads.put(owner, file, stop.signal, maxBytes);
		return { row, fields: file.fields ?? new Map() };
	} finally {
		request.signal.removeEventListener('abort', brokenOff);
	}
}

/** Before anything is read. */
function refuseLarge(request: Request, maxBytes: number): void {
	if (Number(request.headers.get('content-length') ?? 0) > maxBytes + AROUND) throw tooLarge(maxBytes);
}

function bodyOf(request: Request): AsyncIterable<Uint8Array> {
	const { body, headers } = request;
	// SvelteKit gives no body to a request without a content type, and none to an empty one.
	if (body === null && !(headers.has('content-type') && headers.get('content-length') === '0'))
		throw new HeadwayError(
			'bad_request',
			'Send the file as the body with a Content-Type, or as one part of multipart/form-data.'
		);
	return read(request);
}

/** A body that cannot be read is the sender's hang-up. */
async function* read(request: Request): AsyncGenerator<Uint8Array> {
	try {
		// Cancelling the body would break the connection before a refusal is sent.
		for await (const chunk of request.body?.values({ preventCancel: true }) ?? []) yield chunk;
	} catch (error) {
		throw new HeadwayError('bad_request', 'The upload was broken off.', { cause: error });
	}
}

/** The same bytes; `stop` aborts when none come for too long. Time that the reader takes does not count. */
async function* heard(
	body: AsyncIterable<Uint8Array>,
	clock: Clock,
	stop: AbortController
): AsyncGenerator<Uint8Array> {
	const iterator = body[Symbol.asyncIterator]();
	const silent = () =>
		stop.abort(new HeadwayError('bad_request', `Nothing came for ${SILENCE_MS / 1_000} seconds. Send the file again.`));
	for (;;) {
		const cancel = clock.after(SILENCE_MS, silent);
		const { done, value } = await iterator.next().finally(cancel);
		if (done) return;
		yield value;
	}
}

/** From `?name=`, or as HTTP says it of a file. */
function nameOf(request: Request, url: URL): string {
	const disposition = request.headers.get('content-disposition') ?? '';
	const [, encoded] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
	const [, quoted, bare] = /filename=(?:"([^"]*)"|([^;]+))/i.exec(disposition) ?? [];
	return url.searchParams.get('name') ?? decoded(encoded) ?? quoted ?? bare?.trim() ?? 'file';
}

function decoded(text: string | undefined): string | undefined {
	try {
		return text && decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

/** `GET /api/files/:id`: the bytes as a download. */
export async function getFile({ request, params, locals }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	const row = await app.uploads.get(owner, params.id ?? '');
	const open = app.uploads.open.bind(app.uploads, row);
	return fileResponse(request, { ...row, inline: false, settled: true, open });
}

const listQuery = z.object({
	before: z.string().max(100).optional(),
	limit: z.coerce.number().int().min(1).max(200).optional()
});

/** `GET /api/files?before=&limit=`: `{ files, next }`, newest first. */
export async function listFiles({ url, locals }: RequestEvent): Promise<Response> {
	const query = readInput(listQuery, Object.fromEntries(url.searchParams), 'query') as z.output<typeof listQuery>;
	const { rows, next } = await locals.app.uploads.list(locals.owner, query);
	return Response.json({ files: rows.map(presentUpload), next });
}

/** `DELETE /api/files/:id`: 204; 409 while a job that has not ended refers to it. */
export async function removeFile({ params, locals }: RequestEvent): Promise<Response> {
	await locals.app.uploads.remove(locals.owner, params.id ?? '');
	return new Response(null, { status: 204 });
}
