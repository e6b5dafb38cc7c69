import { answer } from './answer.ts';
import { chartAnswer } from './charts/chart-answer.ts';
import { chatPart } from './chat/chat-part.ts';
import type { Source } from './research.ts';
import { EventSink } from './event-sink.ts';
import type { Exchange } from './exchange.ts';
import { Answered } from './exchange.ts';
import type { Fault, FaultDeck, Struck } from './faults.ts';
import { instructionsIn, promptOf, textOfPrompt } from './prompt.ts';
import { requireModel } from './request.ts';
import type { Clock } from './clock.ts';
import { puzzlePart } from './puzzles/puzzle-part.ts';
import { seededId } from './seeded.ts';
import { tokensIn } from './usage.ts';
import { dataFrame, readJson } from './wire.ts';

// Milliseconds per word at pace 1.
const WORD_MS = 22;
// The same for an answer that only a program waits for.
const HELPER_WORD_MS = 2;

/** What one completion says. */
interface Completion {
	id: string;
	created: number;
	model: string;
	text: string;
	/** Milliseconds per word at pace 1. */
	wordMs: number;
	finish: 'stop' | 'length';
	usage: Record<string, unknown>;
}

/** The endpoint /v1/chat/completions. */
export class ChatApi {
	readonly #source: Source;
	readonly #deck: FaultDeck;
	readonly #clock: Clock;

	constructor(source: Source, deck: FaultDeck, clock: Clock) {
		this.#source = source;
		this.#deck = deck;
		this.#clock = clock;
	}

	async create(exchange: Exchange): Promise<void> {
		const body = await readJson(exchange.req);
		requireModel(body.model);
		const prompt = promptOf(body.messages, 'messages');
		const input = textOfPrompt(prompt);
		const struck = await exchange.strike(this.#deck, body.stream === true ? ['create', 'stream'] : ['create'], input);
		if (struck.reply?.name === 'lost_create') {
			exchange.res.socket?.destroy();
			throw new Answered();
		}
		const request = { instructions: instructionsIn(body.messages), body };
		const part = chatPart(this.#source, request, prompt, struck.course?.name === 'bad_plan');
		const puzzle = puzzlePart(request, prompt.user);
		const { text } =
			puzzle ??
			chartAnswer(request, prompt.user) ??
			part?.text ??
			answer(this.#source.library, this.#source.links, prompt);
		const cut = struck.course?.name === 'incomplete' ? Math.floor(text.length * 0.4) : text.length;
		const wordMs = part && part.kind !== 'answer' ? HELPER_WORD_MS : WORD_MS;
		const completion = { ...this.#completion(String(body.model), input, text, cut), wordMs };
		if (body.stream === true && !struck.reply) return this.#stream(exchange, completion, includesUsage(body), struck);
		exchange.json(200, wholeOf(completion));
	}

	#completion(model: string, input: string, answered: string, cut: number): Omit<Completion, 'wordMs'> {
		const created = Math.floor(this.#clock.now() / 1000);
		const text = answered.slice(0, cut);
		const id = seededId('chatcmpl', `${input}:${this.#clock.now()}`).replace('_', '-');
		const finish = cut < answered.length ? 'length' : 'stop';
		return { id, created, model, text, finish, usage: usageOf(tokensIn(input), tokensIn(text)) };
	}

	async #stream(exchange: Exchange, completion: Completion, usage: boolean, struck: Struck): Promise<void> {
		exchange.prepareHeaders();
		const sink = new EventSink(exchange.res, struck.tell);
		const broken = struck.course && /error|failed/.test(struck.course.name) ? struck.course : undefined;
		for (const [index, frame] of framesOf(completion, usage, broken).entries()) {
			if (index > 0) await sink.wait(completion.wordMs / this.#clock.pace);
			if (sink.open) await sink.send(frame);
		}
		sink.end();
	}
}

function framesOf(completion: Completion, usage: boolean, broken: Fault | undefined): string[] {
	const extra = usage ? { usage: null } : {};
	const chunk = (delta: object, finish: string | null = null) =>
		dataFrame({
			...chunkHead(completion),
			choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
			...fingerprint,
			...extra
		});
	const words = completion.text.match(/\S+\s*|\s+/g) ?? [];
	const frames = [
		chunk({ role: 'assistant', content: '', refusal: null }),
		...words.map((content) => chunk({ content }))
	];
	if (broken) return [...frames.slice(0, broken.after ?? 5), dataFrame(errorBody)];
	const last = usage
		? [dataFrame({ ...chunkHead(completion), choices: [], ...fingerprint, usage: completion.usage })]
		: [];
	return [...frames, chunk({}, completion.finish), ...last, dataFrame('[DONE]')];
}

const fingerprint = { service_tier: 'default', system_fingerprint: 'fp_demo' };
const errorBody = {
	error: { message: 'The demo was asked to fail here.', type: 'server_error', param: null, code: 'server_error' }
};

function chunkHead({ id, created, model }: Completion) {
	return { id, object: 'chat.completion.chunk', created, model };
}

function wholeOf({ id, created, model, text, finish, usage }: Completion) {
	const message = { role: 'assistant', content: text, refusal: null, annotations: [] };
	const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
	return { id, object: 'chat.completion', created, model, choices, usage, ...fingerprint };
}

function usageOf(prompt: number, completion: number) {
	return {
		prompt_tokens: prompt,
		completion_tokens: completion,
		total_tokens: prompt + completion,
		prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
		completion_tokens_details: {
			reasoning_tokens: 0,
			audio_tokens: 0,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0
		}
	};
}

function includesUsage(body: Record<string, unknown>): boolean {
	return (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true;
}
