import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a chat was asked, as it came over the wire. */
export interface AskedChat {
	messages: { role: string; content: string | { type: string; text?: string; image_url?: { url: string } }[] }[];
}

/** A server of Chat Completions that answers with the texts that a test gives it, in their order and the last one again. */
export class AnsweringServer {
	readonly asked: AskedChat[] = [];
	/** Answers are begun and not ended while this is set. */
	isHeld = false;
	/** What each answer costs, as the server itself says, in US dollars; null: it does not say. */
	price: number | null = null;
	/** What the answer of a number, from 1, waits for once half of it is told. */
	pauses: (number: number) => Promise<void> | null = () => null;
	/** Chats that the other side hung up on before they had ended. */
	hungUp = 0;
	/** What a request that brings pictures is refused with; null: it is answered. */
	refusesPictures: string | null = null;
	readonly #server: Server;
	#texts: readonly string[] = [''];
	#answered = 0;

	private constructor() {
		this.#server = createServer((req, res) => void this.#serve(req, res));
	}

	static async start(): Promise<AnsweringServer> {
		const server = new AnsweringServer();
		await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
		return server;
	}

	/** What makes a server of ours ask this one. */
	get env(): Record<string, string> {
		const { port } = this.#server.address() as AddressInfo;
		const url = `http://127.0.0.1:${port}/v1`;
		return {
			CUSTOM_BASE_URL: url,
			CUSTOM_API: 'chat',
			CUSTOM_MODEL: 'answering-1',
			CUSTOM_LABEL: 'the answering server'
		};
	}

	/** The answers to the chats from now on. */
	answers(...texts: string[]): void {
		this.#texts = texts;
		this.#answered = 0;
		this.asked.length = 0;
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}

	async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
		let text = '';
		for await (const chunk of req.setEncoding('utf8')) text += chunk as string;
		if (req.method !== 'POST') return void json(res, 200, { object: 'list', data: [{ id: 'answering-1' }] });
		const chat = JSON.parse(text) as AskedChat;
		if (this.refusesPictures !== null && JSON.stringify(chat).includes('"image_url"'))
			return void json(res, 400, { error: { message: this.refusesPictures, type: 'invalid_request_error' } });
		this.asked.push(chat);
		res.on('close', () => void (res.writableFinished || (this.hungUp += 1)));
		const number = ++this.#answered;
		await this.#answer(res, this.#texts[Math.min(number, this.#texts.length) - 1] ?? '', this.pauses(number));
	}

	async #answer(res: ServerResponse, text: string, pause: Promise<void> | null): Promise<void> {
		const say = (choice: object, more: object = {}) =>
			res.write(
				`data: ${JSON.stringify({ id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'answering-1', choices: [{ index: 0, ...choice }], ...more })}\n\n`
			);
		res.writeHead(200, { 'content-type': 'text/event-stream' });
		const half = Math.ceil(text.length / 2);
		say({ delta: { role: 'assistant', content: text.slice(0, half) }, finish_reason: null });
		if (this.isHeld) return;
		if (pause) await pause;
		say({ delta: { content: text.slice(half) }, finish_reason: null });
		const tokens = { prompt_tokens: 100, completion_tokens: text.length, total_tokens: 100 + text.length };
		const usage = { ...tokens, ...(this.price === null ? {} : { cost: this.price }) };
		say({ delta: {}, finish_reason: 'stop' }, { usage });
		res.end('data: [DONE]\n\n');
	}
}

function json(res: ServerResponse, status: number, body: object): void {
	res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
