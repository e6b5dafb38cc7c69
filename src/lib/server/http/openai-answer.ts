import type { Usage } from '../../jobs/event.ts';
import type { JobSnapshot } from '../../jobs/snapshot.ts';
import type { ChatResult, Cited } from '../../operations/chat/model.ts';

/** What every piece of one completion says of itself. */
export interface CompletionFacts {
	jobId: string;
	/** As the caller named it. */
	model: string;
	/** Milliseconds since 1970. */
	createdAt: number;
}

/** Whether the model came to its end, in OpenAI's words. */
export function finishReason({ complete }: Pick<ChatResult, 'complete'>): 'stop' | 'length' {
	return complete ? 'stop' : 'length';
}

/** What was used, in OpenAI's words; null where the provider did not say. */
export function completionUsage(usage: Usage | null): object | null {
	if (!usage || (usage.inputTokens === null && usage.outputTokens === null)) return null;
	const [prompt, completion] = [usage.inputTokens ?? 0, usage.outputTokens ?? 0];
	return {
		prompt_tokens: prompt,
		completion_tokens: completion,
		total_tokens: prompt + completion,
		prompt_tokens_details: { cached_tokens: usage.cachedTokens ?? 0 },
		completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 }
	};
}

/** A whole completion. What OpenAI's has no place for stands under `headway`. */
export function completion(
	facts: CompletionFacts,
	{ result, usage }: Pick<JobSnapshot, 'usage'> & { result: ChatResult }
): object {
	const message = { role: 'assistant', content: result.text, refusal: null };
	return {
		...headOf(facts, 'chat.completion'),
		choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(result) }],
		...usageField(completionUsage(usage)),
		headway: ownFacts(facts, result.citations)
	};
}

/** A piece of a streamed one; null as usage where the stream ends with it. */
export function chunk(
	facts: CompletionFacts,
	choice: { delta: object; finish_reason?: string | null } | null,
	more: object = {}
): object {
	const choices = choice ? [{ index: 0, logprobs: null, finish_reason: null, ...choice }] : [];
	return { ...headOf(facts, 'chat.completion.chunk'), choices, ...more };
}

/** The job, and the sources that the text cites as `[n]`. */
export function ownFacts({ jobId }: CompletionFacts, citations: readonly Cited[]): object {
	return { jobId, citations };
}

function headOf({ jobId, model, createdAt }: CompletionFacts, object: string): object {
	return { id: `chatcmpl-${jobId.replace(/^job_/, '')}`, object, created: Math.floor(createdAt / 1_000), model };
}

function usageField(usage: object | null): object {
	return usage ? { usage } : {};
}
