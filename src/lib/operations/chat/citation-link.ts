import type { Cited } from './model.ts';

/** Where a citation leads: its passage, in its document. */
export function passageLink({ documentId, ordinal }: Pick<Cited, 'documentId' | 'ordinal'>): string {
	return `/knowledge/${encodeURIComponent(documentId)}#p-${ordinal}`;
}

/** Where a passage stands: "page 3 · Tides › Causes"; empty where nothing says. */
export function placeOf({ page, heading }: Pick<Cited, 'page' | 'heading'>): string {
	return [page === null ? '' : `page ${page}`, heading ?? ''].filter(Boolean).join(' · ');
}

/** An answer as Markdown for elsewhere: with what its marks stand for beneath it. */
export function withSources(text: string, citations: readonly Cited[]): string {
	if (citations.length === 0) return text;
	const lines = citations
		.toSorted((a, b) => a.number - b.number)
		.map((cited) => `[${cited.number}] ${[cited.title, placeOf(cited)].filter(Boolean).join(', ')}`);
	return `${text.trimEnd()}\n\nSources:\n\n${lines.join('  \n')}\n`;
}
