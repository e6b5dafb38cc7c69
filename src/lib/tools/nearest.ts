/** The name that is the most alike, where one is alike enough to be what was meant; null otherwise. */
export function nearest(name: string, names: readonly string[]): string | null {
	const [best] = names
		.map((known) => ({ known, distance: distanceOf(name.toLowerCase(), known.toLowerCase()) }))
		.toSorted((a, b) => a.distance - b.distance);
	return best && best.distance <= Math.max(2, Math.ceil(best.known.length / 2)) ? best.known : null;
}

/** Levenshtein's: how many letters must be put in, taken out or changed. */
function distanceOf(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (const [i, letter] of [...a].entries()) {
		const next = [i + 1];
		for (let j = 0; j < b.length; j++)
			next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === b[j] ? 0 : 1)));
		row = next;
	}
	return row.at(-1) ?? 0;
}
