import { Readable } from 'node:stream';
import type { RequestEvent } from '@sveltejs/kit';

/** An artifact's bytes, always as a download, never as a page of ours. */
export async function getArtifact({ locals, params }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	const file = await app.queries.artifact(owner, params.id ?? '', params.name ?? '');
	const body = Readable.toWeb(app.blobs.read(file.path)) as ReadableStream<Uint8Array>;
	const name = encodeURIComponent(file.name);
	return new Response(body, {
		headers: {
			'content-type': file.mediaType.startsWith('text/') ? `${file.mediaType}; charset=utf-8` : file.mediaType,
			'content-length': String(file.size),
			'content-disposition': `attachment; filename="${name}"; filename*=UTF-8''${name}`,
			'content-security-policy': "sandbox; default-src 'none'",
			etag: `"${file.sha256}"`
		}
	});
}
