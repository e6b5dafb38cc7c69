import type { JobOptions } from '../jobs/job.ts';

/** How the turns of a conversation are to be run, beside what they say. Empty: as is usual. */
export interface ChatRun {
	input: { provider?: string; model?: string };
	options: JobOptions;
}

const keyOf = (conversation: string | null) => `headway-run-${conversation ?? 'new'}`;

/** What was chosen for a conversation, or for a new one, in this browser; nothing where nothing was, or nothing may be kept. */
export function keptRun(conversation: string | null): ChatRun {
	try {
		const { input = {}, options = {} } = JSON.parse(
			localStorage.getItem(keyOf(conversation)) ?? '{}'
		) as Partial<ChatRun>;
		return { input, options };
	} catch {
		return { input: {}, options: {} };
	}
}

/** Keeps a choice; what is usual leaves nothing behind. */
export function keepRun(conversation: string | null, { input, options }: ChatRun): void {
	try {
		if (Object.keys({ ...input, ...options }).length === 0) localStorage.removeItem(keyOf(conversation));
		else localStorage.setItem(keyOf(conversation), JSON.stringify({ input, options }));
	} catch {
		// Storage may be forbidden or full; the choice holds as long as the page.
	}
}
