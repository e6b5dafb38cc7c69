import { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';
import type { KnownDocument, Passage } from '../operations/operation.ts';

/** A passage as a tool gives it. */
export const passage = z.object({
	documentId: z.string(),
	title: z.string(),
	/** Its place in the document, from 0. */
	ordinal: z.number().int(),
	page: z.number().int().nullable(),
	heading: z.string().nullable(),
	text: z.string()
});
export type ToolPassage = z.infer<typeof passage>;

/** What a tool tells of a passage. */
export function told({ documentId, title, ordinal, page, heading, text }: Passage): ToolPassage {
	return { documentId, title, ordinal, page, heading, text };
}

/** Passages as text: the place of each, and what it says. */
export function passagesText(passages: readonly ToolPassage[]): string {
	return passages.map((one) => `${placeOf(one)}\n${one.text}`).join('\n\n');
}

function placeOf({ title, page, heading }: ToolPassage): string {
	return [title, page === null ? '' : `page ${page}`, heading ?? ''].filter(Boolean).join(', ');
}

/**
 * The document of those in reach that is meant: by its id, its title or its file's name, for a plan has seen titles
 * only. Throws `not_found`.
 */
export function documentOf(name: string, inReach: readonly KnownDocument[]): KnownDocument {
	const plain = (text: string) => text.trim().toLowerCase();
	const wanted = plain(name);
	const found =
		inReach.find(({ id }) => id === name) ??
		inReach.find(({ title, name: file }) => plain(title) === wanted || plain(file) === wanted);
	if (found) return found;
	throw new HeadwayError('not_found', `There is no document “${name}” in reach.`);
}
