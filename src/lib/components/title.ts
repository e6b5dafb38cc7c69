import type { JobSnapshot } from '../jobs/snapshot.ts';

// Longer ones would push the job itself off the screen.
const LONGEST = 300;

/** The title for the head of a page: where it was shortened for lists, the text of the input that it begins. */
export function fullTitle({ title, input }: Pick<JobSnapshot, 'title' | 'input'>): string {
	if (!title.endsWith('…') || typeof input !== 'object' || input === null) return title;
	const texts = Object.values(input).filter((value) => typeof value === 'string');
	const whole = texts.find((text) => text.startsWith(title.slice(0, -1)));
	if (whole === undefined || whole.length <= LONGEST) return whole ?? title;
	return `${whole.slice(0, LONGEST)}…`;
}
