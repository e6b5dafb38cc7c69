/**
 * A provider for the chat's measures: it speaks the Responses API, and each word that it says is the moment at which it
 * was sent (ms of the machine's monotonic clock). A message that holds `{"words":…,"everyMs":…}` says how many and how
 * fast. A request for a plan gets one with one call of the calculator, at once. Without `stream` it says all at its end.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { moment } from './chat-client.ts';
import { answerCalls } from './process.ts';

/** What a message asks of this provider. */
interface Script {
	words: number;
	everyMs: number;
}

interface Create {
	model: string;
	stream?: boolean;
	instructions?: string;
}

const plan = JSON.stringify({
	goal: 'Add two numbers.',
	calls: [{ id: 'sum', tool: 'calculator', arguments: '{"expression":"2 + 2"}', after: [], why: 'It is exact.' }]
});

function scriptOf(body: string): Script {
	const [found] = /\{\\*"words\\*":\d+,\\*"everyMs\\*":\d+\}/.exec(body) ?? [];
	return found ? (JSON.parse(found.replaceAll('\\', '')) as Script) : { words: 3, everyMs: 0 };
}

/** The words when they are due; a late one does not delay those that follow. */
async function* wordsOf({ words, everyMs }: Script): AsyncGenerator<string, void> {
	const began = performance.now();
	for (let said = 0; said < words; said += 1) {
		const wait = began + said * everyMs - performance.now();
		if (wait > 0) await setTimeout(wait);
		yield `${moment().toFixed(3)} `;
	}
}

let answers = 0;

/** The response as it stands. */
function whole(id: string, model: string, text: string | null): Record<string, unknown> {
	const status = text === null ? 'in_progress' : 'completed';
	const part = { type: 'output_text', text, annotations: [], logprobs: [] };
	const message = { id: 'msg_1', type: 'message', status, role: 'assistant', content: [part] };
	const usage = {
		...{ input_tokens: 20, input_tokens_details: { cached_tokens: 0 } },
		...{ output_tokens: 100, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 120 }
	};
	return {
		...{ id, object: 'response', created_at: Math.floor(Date.now() / 1_000), status, model, background: false },
		...{ error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [], store: false },
		...{ output: text === null ? [] : [message], usage: text === null ? null : usage }
	};
}

async function answer(response: ServerResponse, body: string): Promise<void> {
	const { model, stream, instructions = '' } = JSON.parse(body) as Create;
	const id = `resp_${String(++answers).padStart(48, '0')}`;
	const pieces = instructions.startsWith('You plan') ? [plan] : wordsOf(scriptOf(body));
	let text = '';
	if (!stream) {
		for await (const piece of pieces) text += piece;
		response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(id, model, text)));
		return;
	}
	response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
	let sequence_number = 0;
	const send = (type: string, event: Record<string, unknown>) =>
		response.write(
			`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...event })}\n\n`
		);
	const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
	send('response.created', { response: whole(id, model, null) });
	const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] };
	send('response.output_item.added', { output_index: 0, item });
	send('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
	for await (const delta of pieces) {
		if (response.destroyed) return;
		text += delta;
		send('response.output_text.delta', { ...at, delta, logprobs: [] });
	}
	send('response.output_text.done', { ...at, text, logprobs: [] });
	const done = whole(id, model, text);
	send('response.output_item.done', { output_index: 0, item: (done.output as unknown[])[0] });
	send('response.completed', { response: done });
	response.end();
}

async function textOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString();
}

const server = createServer(async (request, response) => {
	const body = await textOf(request);
	if (request.method === 'POST') return answer(response, body);
	response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

answerCalls({
	/** Its base address, as CUSTOM_BASE_URL takes it. */
	address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
});
