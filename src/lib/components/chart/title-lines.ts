/** How wide a letter of a title may be, in CSS pixels: Latin, and of the writings that fill a square. */
const [LATIN, SQUARE] = [9.5, 16];
const square = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u;

/** A title in lines that fit into so many CSS pixels, broken between words where it has any. */
export function titleLines(title: string, width: number): string[] {
	const lines: string[] = [];
	const put = (piece: string, between: string) => {
		const longer = `${lines.at(-1) ?? ''}${between}${piece}`;
		if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
		else lines.push(piece);
	};
	for (const word of title.split(/\s+/)) {
		if (widthOf(word) <= width) put(word, ' ');
		// A word that is wider than a line is broken wherever the line ends.
		else for (const [place, letter] of [...word].entries()) put(letter, place === 0 ? ' ' : '');
	}
	return lines;
}

function widthOf(text: string): number {
	return [...text].reduce((sum, letter) => sum + (square.test(letter) ? SQUARE : LATIN), 0);
}
