import type { Citation } from '../../operations/operation.ts';
import { withoutTracking } from '../../operations/tracking.ts';
import { number, records, string, type Wire } from './wire.ts';

/** A link that may be shown: http, https, or root-relative (the demo's), without OpenAI's tracking mark. Null for any other. */
export function safeUrl(value: unknown): string | null {
	const url = (string(value) ?? '').trim();
	if (/^\/(?![/\\])/.test(url)) return url;
	if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return null;
	return withoutTracking(url);
}

/** One annotation as it comes, before the text around it is known; null when it is no safe link. */
export function citationOf(annotation: Wire): Citation | null {
	const url = annotation['type'] === 'url_citation' ? safeUrl(annotation['url']) : null;
	if (!url) return null;
	const start = Math.max(0, Math.trunc(number(annotation['start_index']) ?? 0));
	const end = Math.max(start, Math.trunc(number(annotation['end_index']) ?? start));
	return { url, title: string(annotation['title']) ?? '', start, end };
}

/** The citations of a text part whose text is whole: offsets inside the text, on the link where it can be found. */
export function citationsIn(text: string, annotations: unknown): Citation[] {
	return records(annotations).flatMap((annotation) => {
		const citation = citationOf(annotation);
		return citation ? [placed(text, citation)] : [];
	});
}

/** Whether offsets count UTF-16 units or code points is not documented: the reading that gives the link is right. */
function placed(text: string, citation: Citation): Citation {
	const clamped = clamp(text, citation.start, citation.end);
	if (isLink(text, clamped, citation.url)) return { ...citation, ...clamped };
	const points = Array.from(text);
	const start = points.slice(0, citation.start).join('').length;
	const counted = clamp(text, start, start + points.slice(citation.start, citation.end).join('').length);
	return { ...citation, ...(isLink(text, counted, citation.url) ? counted : clamped) };
}

function clamp(text: string, start: number, end: number): { start: number; end: number } {
	return { start: Math.min(start, text.length), end: Math.min(end, text.length) };
}

/** Whether the slice is the inline link to `url`, from its first bracket to its last. */
function isLink(text: string, { start, end }: { start: number; end: number }, url: string): boolean {
	const slice = withoutTracking(text.slice(start, end));
	return /^\(?\[/.test(slice) && slice.endsWith(')') && slice.includes(url);
}
