import { formatDuration } from '../jobs/estimate.ts';

// One fixed notation, so that the server and every browser write the same figures.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** An instant (ms since 1970) as HH:MM:SS, in the reader's time zone. */
export const clockTime = (at: number) => clock.format(at);

/** An instant with its date. */
export const fullTime = (at: number) => full.format(at);

/** An instant as day, month, hour and minute. */
export const dayTime = (at: number) => day.format(at);

/** How long after `start` an instant is: `+0:12`, `+1:02:03`. */
export function offsetFrom(start: number, at: number): string {
	return `+${formatDuration(at - start).replace(/^0(?=\d:)/, '')}`;
}

/** A duration in words for those who listen: "3 minutes 12 seconds". */
export function spokenDuration(ms: number): string {
	const seconds = Math.floor(Math.max(0, ms) / 1000);
	const parts = [
		[Math.floor(seconds / 3600), 'hour'],
		[Math.floor(seconds / 60) % 60, 'minute'],
		[seconds % 60, 'second']
	] as const;
	const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
	return said.join(' ') || 'less than a second';
}
