import type { Conversation } from '../operation.ts';

/** Stops that a person means: the others leave the turn to another process. */
const MEANT: ReadonlySet<unknown> = new Set(['user', 'disconnect', 'timeout']);

/**
 * Whether a turn whose answer is whole ends as stopped all the same. What comes after the answer is no part of it, so
 * that a stop then only ends that work; but an answer that was still growing on the page was stopped there.
 */
export async function isToStop(
	{ signal }: { readonly signal: AbortSignal },
	conversation: Pick<Conversation, 'isCut'> | null
): Promise<boolean> {
	if (!signal.aborted) return false;
	return !MEANT.has(signal.reason) || ((await conversation?.isCut()) ?? false);
}
