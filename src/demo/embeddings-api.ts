import type { Exchange } from './exchange.ts';
import { Answered } from './exchange.ts';
import type { FaultDeck } from './faults.ts';
import { EMBEDDING_MODELS, requireModel } from './request.ts';
import { tokensIn } from './usage.ts';
import { DIMENSIONS, vectorOf } from './vector.ts';
import { readJson, WireError } from './wire.ts';

// As at OpenAI.
const MOST_INPUTS = 2_048;

/** The endpoint /v1/embeddings. */
export class EmbeddingsApi {
	readonly #deck: FaultDeck;

	constructor(deck: FaultDeck) {
		this.#deck = deck;
	}

	async create(exchange: Exchange): Promise<void> {
		const body = await readJson(exchange.req);
		requireModel(body.model, EMBEDDING_MODELS);
		const texts = textsIn(body.input);
		const base64 = formatIn(body);
		const struck = await exchange.strike(this.#deck, ['embed'], texts.join('\n'));
		if (struck.reply?.name === 'lost_create') {
			exchange.res.socket?.destroy();
			throw new Answered();
		}
		const data = texts.map((text, index) => ({
			object: 'embedding',
			index,
			embedding: written(vectorOf(text), base64)
		}));
		const tokens = texts.reduce((sum, text) => sum + tokensIn(text), 0);
		const usage = { prompt_tokens: tokens, total_tokens: tokens };
		exchange.json(200, { object: 'list', data, model: body.model, usage: struck.usage ? null : usage });
	}
}

function textsIn(input: unknown): string[] {
	const texts = typeof input === 'string' ? [input] : input;
	const valid =
		Array.isArray(texts) &&
		texts.length > 0 &&
		texts.length <= MOST_INPUTS &&
		texts.every((text) => typeof text === 'string' && text !== '');
	if (valid) return texts as string[];
	throw new WireError(400, `Invalid 'input': expected 1 to ${MOST_INPUTS} texts that are not empty.`, {
		param: 'input'
	});
}

/** Whether the vectors are wanted as base64. */
function formatIn({ encoding_format: format = 'float', dimensions = DIMENSIONS }: Record<string, unknown>): boolean {
	if (dimensions !== DIMENSIONS)
		throw new WireError(400, `Invalid 'dimensions': this model has ${DIMENSIONS}.`, { param: 'dimensions' });
	if (format === 'float' || format === 'base64') return format === 'base64';
	throw new WireError(400, "Invalid 'encoding_format': expected 'float' or 'base64'.", { param: 'encoding_format' });
}

/** Little-endian floats of 32 bits as base64, or the numbers. */
function written(vector: Float32Array, base64: boolean): string | number[] {
	return base64 ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64') : [...vector];
}
