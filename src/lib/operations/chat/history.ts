import type { Message } from '../operation.ts';

/** What of a conversation goes to the model, in UTF-16 units: about 12,000 tokens of English, which leaves small models room. */
export const HISTORY_BUDGET = 48_000;

/** The newest messages that fit, oldest first, beginning with one of the person; `dropped` counts the others. */
export function withinBudget(
	messages: readonly Message[],
	budget = HISTORY_BUDGET
): { kept: Message[]; dropped: number; characters: number } {
	let from = messages.length;
	let characters = 0;
	while (from > 0) {
		const size = messages[from - 1]?.text.length ?? 0;
		if (characters + size > budget) break;
		characters += size;
		from -= 1;
	}
	// An answer without its question says little, and some servers want the person first.
	while (from < messages.length && messages[from]?.role === 'assistant') {
		characters -= messages[from]?.text.length ?? 0;
		from += 1;
	}
	return { kept: messages.slice(from), dropped: from, characters };
}
