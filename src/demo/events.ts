/** A server-sent event of the Responses API, without its sequence number. */
export interface WireEvent {
	type: string;
	[field: string]: unknown;
}

/** An event of a run with its place in time. */
export interface ScriptedEvent {
	/** Milliseconds from the creation of the response, at pace 1. */
	at: number;
	event: WireEvent;
	/** Input tokens that the run has read by this event (pages, search results). */
	read?: number;
}

export interface TextPart {
	type: string;
	text?: string;
	refusal?: string;
	annotations?: unknown[];
	logprobs?: unknown[];
}

/** One entry of `response.output`. */
export interface OutputItem {
	id: string;
	type: string;
	status?: string;
	summary?: TextPart[];
	content?: TextPart[];
	action?: { type: string };
	role?: string;
	result?: unknown;
	phase?: string;
}

/** Whether a response has ended with this event. */
export function isTerminal(event: WireEvent | undefined): boolean {
	return event !== undefined && /^response\.(completed|failed|incomplete)$/.test(event.type);
}

/** What `response.output` holds after these events: finished items as they ended, the open one as far as it has come. */
export function outputAfter(events: ScriptedEvent[]): OutputItem[] {
	const output: OutputItem[] = [];
	for (const { event } of events) applyEvent(output, event);
	return output;
}

function applyEvent(output: OutputItem[], event: WireEvent): void {
	const index = Number(event.output_index);
	if (event.type === 'response.output_item.added' || event.type === 'response.output_item.done')
		output[index] = structuredClone(event.item) as OutputItem;
	const item = output[index];
	if (!item) return;
	if (event.type.startsWith('response.reasoning_summary_'))
		applyToParts((item.summary ??= []), event, event.summary_index);
	else if ('content_index' in event) applyToParts((item.content ??= []), event, event.content_index);
}

function applyToParts(parts: TextPart[], event: WireEvent, at: unknown): void {
	const index = Number(at);
	if (event.type.endsWith('part.added')) parts[index] = structuredClone(event.part) as TextPart;
	const part = parts[index];
	if (!part) return;
	if (event.type === 'response.refusal.delta') part.refusal += String(event.delta);
	else if (event.type.endsWith('.delta')) part.text += String(event.delta);
	else if (event.type === 'response.output_text.annotation.added') part.annotations?.push(event.annotation);
}
