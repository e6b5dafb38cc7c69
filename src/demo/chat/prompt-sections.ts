/** The sections of a prompt by their names; `Message` is what the person wrote. */
export type Sections = Readonly<Partial<Record<SectionName, string>>> & { readonly Message: string };

const NAMES = [
	'Tools',
	'Documents',
	'Files',
	'Memories',
	'Conversation',
	'Problems',
	'Plan',
	'Passages',
	'Results',
	'Known',
	'Answer'
] as const;
type SectionName = (typeof NAMES)[number];

/** Reads the sections of a user message: everything after `# Message` is the person's; without that line all of it is. */
export function promptSections(text: string): Sections {
	const [head = '', ...said] = text.split(/^# Message[ \t]*\r?\n/m);
	if (said.length === 0) return { Message: text.trim() };
	// Only the first such line is the prompt's own: another one is in the person's words.
	return { ...namedSections(head), Message: said.join('# Message\n').trim() };
}

function namedSections(text: string): Partial<Record<SectionName, string>> {
	const found: Partial<Record<SectionName, string>> = {};
	const pieces = text.split(new RegExp(`^# (${NAMES.join('|')})[ \\t]*\\r?\\n`, 'm'));
	// The first of a name is the prompt's own: a second one stands in the material.
	for (let index = 1; index < pieces.length; index += 2) {
		const name = pieces[index] as SectionName;
		found[name] ??= (pieces[index + 1] ?? '').trim();
	}
	return found;
}

/** A section that is a list, without the dashes. */
export function listIn(section: string | undefined): string[] {
	return [...(section ?? '').matchAll(/^- (.+(?:\n(?!- ).+)*)/gm)].map(([, item = '']) => item.trim());
}

/** A passage as it stands in a prompt. */
export interface NumberedPassage {
	number: number;
	/** Its title, page and heading as one line. */
	source: string;
	text: string;
}

/** The numbered passages of a section; a number that was there before belongs to the text that it stands in. */
export function passagesIn(section: string | undefined): NumberedPassage[] {
	const passages: NumberedPassage[] = [];
	for (const line of (section ?? '').split(/\r?\n/)) {
		const [, number, source = ''] = /^\[(\d+)\] ?(.*)$/.exec(line) ?? [];
		const open = passages.at(-1);
		if (number !== undefined && !passages.some((passage) => passage.number === Number(number)))
			passages.push({ number: Number(number), source, text: '' });
		else if (open) open.text += `${line}\n`;
	}
	return passages.map((passage) => ({ ...passage, text: passage.text.trim() }));
}

/** What a tool gave, as it stands in a prompt. */
export interface ToolResult {
	tool: string;
	title: string;
	text: string;
}

/** The results of a section, each under its `## tool: title`. */
export function resultsIn(section: string | undefined): ToolResult[] {
	const pieces = (section ?? '').split(/^## ([\w.-]+): ?(.*)\r?\n?/m);
	const results: ToolResult[] = [];
	for (let index = 1; index < pieces.length; index += 3)
		results.push({ tool: pieces[index] ?? '', title: pieces[index + 1] ?? '', text: (pieces[index + 2] ?? '').trim() });
	return results;
}
