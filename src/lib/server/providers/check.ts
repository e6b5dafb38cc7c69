import { APIError, type OpenAI } from 'openai';
import { record, records, string } from './wire.ts';

/** How a vendor is asked something that costs nothing. */
export interface CheckQuirks {
	readonly path: string;
	/** The answer lists the models by the names that a request uses. */
	readonly lists: boolean;
}

/** Asks for the models; null where they are not listed. A server that has no such list has answered all the same. */
export async function listModels(
	client: OpenAI,
	{ path, lists }: CheckQuirks,
	signal: AbortSignal
): Promise<string[] | null> {
	try {
		const answer = record(await client.get(path, { signal }));
		if (!lists || !Array.isArray(answer['data'])) return null;
		return records(answer['data']).flatMap((model) => string(model['id']) ?? []);
	} catch (error) {
		if (error instanceof APIError && (error.status === 404 || error.status === 405)) return null;
		throw error;
	}
}
