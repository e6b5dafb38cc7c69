import type { KnownDocument } from '$lib/operations/knowledge.ts';
import { counted } from '$lib/text/counted.ts';

/** What a document's `accept` names: the server looks at the content. */
export const ACCEPT =
	'.txt,.text,.md,.markdown,.html,.htm,.pdf,.docx,text/plain,text/markdown,text/html,application/pdf';

const kinds: Record<string, string> = {
	'application/pdf': 'PDF',
	'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'DOCX',
	'text/html': 'HTML',
	'text/markdown': 'Markdown',
	'text/plain': 'Text'
};

/** A document's facts in a line: "PDF · German · 12 pages · 84 passages". */
export function factsOf(document: KnownDocument): string {
	const { mediaType, language, pages, passages } = document;
	const kind = kinds[mediaType.split(';')[0] ?? ''] ?? mediaType;
	const facts = [kind, languageName(language), pages === null ? null : counted(pages, 'page')];
	return [...facts, counted(passages, 'passage')].filter((fact) => fact !== null).join(' · ');
}

/** A language's English name by its code; null where none was told. */
export function languageName(code: string | null): string | null {
	if (code === null) return null;
	try {
		return new Intl.DisplayNames('en', { type: 'language' }).of(code) ?? code;
	} catch {
		return code;
	}
}

/** Where a passage stands in its document: "page 3 · Tides › Causes". */
export function placeOf({ page, heading }: { page: number | null; heading: string | null }): string {
	return [page === null ? null : `page ${page}`, heading].filter((part) => part !== null).join(' · ');
}
