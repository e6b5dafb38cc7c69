import { promptOf } from './prompt.ts';
import type { Depth } from './research.ts';
import { WireError } from './wire.ts';

/** The models that write, that draw, that make vectors, and all that the demo offers. */
export const TEXT_MODELS = ['demo-research-1', 'demo-chat-1'];
export const IMAGE_MODELS = ['demo-image-1'];
export const EMBEDDING_MODELS = ['demo-embedding-1'];
export const MODELS = [...TEXT_MODELS, ...IMAGE_MODELS, ...EMBEDDING_MODELS];

/** A create request of the Responses API, checked. Fields that are only echoed stay in `body`. */
export interface CreateRequest {
	body: Record<string, unknown>;
	model: string;
	background: boolean;
	stream: boolean;
	store: boolean;
	instructions: string | null;
	tools: { type: string }[];
	include: string[];
	effort: string | null;
	summary: string | null;
	maxToolCalls: number | null;
	maxOutputTokens: number | null;
	metadata: Record<string, string>;
}

/** Checks the body of a create. Throws a WireError with status 400 or 404. */
export function parseCreate(body: Record<string, unknown>): CreateRequest {
	requireModel(body.model);
	promptOf(body.input, 'input');
	const reasoning = (body.reasoning ?? {}) as Record<string, unknown>;
	const request = {
		body,
		model: String(body.model),
		background: body.background === true,
		stream: body.stream === true,
		store: body.store !== false,
		instructions: typeof body.instructions === 'string' ? body.instructions : null,
		tools: toolsOf(body.tools),
		include: Array.isArray(body.include) ? body.include.map(String) : [],
		effort: typeof reasoning.effort === 'string' ? reasoning.effort : null,
		summary: typeof reasoning.summary === 'string' ? reasoning.summary : null,
		maxToolCalls: countOf(body, 'max_tool_calls'),
		maxOutputTokens: countOf(body, 'max_output_tokens'),
		metadata: metadataOf(body.metadata)
	};
	if (request.background && !request.store)
		throw new WireError(400, "'background' requires 'store' to be true.", {
			param: 'background',
			code: 'unsupported_parameter'
		});
	return request;
}

/** Throws a WireError unless the demo has this model for the purpose: 400 when there is none, 404 when it is unknown. */
export function requireModel(model: unknown, among = TEXT_MODELS): void {
	if (typeof model !== 'string' || !model)
		throw new WireError(400, "Missing required parameter: 'model'.", {
			param: 'model',
			code: 'missing_required_parameter'
		});
	if (!among.includes(model)) throw modelNotFound(model);
}

export function modelNotFound(model: string): WireError {
	const message = `The model '${model}' does not exist or you do not have access to it.`;
	return new WireError(404, message, { param: null, code: 'model_not_found' });
}

/** Whether the request lets the demo search. */
export function mayResearch({ tools }: CreateRequest): boolean {
	return tools.some(({ type }) => type.startsWith('web_search'));
}

/** How thorough to be: by the effort, or without one by how many tool calls are allowed. */
export function depthOf({ effort, maxToolCalls }: CreateRequest): Depth {
	if (effort !== null) return /^(none|minimal|low)$/.test(effort) ? 'quick' : effort === 'medium' ? 'standard' : 'deep';
	if (maxToolCalls === null) return 'standard';
	return maxToolCalls <= 8 ? 'quick' : maxToolCalls <= 20 ? 'standard' : 'deep';
}

function toolsOf(value: unknown): { type: string }[] {
	if (value === undefined || value === null) return [];
	const valid = Array.isArray(value) && value.every((tool) => typeof tool?.type === 'string');
	if (!valid) throw new WireError(400, "Invalid value for 'tools'.", { param: 'tools', code: 'invalid_type' });
	return value as { type: string }[];
}

function countOf(body: Record<string, unknown>, param: string): number | null {
	const value = body[param];
	if (value === undefined || value === null) return null;
	if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
	throw new WireError(400, `Invalid value for '${param}': expected a positive integer.`, {
		param,
		code: 'invalid_type'
	});
}

function metadataOf(value: unknown): Record<string, string> {
	const entries = Object.entries((value ?? {}) as object);
	const fits =
		entries.length <= 16 &&
		entries.every(([key, text]) => key.length <= 64 && typeof text === 'string' && text.length <= 512);
	if (fits) return Object.fromEntries(entries);
	throw new WireError(400, "Invalid 'metadata': at most 16 pairs of strings of at most 64 and 512 characters.", {
		param: 'metadata'
	});
}
