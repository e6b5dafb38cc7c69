/** The JSON value of a model's answer: plain, in a fence, or between words; undefined when there is none. */
export function jsonIn(text: string): unknown {
	const inBraces = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
	for (const candidate of [text.trim(), inBraces]) {
		try {
			return JSON.parse(candidate);
		} catch {
			continue;
		}
	}
	return undefined;
}
