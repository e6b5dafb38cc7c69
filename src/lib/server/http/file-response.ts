import { Readable } from 'node:stream';
import type { ByteRange } from '../blobs/blobs.ts';

/** A stored file, and how it may be shown. */
export interface ServedFile {
	name: string;
	mediaType: string;
	/** In bytes. */
	size: number;
	sha256: string;
	/** Shown where it is linked; otherwise a download. */
	inline: boolean;
	/** These bytes stand under this address for ever. */
	settled: boolean;
	open(range?: ByteRange): Promise<Readable>;
}

/** Answers a GET or HEAD for a file: whole, a range (206, 416, `If-Range`), or 304 for who has it. It never runs as a page of ours. */
export async function fileResponse(request: Request, file: ServedFile): Promise<Response> {
	const etag = `"${file.sha256}"`;
	const headers = { ...headersOf(file), etag };
	if (knows(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
	const range = request.method === 'GET' && isCurrent(request, etag) ? readRange(request, file.size) : null;
	if (range === 'unsatisfiable')
		return new Response(null, { status: 416, headers: { 'content-range': `bytes */${file.size}` } });
	const { start, end } = range ?? { start: 0, end: file.size - 1 };
	const body = request.method === 'HEAD' ? null : await file.open(range ?? undefined);
	return new Response(body && (Readable.toWeb(body) as ReadableStream<Uint8Array>), {
		status: range ? 206 : 200,
		headers: {
			...headers,
			'content-type': contentTypeOf(file.mediaType),
			'content-length': String(end - start + 1),
			...(range ? { 'content-range': `bytes ${start}-${end}/${file.size}` } : {})
		}
	});
}

function headersOf({ name, inline, settled }: ServedFile): Record<string, string> {
	return {
		'accept-ranges': 'bytes',
		'cache-control': settled ? 'private, max-age=31536000, immutable' : 'private, no-cache',
		'content-disposition': `${inline ? 'inline' : 'attachment'}; ${attachmentNames(name)}`,
		'content-security-policy': "sandbox; default-src 'none'",
		'x-content-type-options': 'nosniff'
	};
}

/** A file's name for `Content-Disposition`, for every client: in ASCII, and as it is (RFC 6266). */
export function attachmentNames(name: string): string {
	const encoded = encodeURIComponent(name.toWellFormed()).replace(
		/['()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
	);
	return `filename="${name.replace(/[^\w. -]/g, '_')}"; filename*=UTF-8''${encoded}`;
}

function contentTypeOf(mediaType: string): string {
	if (!/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) return 'application/octet-stream';
	return mediaType.startsWith('text/') ? `${mediaType}; charset=utf-8` : mediaType;
}

function knows(ifNoneMatch: string | null, etag: string): boolean {
	const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
	return tags.includes(etag) || tags.includes('*');
}

/** A range of another version than the client has would make a broken file: then it gets the whole. */
function isCurrent(request: Request, etag: string): boolean {
	const ifRange = request.headers.get('if-range');
	return ifRange === null || ifRange.trim() === etag;
}

/** The range that was asked for; null for none, for several at once and for what is no range: these get the whole file. */
function readRange(request: Request, size: number): ByteRange | 'unsatisfiable' | null {
	const [, first = '', last = ''] =
		/^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.get('range')?.trim() ?? '') ?? [];
	if (first === '' && last === '') return null;
	if (first === '') {
		const length = Math.min(Number(last), size);
		return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
	}
	if (last !== '' && Number(last) < Number(first)) return null;
	if (Number(first) >= size) return 'unsatisfiable';
	return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
