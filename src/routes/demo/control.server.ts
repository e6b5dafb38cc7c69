/** What the demo's control endpoint answers, as far as the panel shows it. */
export interface ControlState {
	pace: number;
	faults: { name: string; times: number; after?: number }[];
	ledger: { at: number; method: string; path: string; status: number; fault?: string }[];
}

// The demo is in this process, or at least on this machine.
const PATIENCE_MS = 3_000;

/** Asks the control endpoint. Rejects with a sentence when it cannot be reached or refuses. */
export async function control(
	url: string,
	method: 'GET' | 'POST' | 'DELETE' = 'GET',
	body?: unknown
): Promise<ControlState> {
	const answer = await fetch(url, {
		method,
		signal: AbortSignal.timeout(PATIENCE_MS),
		...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
	});
	if (!answer.ok) throw new Error(`The demo refused (${answer.status}). Check the values.`);
	return (await answer.json()) as ControlState;
}
