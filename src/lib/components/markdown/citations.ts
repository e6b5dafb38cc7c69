/** A stretch of text, or a source that it cites by number. */
export type CitedPiece = { text: string } | { number: number };

// `[2]` and `[2, 5]`; four digits are a year.
const citation = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;

/** Cuts a text at the sources that it cites. */
export function citedPieces(text: string): CitedPiece[] {
	const pieces: CitedPiece[] = [];
	let from = 0;
	for (const { 0: mark, 1: numbers = '', index } of text.matchAll(citation)) {
		if (index > from) pieces.push({ text: text.slice(from, index) });
		pieces.push(...numbers.split(',').map((number) => ({ number: Number(number) })));
		from = index + mark.length;
	}
	if (from < text.length) pieces.push({ text: text.slice(from) });
	return pieces;
}
