import type { ToolEvent } from '../../tools/call.ts';

/** Of what the tools gave, so much goes to the model, in UTF-16 units. */
const RESULTS_BUDGET = 40_000;

/** What the answering model reads of the tools: what each gave, or why it gave nothing. A search's finds stand among the passages. */
export function resultsOf(
	tools: readonly ToolEvent[],
	{ givesPassages, found }: { givesPassages: (tool: string) => boolean; found: boolean }
): { head: string; text: string }[] {
	let left = RESULTS_BUDGET;
	return tools.flatMap((event) => {
		const text = textOf(event, givesPassages(event.tool), found);
		if (text === null) return [];
		const whole = text.slice(0, Math.max(0, left));
		left -= whole.length;
		return { head: `${event.tool}: ${event.title}`, text: whole.length < text.length ? `${whole} …` : whole };
	});
}

function textOf({ state, text, problem }: ToolEvent, passages: boolean, found: boolean): string | null {
	if (state === 'failed') return `Failed: ${problem ?? 'it gave no reason.'}`;
	if (state === 'skipped') return `Not done: ${problem ?? 'it was skipped.'}`;
	if (passages) return found ? null : 'Nothing in the documents matches.';
	return text ?? '';
}
