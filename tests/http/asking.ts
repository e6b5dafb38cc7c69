import { expect } from 'vitest';
import { pino } from 'pino';
import type { Logger } from '$lib/server/app.ts';

/** A JSON answer: status, headers and body, read. */
export interface Answer {
	status: number;
	headers: Headers;
	// The tests look into bodies of every shape.
	// eslint-disable-next-line @typescript-eslint/no-explicit-any
	body: any;
}

/** Asks and reads the answer as JSON; null when it has no body. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
	const response = await fetch(url, init);
	const text = await response.text();
	return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}

/** A JSON body, sent. */
export function send(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
	return ask(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body)
	});
}

/** A log that keeps its lines. */
export function keptLog(): { log: Logger; lines: { level: number; msg: string }[] } {
	const lines: { level: number; msg: string }[] = [];
	const log: Logger = pino(
		{ base: null, level: 'debug' },
		{ write: (line: string) => void lines.push(JSON.parse(line) as { level: number; msg: string }) }
	);
	return { log, lines };
}

/** Levels of pino: 50 is error, 60 is fatal. */
export const ERROR_LEVEL = 50;

/** A problem document of this status and code, with a sentence and, where given, the paths of the wrong fields. */
export function expectProblem(
	{ status, headers, body }: Answer,
	expected: { status: number; code: string; fields?: string[] }
): void {
	expect(body).toMatchObject({
		status: expected.status,
		code: expected.code,
		type: expect.stringMatching(new RegExp(`\\b${expected.code}$`))
	});
	expect(status).toBe(expected.status);
	expect(headers.get('content-type')).toBe('application/problem+json');
	expect(body.title).toMatch(/^\S.{8,}$/);
	expect(JSON.stringify(body)).not.toMatch(/\.ts:\d|node_modules|stack/);
	if (expected.fields) expect(body.fields.map(({ path }: { path: string }) => path)).toEqual(expected.fields);
}
