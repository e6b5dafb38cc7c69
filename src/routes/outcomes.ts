import type { Announcer } from '$lib/components/announcer.svelte.ts';
import { outcomesBetween, type Toast, type Toasts } from '$lib/components/toasts.svelte.ts';
import type { JobSummary } from '$lib/jobs/snapshot.ts';

const words: Record<Toast['outcome'], string> = {
	ready: 'is ready',
	stopped: 'was stopped',
	failed: 'failed',
	asking: 'is waiting for you'
};

/** Tells of jobs that ended, or that began to wait for the person, between two looks at the list, unless they are on screen, where they speak for themselves. */
export function tellOutcomes(
	before: readonly JobSummary[],
	after: readonly JobSummary[],
	onScreen: (jobId: string) => boolean,
	{ toasts, announcer }: { toasts: Toasts; announcer: Announcer }
): void {
	for (const toast of outcomesBetween(before, after)) {
		if (onScreen(toast.jobId) || isOneOfMany(toast, after)) continue;
		const isTurn = after.some(({ id, operation }) => id === toast.jobId && operation === 'chat');
		toasts.show(isTurn ? { ...toast, href: `/chat/${toast.jobId}` } : toast);
		announcer.say(toast.jobId, `${toast.title} ${words[toast.outcome]}.`);
	}
}

/** The end of a part is its batch's to tell; what it asks a person is not. */
function isOneOfMany({ jobId, outcome }: Toast, list: readonly JobSummary[]): boolean {
	return outcome !== 'asking' && list.some(({ id, parentId }) => id === jobId && parentId !== null);
}
