import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Stream } from 'openai/streaming';
import { HeadwayError } from '../../jobs/error.ts';
import type {
	CancelAnswer,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest,
	RunLog
} from '../../operations/operation.ts';
import { providerError, reportedError, type Asking } from './errors.ts';
import { ImageEvents } from './image-events.ts';
import { imageCost, imageUsage } from './image-prices.ts';
import { checkImages, sendImages } from './image-request.ts';
import { isMainline, toolBody, ToolEvents, toolStreams } from './image-tool.ts';
import { requestImages, type ImageCall } from './images.ts';
import { Normalizer } from './normalize.ts';
import { isTerminal, outcomeOf, type Reading } from './outcome.ts';
import { prices as datedPrices, type Price } from './prices.ts';
import { bodyOf } from './request-body.ts';
import type { VendorQuirks } from './vendors.ts';
import { record } from './wire.ts';

export interface OpenAICompatibleOptions {
	readonly id: string;
	readonly label: string;
	/** http or https, with the version: `https://api.openai.com/v1`. */
	readonly baseURL: string;
	/** Empty for servers without keys. */
	readonly apiKey: string;
	readonly vendor: VendorQuirks;
	readonly defaultModel: string;
	readonly defaultImageModel: string;
	/** Pictures are asked for at the image paths, which is the default, or of a Responses model's image tool. */
	readonly imageRoute?: 'api' | 'tool';
	/** It is the demo: everything costs nothing. */
	readonly demo?: boolean;
	/** How long its runs take, where that is known (ms). */
	readonly typicalMs?: Provider['typicalMs'];
	readonly prices?: readonly Price[];
	readonly log: RunLog;
	/** How long a create or a resume may take until the answer begins. */
	readonly createTimeoutMs?: number;
	/** How long a fetch or a cancel may take in all. */
	readonly fetchTimeoutMs?: number;
	/** How long pictures may take until the answer begins. */
	readonly imageTimeoutMs?: number;
}

/** Node's fetch gives up after 300 s without headers: a plain request for a whole run cannot take longer. */
const wholeRunTimeoutMs = 300_000;

const quietSdk = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Any server that speaks OpenAI's Responses API, through the `openai` package. Each call is one HTTP request, never
 * repeated. Undici's idle limit of 300 s on bodies stays: whoever listens gives up on a silent stream long before.
 */
export class OpenAICompatible implements Provider {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly defaultModel: string;
	readonly defaultImageModel: string;
	readonly typicalMs?: Provider['typicalMs'];
	readonly can: Provider['can'];
	readonly #options: OpenAICompatibleOptions;
	readonly #client: OpenAI;
	readonly #createTimeoutMs: number;

	/** Fails with `bad_request` when the address is not http or https. */
	constructor(options: OpenAICompatibleOptions) {
		if (!/^https?:\/\//i.test(options.baseURL) || !URL.canParse(options.baseURL)) {
			throw new HeadwayError('bad_request', `The address of ${options.label} must begin with http:// or https://.`);
		}
		this.id = options.id;
		this.label = options.label;
		this.demo = options.demo ?? false;
		this.defaultModel = options.defaultModel;
		this.defaultImageModel = options.defaultImageModel;
		if (options.typicalMs !== undefined) this.typicalMs = options.typicalMs;
		this.can = {
			background: options.vendor.background,
			webSearch: options.vendor.webSearch !== null,
			images: options.vendor.images !== null || options.imageRoute === 'tool',
			structured: options.vendor.structured
		};
		this.#options = options;
		this.#createTimeoutMs = options.createTimeoutMs ?? 60_000;
		this.#client = new OpenAI({
			baseURL: options.baseURL,
			apiKey: options.apiKey || 'none',
			// Else the environment of the process would be sent to every vendor.
			organization: null,
			project: null,
			maxRetries: 0,
			timeout: options.fetchTimeoutMs ?? 30_000,
			// The package writes parts of broken answers to the console.
			logger: quietSdk,
			logLevel: 'off'
		});
	}

	searchUrl(query: string): string {
		// encodeURIComponent leaves parentheses alone, and those would end a Markdown link.
		const escaped = encodeURIComponent(query).replace(/[()']/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
		return this.#options.vendor.searchUrl.replace('{query}', () => escaped);
	}

	async *create(request: ResponseRequest, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const asking = this.#asking('create', request.model);
		const body = bodyOf(request, this.#options.vendor);
		const normalizer = new Normalizer(this.#reading(asking));
		if (!request.stream) {
			const timeout = body.background ? this.#createTimeoutMs : wholeRunTimeoutMs;
			const call = this.#client.responses.create({ ...body, stream: false }, { signal, timeout });
			yield* this.#readWhole(await this.#answer(call, asking, signal), normalizer, asking);
			return;
		}
		const call = this.#client.responses.create({ ...body, stream: true }, { signal, timeout: this.#createTimeoutMs });
		yield* this.#readStream(call.withResponse(), normalizer, asking, signal);
	}

	async *resume(responseId: string, cursor: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const asking = this.#asking('resume', null);
		const call = this.#client.responses.retrieve(
			responseId,
			{ stream: true, starting_after: cursor, ...this.#include() },
			{ signal, timeout: this.#createTimeoutMs }
		);
		yield* this.#readStream(call.withResponse(), new Normalizer(this.#reading(asking), cursor), asking, signal);
	}

	async fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome> {
		const asking = this.#asking('fetch', null);
		const response = await this.#answer(
			this.#client.responses.retrieve(responseId, this.#include(), { signal }),
			asking,
			signal
		);
		return outcomeOf(record(response), this.#reading(asking));
	}

	/** Never fails but by `signal`: a cancel that got no answer is unconfirmed. */
	async cancel(responseId: string, signal: AbortSignal): Promise<CancelAnswer> {
		const asking = this.#asking('cancel', null);
		try {
			const response = await this.#answer(this.#client.responses.cancel(responseId, { signal }), asking, signal);
			return cancelAnswer(outcomeOf(record(response), this.#reading(asking)));
		} catch (error) {
			if (signal.aborted) throw error;
			this.#options.log.warn({ err: error, responseId }, 'the provider did not take the cancel');
			return this.#howItEnded(responseId, signal);
		}
	}

	image(request: ImageRequest, signal: AbortSignal): AsyncGenerator<ImageEvent> {
		const { imageRoute, vendor } = this.#options;
		const tool = imageRoute === 'tool' || (vendor.imageTool && isMainline(request.model));
		return requestImages(tool ? this.#toolCall(request) : this.#imageCall(request), signal);
	}

	#imageCall(request: ImageRequest): ImageCall {
		const { label, vendor, imageTimeoutMs: timeout = wholeRunTimeoutMs } = this.#options;
		const asking = { ...this.#asking('create', request.model), pictures: true };
		const free = { usd: 0, known: true };
		const reading = new ImageEvents({
			asking,
			previews: request.partialImages > 0,
			emptyIsRefusal: vendor.images?.emptyIsRefusal ?? false,
			bill: (usage) => ({
				usage: imageUsage(usage),
				cost: this.demo ? free : imageCost(request.model, usage)
			})
		});
		const send = async (signal: AbortSignal) =>
			sendImages(this.#client, request, checkImages(request, vendor.images, label), { signal, timeout });
		return { client: this.#client, asking, reading, streams: request.stream, send };
	}

	#toolCall(request: ImageRequest): ImageCall {
		const { vendor, imageTimeoutMs: timeout = wholeRunTimeoutMs } = this.#options;
		const models = isMainline(request.model)
			? { text: request.model, image: this.defaultImageModel }
			: { text: this.defaultModel, image: request.model };
		const asking = { ...this.#asking('create', models.text), pictures: true };
		const streams = toolStreams(request);
		const body = { ...toolBody(request, models, vendor.stateless), stream: streams };
		const send = (signal: AbortSignal) => this.#client.responses.create(body, { signal, timeout }).asResponse();
		return { client: this.#client, asking, reading: new ToolEvents(this.#reading(asking), models), streams, send };
	}

	/** A refused cancel mostly lost a race with the end: the response itself tells. */
	async #howItEnded(responseId: string, signal: AbortSignal): Promise<CancelAnswer> {
		try {
			return cancelAnswer(await this.fetch(responseId, signal));
		} catch (error) {
			if (signal.aborted) throw error;
			return { provider: 'unconfirmed', outcome: null };
		}
	}

	async *#readStream(
		call: Promise<{ data: Stream<ResponseStreamEvent>; response: Response }>,
		normalizer: Normalizer,
		asking: Asking,
		signal: AbortSignal
	): AsyncGenerator<ProviderEvent> {
		const { data, response } = await this.#answer(call, asking, signal);
		if (response.headers.get('content-type')?.includes('json')) {
			yield* this.#readWhole(await this.#answer(response.json(), asking, signal), normalizer, asking);
			return;
		}
		let stage = asking;
		try {
			for await (const raw of data) {
				for (const event of this.#read(raw, normalizer, stage)) {
					// From here on the run is known: a break is a lost connection, no longer an unknown outcome.
					if (event.type === 'created') stage = { ...asking, what: 'resume' };
					yield event;
					if (event.type === 'ended') return;
				}
			}
		} catch (thrown) {
			throw signal.aborted ? signal.reason : providerError(thrown, stage);
		}
		signal.throwIfAborted();
	}

	/** The package throws named errors; one without a name comes through as a plain event. */
	#read(raw: unknown, normalizer: Normalizer, asking: Asking): ProviderEvent[] {
		const event = record(raw);
		if (event['type'] === 'error') throw reportedError(record(event['error'] ?? event), asking);
		return normalizer.read(raw);
	}

	*#readWhole(answer: unknown, normalizer: Normalizer, asking: Asking): Generator<ProviderEvent> {
		const response = record(answer);
		if (response['error'] && !response['status']) throw reportedError(record(response['error']), asking);
		yield* normalizer.readResponse(response);
	}

	async #answer<T>(call: PromiseLike<T>, asking: Asking, signal: AbortSignal): Promise<T> {
		try {
			return await call;
		} catch (thrown) {
			throw signal.aborted ? signal.reason : providerError(thrown, asking);
		}
	}

	#include(): { include?: OpenAI.Responses.ResponseIncludable[] } {
		return this.#options.vendor.searchSources ? { include: ['web_search_call.action.sources'] } : {};
	}

	#asking(what: Asking['what'], model: string | null): Asking {
		const { label, apiKey, vendor } = this.#options;
		return { what, label, model, secret: apiKey, local: vendor.local };
	}

	#reading(asking: Asking): Reading {
		return { asking, prices: this.#options.prices ?? datedPrices, demo: this.demo };
	}
}

function cancelAnswer(outcome: ProviderOutcome): CancelAnswer {
	if (outcome.status === 'cancelled') return { provider: 'confirmed', outcome };
	return { provider: isTerminal(outcome.status) ? 'already_ended' : 'unconfirmed', outcome };
}
