import type { ResponseCreateParamsBase, ResponseInputItem } from 'openai/resources/responses/responses';
import type { Message, ResponseRequest } from '../../operations/operation.ts';
import { messagesOf, pictureUrls } from './messages.ts';
import type { VendorQuirks } from './vendors.ts';

type Body = Omit<ResponseCreateParamsBase, 'stream'>;

/** The body of a create: what was asked for, without the fields that the vendor does not take (TS-01). */
export function bodyOf(request: ResponseRequest, vendor: VendorQuirks): Body {
	const background = request.background && vendor.background;
	return {
		...modelAndTools(request, vendor),
		...reasoning(request, vendor),
		input: typeof request.input === 'string' ? request.input : inputItems(request.input, vendor),
		...(request.instructions && { instructions: request.instructions }),
		...(request.temperature !== undefined && { temperature: request.temperature }),
		...(request.maxOutputTokens && { max_output_tokens: request.maxOutputTokens }),
		...(request.maxToolCalls && vendor.maxToolCalls && { max_tool_calls: request.maxToolCalls }),
		...structure(request, vendor),
		...(vendor.metadata && Object.keys(request.metadata).length > 0 && { metadata: request.metadata }),
		...(vendor.stateless && { store: false }),
		// Without the explicit store a background run may be kept for ten minutes only.
		...(background && { background: true, store: true })
	};
}

/** The model's name, with the suffix that asks for the web search where that is the way. */
export function modelFor({ model, webSearch }: ResponseRequest, { webSearch: way }: VendorQuirks): string {
	if (!webSearch || !way || !('suffix' in way)) return model;
	return model.endsWith(way.suffix) ? model : model + way.suffix;
}

/** A person's own choice is sent to every vendor: who refuses it says so, and is asked again without. */
export function sendsEffort({ chosen }: ResponseRequest, vendor: VendorQuirks): boolean {
	return vendor.effort || (chosen?.includes('effort') ?? false);
}

function modelAndTools(request: ResponseRequest, vendor: VendorQuirks): Body {
	const { webSearch } = request;
	const { webSearch: way, searchSources } = vendor;
	const model = modelFor(request, vendor);
	if (!webSearch || !way || 'suffix' in way) return { model };
	const size = way.contextSize ? { search_context_size: webSearch.contextSize } : {};
	const type = way.tool as 'web_search';
	return {
		model,
		tools: [{ type, ...size }],
		...(searchSources && { include: ['web_search_call.action.sources'] })
	};
}

function inputItems(messages: readonly Message[], { stateless }: VendorQuirks): ResponseInputItem[] {
	return messagesOf(messages).map((message, place) => {
		const { role, text } = message;
		const item = { type: 'message' as const, role };
		if (role === 'user')
			return { ...item, role, content: [...(text ? [inputText(text)] : []), ...inputPictures(message)] };
		const content = [{ type: 'output_text' as const, text, annotations: [] }];
		// A server that keeps nothing wants a name for what the model said before; one that keeps would look it up.
		const named = stateless && { id: `msg_${place}`, status: 'completed' as const };
		return { ...item, ...named, role, content } as ResponseInputItem;
	});
}

function inputText(text: string) {
	return { type: 'input_text' as const, text };
}

function inputPictures(message: Message) {
	return pictureUrls(message).map((url) => ({
		...{ type: 'input_image' as const, detail: 'auto' as const, image_url: url }
	}));
}

function reasoning(request: ResponseRequest, vendor: VendorQuirks): Body {
	const { effort, summaries } = request;
	const wanted = {
		...(effort && sendsEffort(request, vendor) && { effort }),
		...(summaries && vendor.summaries && { summary: 'auto' as const })
	};
	return Object.keys(wanted).length > 0 ? { reasoning: wanted } : {};
}

function structure({ schema }: ResponseRequest, vendor: VendorQuirks): Body {
	if (!schema || !vendor.structured) return {};
	return { text: { format: { type: 'json_schema', name: schema.name, strict: true, schema: schema.schema } } };
}
