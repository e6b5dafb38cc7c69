/** How long something took, for the eye: "240 ms", "3.2 s", "2 min 5 s". */
export function took(ms: number): string {
	if (ms < 950) return `${Math.round(Math.max(0, ms))} ms`;
	const seconds = ms / 1000;
	if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
	const whole = Math.round(seconds);
	return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
