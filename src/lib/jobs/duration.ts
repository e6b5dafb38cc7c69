import type { Forecast } from './history.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A time in ms as MM:SS, past an hour as H:MM:SS (PG-08). */
export function formatDuration(ms: number): string {
	const seconds = Math.floor(Math.max(0, ms) / SECOND);
	const two = (value: number) => String(value).padStart(2, '0');
	const clock = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
	return seconds < 3600 ? clock : `${Math.floor(seconds / 3600)}:${clock}`;
}

/** A range in words, as exact as it deserves: "about 2–4 min", "up to 10 s"; "wrapping up" when it ends within 5 s. */
export function describeRange({ low, high }: Forecast): string {
	if (high < 5 * SECOND) return 'wrapping up';
	const [unit, step, name] = scaleOf(high);
	const round = (ms: number) => Math.round(ms / unit / step) * step;
	const [from, to] = [round(low), round(high)];
	if (from === 0) return `up to ${to} ${name}`;
	return from === to ? `about ${to} ${name}` : `about ${from}–${to} ${name}`;
}

/** How long it has been, in one figure: "45 s", "3 min", "2 h". */
export function describeSpan(ms: number): string {
	if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
	return ms < 2 * HOUR ? `${Math.floor(ms / MINUTE)} min` : `${Math.floor(ms / HOUR)} h`;
}

// The unit, the step to round to, and its name.
function scaleOf(ms: number): readonly [number, number, string] {
	if (ms < 20 * SECOND) return [SECOND, 1, 's'];
	if (ms < 90 * SECOND) return [SECOND, 5, 's'];
	return ms < 90 * MINUTE ? [MINUTE, 1, 'min'] : [HOUR, 0.5, 'h'];
}
