/** What is read of a tool's answer, in characters. */
const MOST_TEXT = 200_000;

/** A part of an answer, as far as it is read. */
interface Part {
	readonly type: string;
	readonly text?: unknown;
	readonly mimeType?: unknown;
	readonly name?: unknown;
	readonly uri?: unknown;
	readonly resource?: { readonly text?: unknown; readonly uri?: unknown; readonly mimeType?: unknown };
}

/** An answer as text. Pictures, sounds and links are named; nothing of them is loaded. */
export function textOfResult({
	content,
	structuredContent
}: {
	content?: unknown;
	structuredContent?: unknown;
}): string {
	const parts = Array.isArray(content) ? (content as Part[]) : [];
	const text = parts.map(textOfPart).filter(Boolean).join('\n\n');
	return bounded(text === '' && structuredContent !== undefined ? JSON.stringify(structuredContent) : text);
}

function textOfPart({ type, text, mimeType, name, uri, resource }: Part): string {
	if (type === 'text') return String(text ?? '');
	if (type === 'image' || type === 'audio')
		return `(${type === 'image' ? 'a picture' : 'a sound'}, ${String(mimeType)}, not shown)`;
	if (type === 'resource_link') return `(a link: ${String(name ?? '')} ${String(uri ?? '')})`;
	if (typeof resource?.text === 'string') return resource.text;
	return `(${type}: ${String(resource?.uri ?? '')} ${String(resource?.mimeType ?? '')}, not shown)`;
}

function bounded(text: string): string {
	if (text.length <= MOST_TEXT) return text;
	return `${text.slice(0, MOST_TEXT)}\n… (cut here: ${(text.length - MOST_TEXT).toLocaleString('en')} more characters)`;
}
