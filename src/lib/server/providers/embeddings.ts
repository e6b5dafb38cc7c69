import type OpenAI from 'openai';
import { BadRequestError } from 'openai';
import type { Cost, Usage } from '../../jobs/event.ts';
import type { Embedding } from '../../operations/provider.ts';
import { bodyOf, paramOf } from './error-body.ts';
import { boundedFetch, vectorBounds } from './bounded-fetch.ts';
import { noVectors, ProviderError, providerError, reportedError, type Asking } from './errors.ts';
import { priceOf, prices as datedPrices, reportedUsd, type Price } from './prices.ts';
import { errorIn } from './text-call.ts';
import type { VendorQuirks } from './vendors.ts';
import { number, record, records, type Wire } from './wire.ts';

/** Of whom vectors are asked. */
export interface VectorSource {
	readonly label: string;
	readonly apiKey: string;
	readonly vendor: VendorQuirks;
	/** Instead of the vendor's usual one. */
	readonly embeddingModel?: string | null;
	/** Everything costs nothing. */
	readonly demo?: boolean;
	readonly prices?: readonly Price[];
}

/** What an answer is to be read with. */
interface VectorReading {
	readonly model: string;
	/** How many texts were sent. */
	readonly count: number;
	readonly label: string;
	readonly prices: readonly Price[];
	readonly demo: boolean;
}

/** A request of a model on the person's own machine may take long; Node's fetch waits no longer than 300 s. */
const TIMEOUT_MS = { local: 300_000, remote: 60_000 };

/** A server's path for vectors: they are asked for in base64, which is a fifth of their size as numbers, until it says that it knows no formats. */
export class VectorPath {
	/** Null: it makes none. */
	readonly model: string | null;
	readonly #client: OpenAI;
	readonly #source: VectorSource;
	#formats = true;

	constructor(client: OpenAI, source: VectorSource) {
		const { vendor, embeddingModel, label } = source;
		this.model = vendor.embeddings && (embeddingModel ?? vendor.embeddings.model);
		this.#client = client.withOptions({ fetch: boundedFetch(label, vectorBounds) });
		this.#source = source;
	}

	/** As `Provider.embed`. */
	async embed(texts: readonly string[], signal: AbortSignal): Promise<Embedding> {
		const { label, demo = false, prices = datedPrices } = this.#source;
		if (this.model === null) throw new ProviderError('not_supported', noVectors(label), { sent: 'no' });
		const asking = this.#asking(this.model);
		const answer = await this.#ask(this.model, texts, signal).catch((thrown: unknown) => {
			throw signal.aborted ? signal.reason : providerError(thrown, asking);
		});
		// LM Studio answers what it does not know with 200.
		if (answer['error']) throw reportedError(errorIn(answer), asking);
		return embeddingOf(answer, { model: this.model, count: texts.length, label, prices, demo });
	}

	async #ask(model: string, texts: readonly string[], signal: AbortSignal): Promise<Wire> {
		const format = this.#formats && { encoding_format: 'base64' };
		const timeout = TIMEOUT_MS[this.#source.vendor.local ? 'local' : 'remote'];
		try {
			const body = { model, input: texts, ...format };
			return record(await this.#client.post('/embeddings', { body, signal, timeout }));
		} catch (error) {
			if (!this.#formats || !refusesFormat(error)) throw error;
			this.#formats = false;
			return this.#ask(model, texts, signal);
		}
	}

	/** Who has no such path says so by its answer. */
	#asking(model: string): Asking {
		const { label, apiKey, vendor } = this.#source;
		return { what: 'embed', label, model, secret: apiKey, local: vendor.local, pathUnsure: true };
	}
}

/** Reads the answer: vectors in base64 or as numbers, in the order of the texts. Fails with `provider_error` when they do not fit the texts. */
function embeddingOf(answer: Wire, reading: VectorReading): Embedding {
	const vectors = vectorsIn(records(answer['data']), reading);
	const usage = usageOf(answer);
	return { model: reading.model, vectors, usage, cost: costOf(usage, record(answer['usage']), reading) };
}

function vectorsIn(items: readonly Wire[], { count, label }: VectorReading): Float32Array[] {
	const vectors = new Array<Float32Array | undefined>(count);
	for (const [place, item] of items.entries()) vectors[number(item['index']) ?? place] = vectorOf(item['embedding']);
	const length = vectors[0]?.length ?? 0;
	const fits = vectors.length === count && length > 0;
	const whole = vectors.filter((vector) => vector?.length === length && vector.every(Number.isFinite));
	if (fits && whole.length === count) return whole as Float32Array[];
	throw new ProviderError(
		'provider_error',
		`${label} sent vectors that do not fit the texts. Try another model for them.`
	);
}

function vectorOf(embedding: unknown): Float32Array {
	if (Array.isArray(embedding)) return Float32Array.from(embedding as number[], Number);
	if (typeof embedding !== 'string') return new Float32Array();
	const bytes = Buffer.from(embedding, 'base64');
	// Little-endian by its definition, whatever this machine is.
	return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}

/** Only what goes in is counted: nothing is written, cached or searched for a vector. */
function usageOf(answer: Wire): Usage | null {
	const told = record(answer['usage']);
	const inputTokens = number(told['prompt_tokens']) ?? number(told['total_tokens']);
	if (inputTokens === null) return null;
	return { inputTokens, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, searches: 0 };
}

function costOf(usage: Usage | null, told: Wire, { model, prices, demo }: VectorReading): Cost {
	if (demo) return { usd: 0, known: true };
	return priceOf(model, usage, { usd: reportedUsd(told), cacheWriteTokens: null }, prices);
}

function refusesFormat(error: unknown): boolean {
	return error instanceof BadRequestError && paramOf(bodyOf(error) ?? {}) === 'encoding_format';
}
