import type { Announcer } from '$lib/components/announcer.svelte.ts';
import { outcomesBetween, type Toast, type Toasts } from '$lib/components/toasts.svelte.ts';
import type { JobSummary } from '$lib/jobs/snapshot.ts';

const words: Record<Toast['outcome'], string> = { ready: 'is ready', stopped: 'was stopped', failed: 'failed' };

/** Tells of jobs that ended between two looks at the list, unless they are on screen, where they speak for themselves. */
export function tellOutcomes(
	before: readonly JobSummary[],
	after: readonly JobSummary[],
	onScreen: string | null,
	{ toasts, announcer }: { toasts: Toasts; announcer: Announcer }
): void {
	for (const toast of outcomesBetween(before, after)) {
		if (toast.jobId === onScreen) continue;
		toasts.show(toast);
		announcer.say(toast.jobId, `${toast.title} ${words[toast.outcome]}.`);
	}
}
