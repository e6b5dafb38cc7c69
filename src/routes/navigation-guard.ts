import type { ConnectionState } from '../lib/client/connection.svelte.ts';

/** Said when a page cannot be left, because the next one could not be fetched. */
export const STAYED = 'Headway cannot be reached now; this page stays readable.';

/** A reconnect that takes no longer than this, in ms, is no reason to doubt that a page can be fetched. */
export const DOUBT_MS = 1_500;

/** A navigation as the guard judges it: where from and to, `to` null outside the app. */
export interface Leaving {
	from: URL | null;
	to: URL | null;
	/** The browser itself takes the page away. */
	willUnload: boolean;
}

/** Whether the next page is likely out of reach. `now` is by the browser's clock, in ms. */
export function isAway({ state, since }: ConnectionState, now: number): boolean {
	return state === 'offline' || (state === 'retrying' && now - since >= DOUBT_MS);
}

/** Whether a navigation would end in the browser's error page: another page of the app, with the server out of reach. */
export function isDoubtful({ from, to, willUnload }: Leaving, connection: ConnectionState, now: number): boolean {
	if (willUnload || to === null || (from !== null && isSamePage(from, to))) return false;
	return isAway(connection, now);
}

const isSamePage = (from: URL, to: URL) =>
	from.origin === to.origin && from.pathname === to.pathname && from.search === to.search;

/** Whether the server answers now; false after `patienceMs` without a word. */
export async function isReachable(patienceMs = DOUBT_MS): Promise<boolean> {
	try {
		return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(patienceMs) })).ok;
	} catch {
		return false;
	}
}
