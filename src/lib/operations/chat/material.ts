/** A text that others wrote, made harmless for a prompt: none of its lines looks like a section (`# Name`) or a passage's head (`[1]`). */
export function material(text: string): string {
	return text.replace(/\r\n?/g, '\n').replace(/^(?=#|\[\d)/gm, ' ');
}

/** The same as one line of at most `most` characters. */
export function oneLine(text: string, most: number): string {
	const line = text.replace(/\s+/g, ' ').trim();
	return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** A prompt of `# Name` sections in their order, those without text left out. The person's words come last, under `# Message`; without sections they stand alone. */
export function sectioned(sections: readonly (readonly [name: string, text: string])[], message: string): string {
	const filled = sections.filter(([, text]) => text !== '');
	if (filled.length === 0) return message;
	return [...filled.map(([name, text]) => `# ${name}\n${text}`), `# Message\n${message}`].join('\n\n');
}

/** `- text` lines. */
export function listed(texts: readonly string[], most = 300): string {
	return texts.map((text) => `- ${oneLine(text, most)}`).join('\n');
}
