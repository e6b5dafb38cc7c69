import { defineToolRun } from '../tool.ts';
import { currentTime } from './model.ts';

/** Reads the server's clock. */
export default defineToolRun(currentTime, async ({ timeZone }, { now }) => {
	const at = new Date(now());
	return { timeZone, iso: isoOf(at, timeZone), words: wordsOf(at, timeZone) };
});

function isoOf(at: Date, timeZone: string): string {
	const parts = new Intl.DateTimeFormat('en', {
		...{ timeZone, hourCycle: 'h23', timeZoneName: 'longOffset', calendar: 'iso8601', numberingSystem: 'latn' },
		...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }
	}).formatToParts(at);
	const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
	const offset = of('timeZoneName').replace('GMT', '') || '+00:00';
	return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}${offset}`;
}

/** In parts, because what stands between them differs from one release of Node to the next. */
function wordsOf(at: Date, timeZone: string): string {
	const part = (options: Intl.DateTimeFormatOptions) =>
		new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(at);
	const day = part({ day: 'numeric', month: 'long', year: 'numeric' });
	return `${part({ weekday: 'long' })}, ${day}, ${part({ hour: '2-digit', minute: '2-digit' })} in ${timeZone}`;
}
