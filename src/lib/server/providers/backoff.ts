/** Milliseconds to wait before try number `attempt` + 1: doubling from `baseMs`, at most 30 s, spread by a quarter. */
export function backoff(attempt: number, random: () => number, baseMs = 1_000): number {
	return Math.min(30_000, baseMs * 2 ** (attempt - 1)) * (0.75 + random() * 0.5);
}
