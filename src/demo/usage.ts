import type { ScriptedEvent } from './events.ts';

/** Token counts as the Responses API reports them. */
export interface Usage {
	input_tokens: number;
	input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
	output_tokens: number;
	output_tokens_details: { reasoning_tokens: number };
	total_tokens: number;
}

/** A rough count of tokens: four characters each, the usual rule of thumb for English. */
export function tokensIn(text: string): number {
	return Math.ceil(text.length / 4);
}

/** What a run has used after these events. `prompt` is its input as text. */
export function usageAfter(prompt: string, events: ScriptedEvent[]): Usage {
	const input = tokensIn(prompt) + events.reduce((sum, { read }) => sum + (read ?? 0), 0);
	const reasoning = tokensIn(deltas(events, /^response\.reasoning_summary_text\.delta$/));
	const output = reasoning + tokensIn(deltas(events, /^response\.(output_text|refusal)\.delta$/));
	return {
		input_tokens: input,
		input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
		output_tokens: output,
		output_tokens_details: { reasoning_tokens: reasoning },
		total_tokens: input + output
	};
}

/** Usage of the tools. Only searches are billed, as at OpenAI; opening a page is not. */
export function toolUsageAfter(events: ScriptedEvent[]) {
	const none = { image_tokens: 0, text_tokens: 0 };
	const searches = events.filter(({ event }) => {
		const item = event.item as { action?: { type: string } } | undefined;
		return event.type === 'response.output_item.done' && item?.action?.type === 'search';
	});
	return {
		image_gen: {
			input_tokens: 0,
			input_tokens_details: none,
			output_tokens: 0,
			output_tokens_details: none,
			total_tokens: 0
		},
		web_search: { num_requests: searches.length }
	};
}

function deltas(events: ScriptedEvent[], type: RegExp): string {
	return events
		.filter(({ event }) => type.test(event.type))
		.map(({ event }) => String(event.delta))
		.join('');
}
