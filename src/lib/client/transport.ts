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

/** Keeps the choice, for all tabs of this browser. False where the browser lets nothing be kept. */
export function chooseTransport(transport: Transport): boolean {
	try {
		if (transport === 'sse') localStorage.removeItem(TRANSPORT_KEY);
		else localStorage.setItem(TRANSPORT_KEY, transport);
		return true;
	} catch {
		return false;
	}
}
