import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { BuiltApp } from './built-app.ts';
import { Remote } from './process.ts';

/** Milliseconds of the machine's monotonic clock, which all processes share. */
export const moment = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Milliseconds after which a word that has not come never will. */
const patienceMs = 20_000;

/** How the turn went, as its last event says it (ms). */
export interface TurnEnd {
	text: string;
	timing: { helperMs: number; firstTokenMs: number | null };
}

/** The whole built app, and a provider for it that does as a message says. */
export interface ChatApp {
	url: string;
	/** The provider's own address. */
	provider: string;
	stop(): Promise<void>;
}

/** Starts both; the limits on how many may come are off. */
export async function startChatApp(): Promise<ChatApp> {
	const provider = await Remote.start('./chat-server.ts');
	const address = await provider.call<string>('address');
	const limits = { HEADWAY_STARTS_PER_MINUTE: '0', HEADWAY_REQUESTS_PER_MINUTE: '0', HEADWAY_MAX_UNFINISHED: '1000' };
	const own = { CUSTOM_BASE_URL: address, CUSTOM_MODEL: 'bench', CUSTOM_API: 'responses', CUSTOM_API_KEY: 'bench' };
	const app = await BuiltApp.start({ ...limits, ...own }).catch((error: unknown) => {
		provider.stop();
		throw error;
	});
	return {
		...{ url: app.url, provider: address },
		async stop() {
			await app.stop();
			provider.stop();
		}
	};
}

/** Posts JSON over a connection of its own; resolves with the head of the answer. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<IncomingMessage> {
	const all = { 'content-type': 'application/json', ...headers };
	return new Promise((resolve, reject) => {
		const sent = request(url, { method: 'POST', agent: false, headers: all }, resolve);
		sent.on('error', reject).setTimeout(patienceMs, () => sent.destroy(new Error(`${url} was silent`)));
		sent.end(JSON.stringify(body));
	});
}

/** The frames of an event stream as they come. Throws for an answer that is no stream. */
async function* framesOf(response: IncomingMessage): AsyncGenerator<{ event: string; data: string }, void> {
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) {
		text += chunk as string;
		if ((response.statusCode ?? 500) >= 400) continue;
		const frames = text.split('\n\n');
		text = frames.pop() ?? '';
		for (const frame of frames) {
			const [, event = ''] = /^event: (.*)$/m.exec(frame) ?? [];
			const [, data = ''] = /^data: (.*)$/m.exec(frame) ?? [];
			if (data) yield { event, data };
		}
	}
	if ((response.statusCode ?? 500) >= 400) throw new Error(`an answer ${response.statusCode}: ${text.slice(0, 500)}`);
}

/**
 * Sends a message as `curl` does, tells `token` each piece of the answer, and resolves with its end. Rejects when the turn
 * does not end with `done`, or when the pieces are not the answer.
 */
export async function turn(app: string, message: string, token: (text: string) => void): Promise<TurnEnd> {
	const response = await post(`${app}/api/chat`, { message }, { accept: 'text/event-stream' });
	let shown = '';
	for await (const { event, data } of framesOf(response)) {
		const facts = JSON.parse(data) as TurnEnd & { text?: string };
		if (event === 'token') {
			shown += facts.text ?? '';
			token(facts.text ?? '');
		} else if (event === 'done') {
			if (facts.text.trim() !== shown.trim()) throw new Error('the tokens are not the answer');
			return facts;
		} else if (event === 'error' || event === 'cancelled') throw new Error(`the turn ended with ${event}: ${data}`);
	}
	throw new Error('the stream ended before the turn did');
}
