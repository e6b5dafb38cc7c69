import type { Usage } from '../../jobs/event.ts';
import type { CancelAnswer, ProviderEvent, ProviderOutcome } from '../../operations/operation.ts';
import { reportedError, type Asking } from './errors.ts';
import { answerOf, begun, finished, itemIdOf, phaseOf, type Fact } from './output.ts';
import { priceOf, reportedUsd, type Price, type Reported } from './prices.ts';
import { number, record, records, string, type Wire } from './wire.ts';

const statuses = ['queued', 'in_progress', 'completed', 'failed', 'incomplete', 'cancelled'] as const;
type Status = ProviderOutcome['status'];

/** What is needed to read a response: the words for its errors, and the prices. */
export interface Reading {
	readonly asking: Asking;
	readonly prices: readonly Price[];
	/** The demo is free, whatever its model is called. */
	readonly demo: boolean;
	/** The server's ids come again. */
	readonly shortIds?: boolean;
}

/** The response's status; one that is not known counts as running. */
export function statusOf(response: Wire): Status {
	return statuses.find((status) => status === response['status']) ?? 'in_progress';
}

/** Whether nothing will change any more. */
export function isTerminal(status: Status): boolean {
	return status !== 'queued' && status !== 'in_progress';
}

/** What a response that answers a cancel, or is looked at after one, says of it. */
export function cancelAnswer(outcome: ProviderOutcome): CancelAnswer {
	if (outcome.status === 'cancelled') return { provider: 'confirmed', outcome };
	return { provider: isTerminal(outcome.status) ? 'already_ended' : 'unconfirmed', outcome };
}

/** Reads the provider's response object: the truth about a run. */
export function outcomeOf(response: Wire, reading: Reading): ProviderOutcome {
	const status = statusOf(response);
	const model = string(response['model']);
	const usage = usageOf(response);
	const answer = answerOf(finalMessage(records(response['output'])));
	return {
		responseId: string(response['id']),
		status,
		model,
		...answer,
		error: status === 'failed' ? reportedError(record(response['error'] ?? codeOf(response)), reading.asking) : null,
		incompleteReason: string(record(response['incomplete_details'])['reason']),
		usage,
		cost: reading.demo
			? { usd: 0, known: true }
			: priceOf(model ?? reading.asking.model ?? '', usage, reportedOf(response), reading.prices),
		items: itemsOf(response, isTerminal(status))
	};
}

/** OpenRouter states the reason beside the error. */
function codeOf(response: Wire): Wire {
	return { code: response['error_type'] };
}

/** The last message marked as the final answer, else the last that is not an interim remark. */
function finalMessage(output: Wire[]): Wire {
	const messages = output.filter((item) => item['type'] === 'message' && phaseOf(item) !== 'commentary');
	return messages.findLast((item) => phaseOf(item) === 'final_answer') ?? messages.at(-1) ?? {};
}

function itemsOf(response: Wire, ended: boolean): ProviderEvent[] {
	const output = records(response['output']);
	return output.flatMap((item, index) => {
		// While the response runs, its last item may still grow, whatever its status says (reasoning has none).
		const moving = !ended && (index === output.length - 1 || item['status'] === 'in_progress');
		if (moving) return [];
		const itemId = itemIdOf(item['id'], index);
		const message: Fact[] = item['type'] === 'message' ? begun(item, itemId) : [];
		return [...message, ...finished(item, itemId)].map((fact) => ({ cursor: null, ...fact }) as ProviderEvent);
	});
}

function usageOf(response: Wire): Usage | null {
	if (typeof response['usage'] !== 'object' || response['usage'] === null) return null;
	const usage = record(response['usage']);
	return {
		inputTokens: number(usage['input_tokens']),
		cachedTokens: number(record(usage['input_tokens_details'])['cached_tokens']),
		outputTokens: number(usage['output_tokens']),
		reasoningTokens: number(record(usage['output_tokens_details'])['reasoning_tokens']),
		searches: searchesOf(response)
	};
}

function searchesOf(response: Wire): number | null {
	const billed = number(record(record(response['tool_usage'])['web_search'])['num_requests']);
	const searched = records(response['output']).some((item) => item['type'] === 'web_search_call');
	return billed ?? (searched ? null : 0);
}

function reportedOf(response: Wire): Reported {
	const usage = record(response['usage']);
	return {
		usd: reportedUsd(usage),
		cacheWriteTokens: number(record(usage['input_tokens_details'])['cache_write_tokens'])
	};
}
