/**
 * A provider that takes no time of its own: it speaks the Responses API, and answers each request at once with a stream
 * of text. A question that holds `{"deltas":…,"size":…,"everyMs":…}` says how much and how fast; its text waits for `go`,
 * so that whoever is to watch it is there. `/whole?script=…` is a page that shows such a text by itself.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCalls } from './process.ts';
import { reportOf } from './report-text.ts';
import { wholePage } from './whole-page.ts';

/** What a question asks of this provider. */
interface Script {
	deltas: number;
	/** Characters in each. */
	size: number;
	everyMs: number;
}
const brief: Script = { deltas: 3, size: 40, everyMs: 0 };

function scriptOf(body: string): Script {
	const [found] = /\{\\*"deltas\\*":\d+,\\*"size\\*":\d+,\\*"everyMs\\*":\d+\}/.exec(body) ?? [];
	return found ? (JSON.parse(found.replaceAll('\\', '')) as Script) : brief;
}

async function textOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

let answers = 0;
/** What waits for `go`. */
let held: (() => void)[] = [];

/** One answer's events, numbered as the API numbers them. */
class Answer {
	readonly #response: ServerResponse;
	readonly #id = `resp_${String(++answers).padStart(48, '0')}`;
	readonly #model: string;
	#sequence = 0;

	constructor(response: ServerResponse, model: string) {
		this.#response = response;
		this.#model = model;
	}

	send(type: string, event: Record<string, unknown>): void {
		const data = JSON.stringify({ type, sequence_number: this.#sequence++, ...event });
		this.#response.write(`event: ${type}\ndata: ${data}\n\n`);
	}

	/** The whole response as it stands. */
	whole(status: string, text: string | null): Record<string, unknown> {
		const part = { type: 'output_text', text, annotations: [], logprobs: [] };
		const message = { id: 'msg_1', type: 'message', status, role: 'assistant', content: [part] };
		const usage = {
			...{ input_tokens: 20, input_tokens_details: { cached_tokens: 0 } },
			...{ output_tokens: 400, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 420 }
		};
		return {
			...{ id: this.#id, object: 'response', created_at: Math.floor(Date.now() / 1_000), status, model: this.#model },
			...{ background: false, error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [] },
			...{ output: text === null ? [] : [message], usage: text === null ? null : usage, store: true }
		};
	}
}

const untilGo = () => new Promise<void>((resolve) => held.push(resolve));

/** The pieces of a text when they are due; a late one does not delay those that follow. */
async function* pieces(text: string, { deltas, size, everyMs }: Script): AsyncGenerator<string, void> {
	const began = performance.now();
	for (let sent = 0; sent < deltas; sent += 1) {
		const wait = began + sent * everyMs - performance.now();
		if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
		yield text.slice(sent * size, (sent + 1) * size);
	}
}

/** The same pieces for the page that renders the whole. */
async function streamTo(response: ServerResponse, script: Script): Promise<void> {
	response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders();
	await untilGo();
	for await (const piece of pieces(reportOf(script.deltas * script.size), script))
		response.write(`event: delta\ndata: ${JSON.stringify(piece)}\n\n`);
	response.end('event: done\ndata:\n\n');
}

async function answerGet(response: ServerResponse, { pathname, searchParams }: URL): Promise<void> {
	if (pathname === '/whole/events') return streamTo(response, scriptOf(searchParams.get('script') ?? ''));
	const [type, body] =
		pathname === '/whole' ? ['text/html', wholePage()] : ['application/json', '{"object":"list","data":[]}'];
	response.writeHead(200, { 'content-type': type }).end(body);
}

async function answer(response: ServerResponse, script: Script, model: string): Promise<void> {
	const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
	const text = reportOf(script.deltas * script.size);
	const events = new Answer(response, model);
	events.send('response.created', { response: events.whole('in_progress', null) });
	const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
	events.send('response.output_item.added', { output_index: 0, item });
	events.send('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
	if (script !== brief) await untilGo();
	for await (const delta of pieces(text, script)) {
		if (response.destroyed) break;
		events.send('response.output_text.delta', { ...at, delta, logprobs: [] });
	}
	events.send('response.output_text.done', { ...at, text, logprobs: [] });
	const whole = events.whole('completed', text);
	events.send('response.output_item.done', { output_index: 0, item: (whole['output'] as unknown[])[0] });
	events.send('response.completed', { response: whole });
	response.end();
}

const server = createServer(async (request, response) => {
	if (request.method !== 'POST') {
		request.resume();
		return answerGet(response, new URL(request.url ?? '/', 'http://model'));
	}
	const body = await textOf(request);
	response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
	await answer(response, scriptOf(body), (JSON.parse(body) as { model: string }).model);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

answerCalls({
	/** Its base address, as OPENAI_BASE_URL takes it. */
	address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
	/** Lets the texts go that wait; how many there were. */
	go() {
		const waiting = held;
		held = [];
		for (const release of waiting) release();
		return waiting.length;
	}
});
