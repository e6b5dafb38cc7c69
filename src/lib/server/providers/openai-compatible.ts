import OpenAI from 'openai';
import { HeadwayError } from '../../jobs/error.ts';
import type {
	CancelAnswer,
	Embedding,
	ImageEvent,
	ImageRequest,
	Provider,
	ProviderEvent,
	ProviderOutcome,
	ResponseRequest,
	RunLog
} from '../../operations/operation.ts';
import { boundedFetch, pictureBounds, textBounds } from './bounded-fetch.ts';
import { chatBodyOf } from './chat-body.ts';
import { ChatEvents } from './chat-events.ts';
import { listModels } from './check.ts';
import { VectorPath } from './embeddings.ts';
import { backgroundRefused, ProviderError, providerError, type Asking } from './errors.ts';
import { ImageEvents } from './image-events.ts';
import { imageCost, imageUsage } from './image-prices.ts';
import { checkImages, sendImages } from './image-request.ts';
import { isMainline, toolBody, ToolEvents, toolStreams } from './image-tool.ts';
import { requestImages, type ImageCall } from './images.ts';
import { Normalizer } from './normalize.ts';
import { cancelAnswer, outcomeOf, type Reading } from './outcome.ts';
import { prices as datedPrices, type Price } from './prices.ts';
import { bodyOf } from './request-body.ts';
import { requestText, type TextCall } from './text-call.ts';
import type { VendorQuirks } from './vendors.ts';
import { record, string } from './wire.ts';

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
	/** The model that turns texts into vectors; absent: the vendor's usual one, if it has any. */
	readonly embeddingModel?: string | null;
	/** Pictures are asked for at the image paths, which is the default, or of a Responses model's image tool. */
	readonly imageRoute?: 'api' | 'tool';
	/** It is the demo: everything costs nothing. */
	readonly demo?: boolean;
	/** How long its runs take, where that is known (ms). */
	readonly typicalMs?: Provider['typicalMs'];
	/** How long to wait between two askings how a response stands (ms). */
	readonly pollMs?: Provider['pollMs'];
	readonly prices?: readonly Price[];
	readonly log: RunLog;
	/** How long a create or a resume may take until the answer begins. */
	readonly createTimeoutMs?: number;
	/** How long a fetch or a cancel may take in all. */
	readonly fetchTimeoutMs?: number;
	/** How long pictures may take until the answer begins. */
	readonly imageTimeoutMs?: number;
	/** How long a whole answer waits for the count of what it used. */
	readonly countMs?: number;
}

/** Node's fetch gives up after 300 s without headers: a plain request for a whole run cannot take longer. */
const wholeRunTimeoutMs = 300_000;

const quietSdk = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Any server that speaks OpenAI's Responses API, or only its Chat Completions, through the `openai` package. Each call is
 * one HTTP request, never repeated, unless the server has no such path. Undici's idle limit of 300 s on bodies stays: whoever listens gives up on a silent stream long before.
 */
export class OpenAICompatible implements Provider {
	readonly id: string;
	readonly label: string;
	readonly demo: boolean;
	readonly defaultModel: string;
	readonly defaultImageModel: string;
	readonly typicalMs?: Provider['typicalMs'];
	readonly pollMs?: Provider['pollMs'];
	readonly host: string;
	readonly #options: OpenAICompatibleOptions;
	readonly #client: OpenAI;
	readonly #pictures: OpenAI;
	readonly #vectors: VectorPath;
	readonly #createTimeoutMs: number;
	/** Answers are asked for as chat completions. */
	#byChat: boolean;
	/** The server takes `stream_options`. */
	#countsStreams = true;

	/** Fails with `bad_request` when the address is not http or https. */
	constructor(options: OpenAICompatibleOptions) {
		if (!/^https?:\/\//i.test(options.baseURL) || !URL.canParse(options.baseURL)) {
			throw new HeadwayError('bad_request', `The address of ${options.label} must begin with http:// or https://.`);
		}
		this.id = options.id;
		this.label = options.label;
		this.demo = options.demo ?? false;
		this.host = new URL(options.baseURL).host;
		this.defaultModel = options.defaultModel;
		this.defaultImageModel = options.defaultImageModel;
		if (options.typicalMs !== undefined) this.typicalMs = options.typicalMs;
		if (options.pollMs !== undefined) this.pollMs = options.pollMs;
		this.#options = options;
		this.#byChat = options.vendor.api === 'chat';
		this.#createTimeoutMs = options.createTimeoutMs ?? 60_000;
		this.#client = new OpenAI({
			baseURL: options.baseURL,
			apiKey: options.apiKey || 'none',
			// Else the environment of the process would be sent to every vendor.
			organization: null,
			project: null,
			maxRetries: 0,
			timeout: options.fetchTimeoutMs ?? 30_000,
			fetch: boundedFetch(options.label, textBounds),
			// The package writes parts of broken answers to the console.
			logger: quietSdk,
			logLevel: 'off'
		});
		this.#pictures = this.#client.withOptions({ fetch: boundedFetch(options.label, pictureBounds) });
		this.#vectors = new VectorPath(this.#client, options);
	}

	get can(): Provider['can'] {
		const { vendor, imageRoute } = this.#options;
		const searches = vendor.webSearch !== null && (!this.#byChat || 'suffix' in vendor.webSearch);
		return {
			background: vendor.background && !this.#byChat,
			webSearch: searches,
			images: vendor.images !== null || imageRoute === 'tool',
			structured: vendor.structured,
			embeddings: this.#vectors.model !== null
		};
	}

	searchUrl(query: string): string {
		// encodeURIComponent leaves parentheses alone, and those would end a Markdown link.
		const escaped = encodeURIComponent(query).replace(/[()']/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
		return this.#options.vendor.searchUrl.replace('{query}', () => escaped);
	}

	async *create(request: ResponseRequest, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		for (;;) {
			try {
				const call = this.#byChat ? this.#chatCall(request) : this.#responseCall(request);
				return yield* requestText(call, signal);
			} catch (error) {
				if (!this.#learns(error)) throw error;
				// The other way has no background mode: whoever asked for one must know before it is sent.
				if (this.#byChat && request.background) throw backgroundRefused(this.label);
			}
		}
	}

	async *resume(responseId: string, cursor: number, signal: AbortSignal): AsyncGenerator<ProviderEvent> {
		const asking = this.#asking('resume', null);
		const query = { stream: true as const, starting_after: cursor, ...this.#include() };
		const { responses } = this.#client;
		const send = (signal: AbortSignal) =>
			responses.retrieve(responseId, query, { signal, timeout: this.#createTimeoutMs }).withResponse();
		yield* requestText({ asking, reading: new Normalizer(this.#reading(asking), cursor), send }, signal);
	}

	async fetch(responseId: string, signal: AbortSignal): Promise<ProviderOutcome> {
		const asking = this.#asking('fetch', null);
		const response = await this.#answer(
			this.#client.responses.retrieve(responseId, this.#include(), { signal }),
			asking,
			signal
		);
		if (string(record(response)['id']) === null) throw providerError(new Error('not a response'), asking);
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

	/** Fails like a fetch. */
	check(signal: AbortSignal): Promise<readonly string[] | null> {
		const { check } = this.#options.vendor;
		return this.#answer(listModels(this.#client, check, signal), this.#asking('fetch', null), signal);
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
			sendImages(this.#pictures, request, checkImages(request, vendor.images, label), { signal, timeout });
		return { client: this.#pictures, asking, reading, streams: request.stream, send };
	}

	#toolCall(request: ImageRequest): ImageCall {
		const { vendor, imageTimeoutMs: timeout = wholeRunTimeoutMs } = this.#options;
		const models = isMainline(request.model)
			? { text: request.model, image: this.defaultImageModel }
			: { text: this.defaultModel, image: request.model };
		const asking = { ...this.#asking('create', models.text), pictures: true };
		const streams = toolStreams(request);
		const body = { ...toolBody(request, models, vendor.stateless), stream: streams };
		const send = (signal: AbortSignal) => this.#pictures.responses.create(body, { signal, timeout }).asResponse();
		return { client: this.#pictures, asking, reading: new ToolEvents(this.#reading(asking), models), streams, send };
	}

	embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding> {
		return this.#vectors.embed(texts, signal);
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

	#responseCall(request: ResponseRequest): TextCall {
		const { vendor } = this.#options;
		const asking = this.#asking('create', request.model);
		const body = { ...bodyOf(request, vendor), stream: request.stream };
		const timeout = this.#timeoutOf(request.stream || body.background === true);
		const send = (signal: AbortSignal) => this.#client.responses.create(body, { signal, timeout }).withResponse();
		return { asking, reading: new Normalizer(this.#reading(asking)), send };
	}

	#chatCall(request: ResponseRequest): TextCall {
		const [{ vendor, countMs }, { completions }] = [this.#options, this.#client.chat];
		const asking = this.#asking('create', request.model);
		const counts = request.stream && this.#countsStreams && { stream_options: { include_usage: true } };
		const body = { ...chatBodyOf(request, vendor), stream: request.stream, ...counts };
		const timeout = this.#timeoutOf(request.stream);
		const send = (signal: AbortSignal) => completions.create(body, { signal, timeout }).withResponse();
		const searched = request.webSearch !== undefined && this.can.webSearch;
		return { asking, reading: new ChatEvents(this.#reading(asking), searched), send, countMs };
	}

	/** Whether a refusal told something about the server that lets the request be sent in another way. Nothing began. */
	#learns(error: unknown): boolean {
		if (!(error instanceof ProviderError)) return false;
		const countsStreams = this.#countsStreams && !/^stream_options/.test(error.param ?? '');
		const byChat = this.#byChat || (error.noPath && this.#options.vendor.api === 'either');
		const learned = byChat !== this.#byChat || (this.#byChat && countsStreams !== this.#countsStreams);
		if (learned) [this.#byChat, this.#countsStreams] = [byChat, countsStreams];
		return learned;
	}

	#timeoutOf(beginsSoon: boolean): number {
		return beginsSoon ? this.#createTimeoutMs : wholeRunTimeoutMs;
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
		const pathUnsure = what === 'create' && vendor.api !== 'responses';
		return { what, label, model, secret: apiKey, local: vendor.local, pathUnsure };
	}

	#reading(asking: Asking): Reading {
		const { prices = datedPrices, vendor } = this.#options;
		return { asking, prices, demo: this.demo, shortIds: vendor.shortIds };
	}
}
