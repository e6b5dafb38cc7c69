/** The parts of a request for a document. Each begins with its label at the start of a line and ends at the next label. */
export interface LabelledRequest {
	brief: string;
	language: string;
	/** Title and headings, one a line. */
	outline: string[];
	/** The heading of the section that is asked for; empty when none is. */
	section: string;
	points: string[];
	notes: string;
	sources: string;
}

const LABELS = /^(Brief|Language|Outline|Section|Points|Notes|Sources):[ \t]*/m;

/** Reads the labels out of a prompt; a prompt without any is a brief as a whole. */
export function labelledRequest(prompt: string): LabelledRequest {
	const [before = '', ...pieces] = prompt.split(new RegExp(LABELS.source, 'gm'));
	const parts = new Map<string, string>();
	for (let index = 0; index + 1 < pieces.length; index += 2)
		parts.set(
			pieces[index] ?? '',
			[parts.get(pieces[index] ?? ''), pieces[index + 1]?.trim()].filter(Boolean).join('\n')
		);
	const part = (label: string) => parts.get(label) ?? '';
	return {
		brief: part('Brief') || before.trim(),
		language: part('Language'),
		outline: lines(part('Outline')),
		section: lines(part('Section'))[0] ?? '',
		points: lines(part('Points')),
		notes: part('Notes'),
		sources: part('Sources')
	};
}

/** The lines of a list, without their marks. */
function lines(text: string): string[] {
	return text
		.split('\n')
		.map((line) => line.replace(/^\s*(?:[-*•]|#{1,6}|\d+[.)])\s+/, '').trim())
		.filter(Boolean);
}
