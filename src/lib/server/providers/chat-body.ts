import type { ChatCompletionCreateParamsBase, ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { Message, ResponseRequest } from '../../operations/operation.ts';
import { inTurns, messagesOf, pictureUrls } from './messages.ts';
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
			...(typeof input === 'string'
				? [{ role: 'user' as const, content: input }]
				: inTurns(messagesOf(input)).map(chatMessage))
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

function chatMessage(message: Message): ChatCompletionMessageParam {
	const { role, text } = message;
	const urls = pictureUrls(message);
	if (role === 'assistant' || urls.length === 0) return { role, content: text };
	const pictures = urls.map((url) => ({ type: 'image_url' as const, image_url: { url } }));
	return { role, content: [...(text ? [{ type: 'text' as const, text }] : []), ...pictures] };
}
