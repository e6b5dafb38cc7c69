import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer that is an error, in OpenAI's shape. */
export class WireError extends Error {
	readonly status: number;
	readonly body: { error: { message: string; type: string; param: string | null; code: string | null } };
	readonly headers: Record<string, string>;

	constructor(
		status: number,
		message: string,
		{ type = 'invalid_request_error', param = null as string | null, code = null as string | null, headers = {} } = {}
	) {
		super(message);
		this.status = status;
		this.body = { error: { message, type, param, code } };
		this.headers = headers;
	}
}

// 16 MiB: far above any prompt, far below what would hurt.
const MAX_BODY = 16 * 1024 * 1024;

/** Headers that OpenAI sends with every answer. */
export function commonHeaders(requestId: string, startedAt: number): Record<string, string> {
	return {
		'x-request-id': requestId,
		'openai-processing-ms': String(Math.max(1, Math.round(performance.now() - startedAt))),
		'openai-version': '2020-10-01',
		'x-ratelimit-limit-requests': '5000',
		'x-ratelimit-remaining-requests': '4999',
		'x-ratelimit-reset-requests': '12ms',
		'x-ratelimit-limit-tokens': '4000000',
		'x-ratelimit-remaining-tokens': '3999000',
		'x-ratelimit-reset-tokens': '15ms'
	};
}

export function sendJson(
	res: ServerResponse,
	status: number,
	body: unknown,
	headers: Record<string, string> = {}
): void {
	res.writeHead(status, { 'content-type': 'application/json', ...headers });
	res.end(JSON.stringify(body));
}

export function sendHtml(res: ServerResponse, status: number, html: string): void {
	res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
	res.end(html);
}

export function openEventStream(res: ServerResponse): void {
	res.socket?.setNoDelay(true);
	res.writeHead(200, {
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-cache',
		'x-accel-buffering': 'no'
	});
	res.flushHeaders();
}

/** A frame of the Responses API: named, with the type repeated inside. */
export function eventFrame(event: { type: string }): string {
	return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A frame of Chat Completions: data only. */
export function dataFrame(data: unknown): string {
	return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** Reads a JSON object. Throws a WireError with status 400 or 413. */
export async function readJson(req: IncomingMessage): Promise<Record<string, unknown>> {
	const text = await readBody(req);
	let body: unknown;
	try {
		body = JSON.parse(text);
	} catch {
		throw new WireError(400, 'We could not parse the JSON body of your request.');
	}
	if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
	throw new WireError(400, 'The body of your request must be a JSON object.');
}

async function readBody(req: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of req as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > MAX_BODY) throw new WireError(413, 'The body of your request is too large.');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}
