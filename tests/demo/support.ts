import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import type { ResponseCreateParamsStreaming } from 'openai/resources/responses/responses';
import { onTestFinished } from 'vitest';
import { startDemo } from '../../src/demo/server.ts';
import type { Demo, DemoOptions } from '../../src/demo/server.ts';

/** An event as it was on the wire. */
export interface Told {
	type: string;
	sequence_number: number;
	[field: string]: unknown;
}

export const FIXTURES = join(import.meta.dirname, 'fixtures');
export const QUESTION = 'How do Fresnel lenses work in lighthouses?';

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'demo-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** A demo over the fixture library, fast, closed with the test. */
export async function demoFor(options: Partial<DemoOptions> = {}): Promise<Demo> {
	const demo = await startDemo({
		dataDir: options.dataDir ?? temporaryFolder(),
		corpusFolders: [FIXTURES],
		pace: 200,
		...options
	});
	onTestFinished(() => demo.close());
	return demo;
}

export function clientFor(demo: Demo): OpenAI {
	return new OpenAI({ baseURL: demo.url, apiKey: 'any', maxRetries: 0 });
}

/** A research request as Headway sends it. */
export function researchRequest(
	input = QUESTION,
	effort: 'low' | 'medium' | 'high' = 'low'
): ResponseCreateParamsStreaming {
	return {
		model: 'demo-research-1',
		input,
		background: true,
		store: true,
		stream: true,
		reasoning: { effort, summary: 'auto' },
		tools: [{ type: 'web_search' }],
		include: ['web_search_call.action.sources'],
		metadata: { job_id: 'job_1' }
	};
}

/** A bare request, to see the wire rather than what an SDK makes of it. */
export function request(
	demo: Demo,
	method: string,
	path: string,
	body?: unknown,
	headers: Record<string, string> = {}
) {
	return fetch(demo.url + path, {
		method,
		headers: { authorization: 'Bearer any', 'content-type': 'application/json', ...headers },
		body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
	});
}

/** Reads a whole event stream; what came before a cut counts too. */
export async function textUntilEnd(response: Response): Promise<{ text: string; cut: boolean }> {
	const decoder = new TextDecoder();
	let text = '';
	try {
		for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
		return { text, cut: false };
	} catch {
		return { text, cut: true };
	}
}

export function eventsIn(text: string): Told[] {
	return [...text.matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => JSON.parse(data ?? '') as Told);
}

/** Runs a research to its end and gives its events. */
export async function eventsOf(
	demo: Demo,
	body: unknown = researchRequest(),
	headers: Record<string, string> = {}
): Promise<Told[]> {
	return eventsIn((await textUntilEnd(await request(demo, 'POST', '/responses', body, headers))).text);
}

export function transcript(name: string): string {
	return readFileSync(join(FIXTURES, 'transcripts', `${name}.sse`), 'utf8');
}

/** Arms faults, or changes the pace. */
export async function control(demo: Demo, order: unknown) {
	const answer = await fetch(demo.controlUrl, { method: 'POST', body: JSON.stringify(order) });
	return (await answer.json()) as ControlState;
}

export async function controlState(demo: Demo): Promise<ControlState> {
	return (await (await fetch(demo.controlUrl)).json()) as ControlState;
}

export interface ControlState {
	pace: number;
	faults: { name: string; times: number }[];
	ledger: { method: string; path: string; status: number; responseId?: string; jobId?: string; fault?: string }[];
	responses: { id: string; status: string; jobId: string | null; createdAt: number; usage: unknown }[];
	drawing: number;
}

/** The fields of a Response object that the tests look at. */
export interface Answered {
	id: string;
	status: string;
	output: {
		id: string;
		type: string;
		status?: string;
		content?: { type: string; text: string }[];
		action?: { type: string; query?: string };
	}[];
	usage: { output_tokens: number; total_tokens: number } | null;
	error: { code: string } | null;
	incomplete_details: { reason: string } | null;
	tool_usage?: { web_search: { num_requests: number } };
}

export async function objectOf(demo: Demo, id: string): Promise<Answered> {
	return (await (await request(demo, 'GET', `/responses/${id}`)).json()) as Answered;
}

/** The report in a Response object. */
export function reportOf({ output }: Answered): string {
	return output.find(({ type }) => type === 'message')?.content?.[0]?.text ?? '';
}

/** The Response object in the last event. */
export function lastObject(events: Told[]): Answered {
	return events.at(-1)?.response as Answered;
}
