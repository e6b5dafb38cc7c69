import {
	OpenAICompatible,
	type OpenAICompatibleOptions
} from '../../../../src/lib/server/providers/openai-compatible.ts';
import { vendors } from '../../../../src/lib/server/providers/vendors.ts';
import type { ImageRequest, ResponseRequest, RunLog } from '../../../../src/lib/operations/operation.ts';

/** A log that keeps what it was told. */
export class KeptLog implements RunLog {
	readonly lines: { facts: object; message: string }[] = [];

	debug(facts: object, message: string): void {
		this.lines.push({ facts, message });
	}
	info = this.debug;
	warn = this.debug;
}

export const request: ResponseRequest = {
	model: 'gpt-6-astra',
	input: 'How well are batteries recycled?',
	instructions: 'Write a cited report.',
	webSearch: { contextSize: 'medium' },
	effort: 'high',
	summaries: true,
	maxToolCalls: 20,
	maxOutputTokens: 5_000,
	background: true,
	stream: true,
	metadata: { job_id: 'job_42' }
};

export const picture: ImageRequest = {
	model: 'gpt-image-2',
	prompt: 'A red kite over a beach',
	size: '1024x1024',
	quality: 'low',
	background: 'opaque',
	format: 'png',
	count: 1,
	partialImages: 2,
	stream: true,
	images: []
};

export const key = 'sk-test-0123456789abcdef';

/** The provider under test, pointed at a server. */
export function providerAt(baseURL: string, options: Partial<OpenAICompatibleOptions> = {}): OpenAICompatible {
	return new OpenAICompatible({
		id: 'openai',
		label: 'OpenAI',
		baseURL,
		apiKey: key,
		vendor: vendors.openai,
		defaultModel: 'gpt-6-astra',
		defaultImageModel: 'gpt-image-2',
		log: new KeptLog(),
		...options
	});
}

/** All that an iterable gives, and what it failed with, if it did. */
export async function collect<E>(source: AsyncIterable<E>): Promise<{ events: E[]; error: unknown }> {
	const events: E[] = [];
	try {
		for await (const event of source) events.push(event);
		return { events, error: null };
	} catch (error) {
		return { events, error };
	}
}

export const never = new AbortController().signal;
