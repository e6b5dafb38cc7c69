import type { ResponseCreateParamsBase } from 'openai/resources/responses/responses';
import type { ResponseRequest } from '../../operations/operation.ts';
import type { VendorQuirks } from './vendors.ts';

type Body = Omit<ResponseCreateParamsBase, 'stream'>;

/** The body of a create: what was asked for, without the fields that the vendor does not take (TS-01). */
export function bodyOf(request: ResponseRequest, vendor: VendorQuirks): Body {
	const background = request.background && vendor.background;
	return {
		...modelAndTools(request, vendor),
		...reasoning(request, vendor),
		input: request.input,
		...(request.instructions && { instructions: request.instructions }),
		...(request.maxOutputTokens && { max_output_tokens: request.maxOutputTokens }),
		...(request.maxToolCalls && vendor.maxToolCalls && { max_tool_calls: request.maxToolCalls }),
		...structure(request, vendor),
		...(vendor.metadata && { metadata: request.metadata }),
		...(vendor.stateless && { store: false }),
		// Without the explicit store a background run may be kept for ten minutes only.
		...(background && { background: true, store: true })
	};
}

function modelAndTools({ model, webSearch }: ResponseRequest, { webSearch: way, searchSources }: VendorQuirks): Body {
	if (!webSearch || !way) return { model };
	if ('suffix' in way) return { model: model.endsWith(way.suffix) ? model : model + way.suffix };
	const size = way.contextSize ? { search_context_size: webSearch.contextSize } : {};
	const type = way.tool as 'web_search';
	return {
		model,
		tools: [{ type, ...size }],
		...(searchSources && { include: ['web_search_call.action.sources'] })
	};
}

function reasoning({ effort, summaries }: ResponseRequest, vendor: VendorQuirks): Body {
	const wanted = {
		...(effort && vendor.effort && { effort }),
		...(summaries && vendor.summaries && { summary: 'auto' as const })
	};
	return Object.keys(wanted).length > 0 ? { reasoning: wanted } : {};
}

function structure({ schema }: ResponseRequest, vendor: VendorQuirks): Body {
	if (!schema || !vendor.structured) return {};
	return { text: { format: { type: 'json_schema', name: schema.name, strict: true, schema: schema.schema } } };
}
