import type { HeadwayError } from '../../jobs/error.ts';
import type { ResponseRequest } from '../../operations/provider.ts';
import { ProviderError } from './errors.ts';

/** A part of a request that a model can do without. */
export type Dispensable =
	'temperature' | 'effort' | 'summaries' | 'maxOutputTokens' | 'maxToolCalls' | 'schema' | 'metadata' | 'stream';

/** The names that providers have for them; the first that fits counts. */
const names: readonly (readonly [RegExp, Dispensable])[] = [
	[/^temperature$/, 'temperature'],
	[/summary/, 'summaries'],
	[/reasoning|thinking|^think$|effort/, 'effort'],
	[/^max_(output_|completion_)?tokens$/, 'maxOutputTokens'],
	[/^max_tool_calls$/, 'maxToolCalls'],
	[/^text\b|response_format|json_schema/, 'schema'],
	[/^metadata\b/, 'metadata'],
	[/^stream(ing)?$/, 'stream']
];

/** What of the request the provider refused, when the request has it and can do without; null otherwise. Nothing began then. */
export function refusedPart(error: HeadwayError, request: ResponseRequest): Dispensable | null {
	const param = error instanceof ProviderError && error.code === 'provider_bad_request' ? error.param : null;
	if (param === null) return null;
	const parts = names.filter(([name]) => name.test(param.toLowerCase())).map(([, part]) => part);
	// Who takes no reasoning takes no summaries of it either.
	if (/^reasoning$/i.test(param)) parts.push('summaries');
	return parts.find((part) => has(request, part)) ?? null;
}

/** The request without these parts. */
export function withoutParts(request: ResponseRequest, parts: ReadonlySet<Dispensable>): ResponseRequest {
	if (parts.size === 0) return request;
	const kept = Object.entries(request).filter(([field]) => !parts.has(field as Dispensable));
	const stream = request.stream && !parts.has('stream');
	return { ...(Object.fromEntries(kept) as unknown as ResponseRequest), stream, metadata: metadataOf(request, parts) };
}

/** Says to the person what a model did not take. */
export function refusalNotice(part: Dispensable, model: string): string {
	if (part === 'stream') return `${model} does not stream: its answer comes in one piece.`;
	return `${model} takes ${wording[part] ?? 'no such choice'}; it ran without.`;
}

const wording: Partial<Record<Dispensable, string>> = {
	temperature: 'no temperature',
	effort: 'no reasoning effort of this kind',
	maxOutputTokens: 'no such limit on its output'
};

function has(request: ResponseRequest, part: Dispensable): boolean {
	if (part === 'metadata') return Object.keys(request.metadata).length > 0;
	return part === 'stream' || part === 'summaries' ? request[part] === true : request[part] !== undefined;
}

function metadataOf({ metadata }: ResponseRequest, parts: ReadonlySet<Dispensable>): ResponseRequest['metadata'] {
	return parts.has('metadata') ? {} : metadata;
}
