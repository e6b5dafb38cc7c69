import type { OutputItem } from './events.ts';
import type { CreateRequest } from './request.ts';
import type { Usage } from './usage.ts';

/** What identifies a response for as long as it exists. */
export interface Identity {
	id: string;
	/** Milliseconds since 1970. */
	createdAt: number;
	request: CreateRequest;
}

/** How a response stands. Everything that is left out is as it is at the start. */
export interface Standing {
	status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'incomplete';
	output?: OutputItem[];
	completedAt?: number | null;
	error?: { code: string; message: string } | null;
	incomplete?: { reason: string } | null;
	usage?: Usage | null;
	toolUsage?: unknown;
}

/** The Response object as the wire has it, with every field that OpenAI sends. */
export function responseObject({ id, createdAt, request }: Identity, standing: Standing): Record<string, unknown> {
	const { body } = request;
	const ended = standing.status !== 'queued' && standing.status !== 'in_progress';
	return {
		id,
		object: 'response',
		created_at: Math.floor(createdAt / 1000),
		status: standing.status,
		background: request.background,
		completed_at: standing.completedAt ?? null,
		access_programs: null,
		error: standing.error ?? null,
		incomplete_details: standing.incomplete ?? null,
		instructions: request.instructions,
		max_output_tokens: request.maxOutputTokens,
		max_tool_calls: request.maxToolCalls,
		model: request.model,
		output: standing.output ?? [],
		parallel_tool_calls: body.parallel_tool_calls ?? true,
		previous_response_id: body.previous_response_id ?? null,
		prompt_cache_key: body.prompt_cache_key ?? null,
		reasoning: { effort: request.effort, summary: request.summary },
		safety_identifier: body.safety_identifier ?? null,
		service_tier: ended ? 'default' : 'auto',
		store: request.store,
		temperature: body.temperature ?? 1,
		text: body.text ?? { format: { type: 'text' }, verbosity: 'medium' },
		tool_choice: body.tool_choice ?? 'auto',
		tools: request.tools,
		top_logprobs: body.top_logprobs ?? 0,
		top_p: body.top_p ?? 1,
		truncation: body.truncation ?? 'disabled',
		usage: standing.usage ?? null,
		user: body.user ?? null,
		metadata: request.metadata,
		...(standing.toolUsage ? { tool_usage: standing.toolUsage } : {})
	};
}
