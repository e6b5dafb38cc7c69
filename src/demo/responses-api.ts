import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { compose } from './compose.ts';
import type { Source } from './research.ts';
import type { Course } from './course.ts';
import { EventSink } from './event-sink.ts';
import type { Exchange } from './exchange.ts';
import { Answered } from './exchange.ts';
import type { Fault, FaultDeck, Operation, Struck } from './faults.ts';
import { mayDraw, pictureOf } from './images/image-tool.ts';
import { developed } from './images/picture-call.ts';
import type { Studio } from './images/studio.ts';
import { promptOf, textOfPrompt } from './prompt.ts';
import { parseCreate } from './request.ts';
import type { CreateRequest } from './request.ts';
import type { Responses } from './responses.ts';
import { seededId } from './seeded.ts';
import { dueCount, dueIn, hasEnded, objectAt } from './stored-response.ts';
import type { StoredResponse } from './stored-response.ts';
import { eventFrame, readJson, WireError } from './wire.ts';
import type { Work } from './work.ts';

// A waiting stream looks at the clock this often, so that a cancel, or a clock that was moved, is noticed.
const LOOK_MS = 100;

/** The endpoints under /v1/responses. */
export class ResponsesApi {
	readonly #source: Source;
	readonly #responses: Responses;
	readonly #deck: FaultDeck;
	readonly #clock: Clock;
	readonly #studio: Studio;

	constructor(source: Source, { kept, studio }: Work, deck: FaultDeck, clock: Clock) {
		this.#source = source;
		this.#responses = kept;
		this.#studio = studio;
		this.#deck = deck;
		this.#clock = clock;
	}

	async create(exchange: Exchange): Promise<void> {
		const request = parseCreate(await readJson(exchange.req));
		const prompt = textOfPrompt(promptOf(request.body.input, 'input'));
		this.#requirePrevious(request);
		if (mayDraw(request)) pictureOf(request, prompt);
		const operations: Operation[] = request.stream ? ['create', 'stream'] : ['create'];
		if (mayDraw(request)) operations.push('image');
		const struck = await exchange.strike(this.#deck, operations, prompt);
		const response = this.#make(request, prompt, struck);
		exchange.about(response.id, request.metadata);
		if (struck.reply?.name === 'lost_create') throw this.#hangUp(exchange);
		if (request.stream && !struck.reply) return this.#stream(exchange, response, 0, struck.tell);
		if (!request.background) await this.#untilEnd(exchange, response);
		exchange.json(200, await this.#developed(exchange, response, this.#objectOf(response)));
	}

	async retrieve(exchange: Exchange, id: string): Promise<void> {
		const response = this.#find(exchange, id);
		const streamed = exchange.url.searchParams.get('stream') === 'true';
		const struck = await exchange.strike(this.#deck, [streamed ? 'resume' : 'get'], response.prompt);
		if (struck.tell?.name === 'cut' && !streamed) throw this.#hangUp(exchange);
		if (!streamed || struck.reply)
			return exchange.json(200, await this.#developed(exchange, response, this.#objectOf(response)));
		this.#requireStreamable(response);
		return this.#stream(exchange, response, startIndex(exchange.url), struck.tell);
	}

	async cancel(exchange: Exchange, id: string): Promise<void> {
		const response = this.#find(exchange, id);
		const struck = await exchange.strike(this.#deck, ['cancel'], response.prompt);
		if (!response.request.background) throw new WireError(400, 'Cannot cancel a synchronous response.');
		const { status } = this.#objectOf(response);
		if (status === 'completed' || status === 'failed') throw new WireError(400, `Cannot cancel a ${status} response.`);
		if (status === 'incomplete') throw new WireError(400, 'Cannot cancel a response in terminal state.');
		this.#responses.cancel(id, struck.usage !== undefined);
		exchange.json(200, await this.#developed(exchange, response, this.#objectOf(response)));
	}

	async remove(exchange: Exchange, id: string): Promise<void> {
		const response = this.#find(exchange, id);
		if (!hasEnded(response, this.#clock.now())) throw new WireError(400, 'Cannot delete an in-flight response.');
		this.#responses.remove(id);
		exchange.json(200, { id, object: 'response', deleted: true });
	}

	#make(request: CreateRequest, prompt: string, { course, usage }: Struck): StoredResponse {
		const createdAt = this.#clock.now();
		const { pace } = this.#clock;
		const id = seededId('resp', `${prompt}:${createdAt}:${randomUUID()}`);
		const courses: Course[] = course ? [{ name: course.name, after: course.after }] : [];
		const run = { id, createdAt, pace, request, courses, usageNull: usage !== undefined };
		const response = {
			id,
			createdAt,
			pace,
			request,
			usageNull: run.usageNull,
			prompt,
			events: compose(this.#source, run)
		};
		this.#responses.add(response);
		return response;
	}

	async #stream(exchange: Exchange, response: StoredResponse, from: number, fault: Fault | undefined): Promise<void> {
		exchange.prepareHeaders();
		const sink = new EventSink(exchange.res, fault);
		let finished = false;
		try {
			finished = await this.#follow(exchange, sink, response.id, from);
		} finally {
			sink.end();
			// Hanging up is how a response that does not run in the background is cancelled.
			if (!finished && !response.request.background) this.#responses.cancel(response.id);
		}
	}

	/** Sends the events from index `next` on as they become due; resolves to whether all were sent. */
	async #follow(exchange: Exchange, sink: EventSink, id: string, next: number): Promise<boolean> {
		while (sink.open) {
			const response = this.#responses.get(id);
			if (!response) return true;
			for (const due = dueCount(response, this.#clock.now()); next < due && sink.open; next++)
				await sink.send(eventFrame(await this.#developed(exchange, response, eventAt(response, next))));
			if (next >= response.events.length) return sink.open;
			await sink.wait(Math.min(LOOK_MS, Math.max(1, dueIn(response, next, this.#clock.now()))));
		}
		return false;
	}

	/** The value with its pictures drawn; throws Answered when the client goes meanwhile. */
	async #developed<Value>(exchange: Exchange, { request }: StoredResponse, value: Value): Promise<Value> {
		if (!mayDraw(request)) return value;
		exchange.gone.throwIfAborted();
		const { user } = promptOf(request.body.input, 'input');
		return developed(value, pictureOf(request, user), this.#studio, exchange.gone);
	}

	async #untilEnd(exchange: Exchange, response: StoredResponse): Promise<void> {
		const gone = new Promise<void>((resolve) => exchange.res.once('close', resolve));
		while (!exchange.res.destroyed && !hasEnded(response, this.#clock.now())) {
			const wait = Math.max(1, dueIn(response, response.events.length - 1, this.#clock.now()));
			await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, wait)))]);
		}
		if (!exchange.res.destroyed) return;
		this.#responses.cancel(response.id);
		throw new Answered();
	}

	/** Throws 404 for an unknown response, and for one whose only reader is the request that made it. */
	#find(exchange: Exchange, id: string): StoredResponse {
		const response = this.#responses.get(id);
		const inFlight = response && !response.request.background && !hasEnded(response, this.#clock.now());
		const cancelling = exchange.req.method === 'POST';
		if (!response?.request.store || (inFlight && !cancelling))
			throw new WireError(404, `Response with id '${id}' not found.`);
		exchange.about(id, response.request.metadata);
		return response;
	}

	#objectOf({ id }: StoredResponse): Record<string, unknown> {
		const response = this.#responses.get(id);
		if (!response) throw new WireError(404, `Response with id '${id}' not found.`);
		return objectAt(response, this.#clock.now());
	}

	#requirePrevious({ body }: CreateRequest): void {
		const id = body.previous_response_id;
		if (typeof id === 'string' && !this.#responses.get(id))
			throw new WireError(400, `Previous response with id '${id}' not found.`, {
				param: 'previous_response_id',
				code: 'previous_response_not_found'
			});
	}

	#requireStreamable({ request }: StoredResponse): void {
		if (request.background && request.stream) return;
		const missing = request.background ? 'stream=true' : 'background=true';
		throw new WireError(400, `This response cannot be streamed because it was not created with ${missing}.`, {
			param: 'stream'
		});
	}

	#hangUp(exchange: Exchange): Answered {
		exchange.res.socket?.destroy();
		return new Answered();
	}
}

function eventAt({ events }: StoredResponse, index: number): { type: string } {
	return events[index]?.event ?? { type: 'keepalive' };
}

function startIndex(url: URL): number {
	const after = url.searchParams.get('starting_after');
	if (after === null) return 0;
	if (/^-?\d+$/.test(after)) return Math.max(0, Number(after) + 1);
	throw new WireError(400, "Invalid value for 'starting_after': expected an integer.", {
		param: 'starting_after',
		code: 'invalid_type'
	});
}
