/** An address, or text with links, without the mark that OpenAI adds to what it cites; the rest of a query and a #fragment stay. */
export function withoutTracking(text: string): string {
	return text.replace(/\?utm_source=openai&/g, '?').replace(/[?&]utm_source=openai(?![\w.%+~-])/g, '');
}
