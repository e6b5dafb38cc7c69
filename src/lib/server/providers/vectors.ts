import { HeadwayError } from '../../jobs/error.ts';
import { unknownCost, type Cost, type Usage } from '../../jobs/event.ts';
import type { Embedding, Provider } from '../../operations/provider.ts';
import { pause } from '../clock.ts';
import { ProviderError } from './errors.ts';
import { isLost, waitBeforeCreate } from './faults.ts';
import type { AttachDeps } from './memory.ts';

/** What one request may hold: less than every vendor's own limits (OpenAI: 2,048 texts, 300,000 tokens). */
const MOST_TEXTS = 256;
const MOST_CHARACTERS = 200_000;
/** What of one text counts: models take 8,191 tokens at the most, and fail for more. */
const LONGEST_TEXT = 8_000;

/** What the rest of the machinery gives a request for vectors. */
type VectorDeps = Pick<AttachDeps, 'clock' | 'signal' | 'heard' | 'retryNotice' | 'random'>;

/**
 * Turns texts into vectors, in as many requests as are needed, each sent again where that can help: nothing comes of it but
 * its answer. `bill` is told of each request. Of a text longer than 8,000 characters its beginning counts.
 */
export async function requestVectors(
	provider: Provider,
	texts: readonly string[],
	bill: (one: { usage: Usage | null; cost: Cost }) => void,
	deps: VectorDeps
): Promise<{ model: string; vectors: Float32Array[] }> {
	const vectors: Float32Array[] = [];
	let model = '';
	for (const batch of batchesOf(texts.map(sendable))) {
		const answer = await askUntilAnswered(provider, batch, bill, deps);
		const length = vectors[0]?.length ?? answer.vectors[0]?.length;
		if (answer.vectors.some((vector) => vector.length !== length) || (model && model !== answer.model))
			throw new ProviderError('provider_error', `${provider.label} sent vectors of different lengths. Try again.`);
		model = answer.model;
		vectors.push(...answer.vectors);
	}
	return { model, vectors };
}

async function askUntilAnswered(
	provider: Provider,
	texts: readonly string[],
	bill: (one: { usage: Usage | null; cost: Cost }) => void,
	deps: VectorDeps
): Promise<Embedding> {
	for (let tries = 1; ; tries += 1) {
		try {
			const answer = await provider.embed(texts, deps.signal);
			deps.heard();
			bill(answer);
			return answer;
		} catch (error) {
			deps.signal.throwIfAborted();
			if (!(error instanceof HeadwayError)) throw error;
			// It may have been answered there, and paid.
			if (isLost(error)) bill({ usage: null, cost: unknownCost });
			const waitMs = waitBeforeCreate(error, tries, deps.random ?? Math.random);
			if (waitMs === null) throw error;
			deps.retryNotice?.(error, waitMs);
			await pause(deps.clock, waitMs, deps.signal);
			deps.signal.throwIfAborted();
		}
	}
}

/** Servers refuse an empty text. */
function sendable(text: string): string {
	return text.slice(0, LONGEST_TEXT).toWellFormed() || ' ';
}

function* batchesOf(texts: readonly string[]): Generator<string[]> {
	let [batch, characters] = [[] as string[], 0];
	for (const text of texts) {
		if (batch.length === MOST_TEXTS || (batch.length > 0 && characters + text.length > MOST_CHARACTERS)) {
			yield batch;
			[batch, characters] = [[], 0];
		}
		batch.push(text);
		characters += text.length;
	}
	if (batch.length > 0) yield batch;
}
