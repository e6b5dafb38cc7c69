/** The sections of a prompt by their names; a section begins with a line `# Name`. */
export function sectionsIn(prompt: string): Record<string, string | undefined> {
	return Object.fromEntries(
		prompt.split(/^# /m).map((section) => {
			const [name = '', ...lines] = section.split('\n');
			return [name.trim(), lines.join('\n').trim()];
		})
	);
}
