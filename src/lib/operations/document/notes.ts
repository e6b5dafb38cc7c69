/** How much of notes and reports goes into one request, in characters: about 15,000 tokens, which any current model takes. */
export const NOTES_LIMIT = 60_000;

/** The part of `text` that has most to do with `about`: whole when it is short enough, otherwise the best paragraphs in their order. */
export function relevantPart(text: string, about: string, limit = NOTES_LIMIT): string {
	if (text.length <= limit) return text;
	const wanted = new Set(wordsOf(about));
	const paragraphs = text.split(/\n\s*\n/).flatMap((paragraph) => inPieces(paragraph, limit));
	const scored = paragraphs.map((paragraph, index) => ({ paragraph, index, score: scoreOf(paragraph, wanted) }));
	let left = limit;
	const kept = scored
		.toSorted((a, b) => b.score - a.score || a.index - b.index)
		.filter(({ paragraph }) => (left -= paragraph.length + 2) >= 0 || ((left += paragraph.length + 2), false));
	return kept
		.toSorted((a, b) => a.index - b.index)
		.map(({ paragraph }) => paragraph)
		.join('\n\n');
}

/** A paragraph that is longer than a tenth of the room, in pieces: otherwise one would leave no room for others, or fit nowhere. */
function inPieces(paragraph: string, limit: number): string[] {
	const most = Math.ceil(limit / 10);
	const pieces: string[] = [];
	for (let from = 0; from < paragraph.length; from += most) pieces.push(paragraph.slice(from, from + most));
	return pieces;
}

/** How many of the wanted words a paragraph has, against its length: long ones have more by chance. */
function scoreOf(paragraph: string, wanted: ReadonlySet<string>): number {
	const found = new Set(wordsOf(paragraph).filter((word) => wanted.has(word)));
	return found.size / Math.log2(16 + paragraph.length);
}

/** Words in any script, the short ones of alphabets left out. */
function wordsOf(text: string): string[] {
	const words = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text.toLowerCase());
	return Array.from(words)
		.filter(
			({ segment, isWordLike }) =>
				isWordLike && (segment.length > 3 || /\p{Script=Han}|\p{Script=Hangul}/u.test(segment))
		)
		.map(({ segment }) => segment);
}
