// Summaries of reasoning mostly begin with bold words that name the step.
const BOLD = /^\s*\*\*([^*\n]{1,120})\*\*\s*/;
const LONGEST = 100;

/** A step's summary, cut into what names it and what it says; `rest` is empty when the name is all. */
export function headlineOf(summary: string): { headline: string; rest: string } {
	const bold = BOLD.exec(summary);
	if (bold?.[1]) return { headline: bold[1], rest: summary.slice(bold[0].length).trim() };
	const text = summary.trim();
	if (text.length <= LONGEST && !text.includes('\n')) return { headline: text, rest: '' };
	const line = text.split('\n', 1)[0] ?? '';
	const end = line.length > LONGEST ? line.lastIndexOf(' ', LONGEST) : -1;
	return { headline: end > 0 ? `${line.slice(0, end)}…` : line.slice(0, LONGEST), rest: text };
}
