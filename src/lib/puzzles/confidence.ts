import { shortened } from '../text/shortened.ts';

/** How sure a model says that it is, in percent; null where it gives no number. The note says what had to be changed, or what it said instead. */
export interface Confidence {
	percent: number | null;
	note: string | null;
}

/** In characters; longer, it is no number with a few words. */
const MOST_WRITTEN = 80;
/** One number, what it is out of, and words without numbers around it. */
const WRITTEN = /^\D*?(-?\d+(?:[.,]\d+)?)\s*(?:(%|percent\b)|(?:\/|out of)\s*(\d+))?\D*$/i;

/**
 * Any way in which models write it, as 0 to 100: a share up to 1 is taken for that share, "85 %", "about 85% sure" and "17/20"
 * for 85. Beyond the ends it is the end, with a note. Words without a number are no percentage: the note has them.
 */
export function confidenceOf(value: unknown): Confidence {
	const read = typeof value === 'string' ? written(value) : typeof value === 'number' ? asPercent(value) : null;
	if (read === null || !Number.isFinite(read)) return { percent: null, note: inWords(value) };
	const percent = Math.min(100, Math.max(0, Math.round(read)));
	const isWithin = read >= 0 && read <= 100;
	const note = isWithin
		? null
		: `The model said a confidence of ${Math.round(read)}; shown is ${percent}, the nearest that there is.`;
	return { percent, note };
}

/** What was said instead of a number; null where nothing was. */
function inWords(value: unknown): string | null {
	const said = typeof value === 'string' ? value.trim() : JSON.stringify(value ?? '');
	if (said === '' || said === '""' || said === 'null') return null;
	return `The model gave its confidence as “${shortened(said, MOST_WRITTEN)}”, not as a number.`;
}

function written(text: string): number | null {
	const [, digits, unit, all] = (text.length > MOST_WRITTEN ? null : WRITTEN.exec(text)) ?? [];
	if (digits === undefined) return null;
	const number = Number(digits.replace(',', '.'));
	if (all !== undefined) return Number(all) > 0 ? (number / Number(all)) * 100 : null;
	return unit ? number : asPercent(number);
}

const asPercent = (number: number) => (number > 0 && number <= 1 ? number * 100 : number);
