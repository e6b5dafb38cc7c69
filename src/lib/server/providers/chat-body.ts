import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import type { ResponseRequest } from '../../operations/operation.ts';
import { modelFor, sendsEffort } from './request-body.ts';
import type { VendorQuirks } from './vendors.ts';

type Body = Omit<ChatCompletionCreateParamsBase, 'stream' | 'stream_options'>;

/** The body of a chat completion: what was asked for, as far as that way has it and the vendor takes it (TS-01). */
export function chatBodyOf(request: ResponseRequest, vendor: VendorQuirks): Body {
	const { instructions, input, temperature, effort, maxOutputTokens, schema } = request;
	return {
		model: modelFor(request, vendor),
		messages: [
			...(instructions ? [{ role: 'system' as const, content: instructions }] : []),
			{ role: 'user', content: input }
		],
		...(temperature !== undefined && { temperature }),
		...(effort && sendsEffort(request, vendor) && { reasoning_effort: effort }),
		// The older name: servers beside OpenAI's own know no other.
		...(maxOutputTokens && { max_tokens: maxOutputTokens }),
		...(schema && vendor.structured && { response_format: formatOf(schema) })
	};
}

function formatOf({ name, schema }: NonNullable<ResponseRequest['schema']>) {
	return { type: 'json_schema' as const, json_schema: { name, strict: true, schema } };
}
