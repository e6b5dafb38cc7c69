import type { JobSnapshot } from '../jobs/snapshot.ts';

/** The title for the head of a page: where it was shortened for lists, the whole text of the input that it begins. */
export function fullTitle({ title, input }: Pick<JobSnapshot, 'title' | 'input'>): string {
	if (!title.endsWith('…') || typeof input !== 'object' || input === null) return title;
	const texts = Object.values(input).filter((value) => typeof value === 'string');
	const beginning = inOneLine(title.slice(0, -1));
	return texts.find((text) => inOneLine(text).startsWith(beginning)) ?? title;
}

// A title for lists is one line, whatever the input had.
const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
