const FIRST_MS = 500;
/** Longest wait between two attempts. */
const SLOWEST_MS = 10_000;

/** How long to wait before the next attempt after so many failures in a row: 0.5 s, 1 s, 2 s, … 10 s, each ± 25 % so that a restart is not met by everyone at once. In ms. */
export function backoff(failures: number): number {
	return Math.min(SLOWEST_MS, FIRST_MS * 2 ** (Math.max(1, failures) - 1)) * (0.75 + Math.random() / 2);
}
