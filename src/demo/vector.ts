/** The length of a vector of `demo-embedding-1`. */
export const DIMENSIONS = 256;

// Pieces of words of these lengths tell forms of a word and misspellings to be alike.
const LENGTHS = [3, 4, 5];

/** A text as a vector of length 1: pieces of its words, each hashed to a place and a sign. Equal texts give equal vectors. */
export function vectorOf(text: string): Float32Array {
	const vector = new Float32Array(DIMENSIONS);
	for (const piece of piecesOf(text)) {
		const hash = hashOf(piece);
		const place = hash % DIMENSIONS;
		vector[place] = (vector[place] ?? 0) + (hash & 0x4000_0000 ? 1 : -1);
	}
	return normalised(vector);
}

function* piecesOf(text: string): Generator<string> {
	const words =
		text
			.normalize('NFKC')
			.toLowerCase()
			.match(/[\p{L}\p{N}]+/gu) ?? [];
	for (const word of words) {
		const letters = [...`<${word}>`];
		for (const length of LENGTHS)
			for (let from = 0; from + length <= letters.length; from++) yield letters.slice(from, from + length).join('');
		// Scripts without spaces carry their meaning in one or two signs.
		if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word))
			for (let from = 1; from + 2 < letters.length; from++) yield letters.slice(from, from + 2).join('');
	}
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index++) {
		hash ^= text.charCodeAt(index);
		hash = Math.imul(hash, 0x0100_0193);
	}
	return hash >>> 0;
}

/** Length 1; a text without words points along the first axis, since a direction is owed for it too. */
function normalised(vector: Float32Array): Float32Array {
	const length = Math.hypot(...vector);
	if (length === 0) vector[0] = 1;
	else for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] ?? 0) / length;
	return vector;
}
