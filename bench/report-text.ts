/** Sections turn by turn, with everything that a report has: headings, prose, lists, tables, code, quotations. */
const sections: ((n: number) => string)[] = [
	(n) => `## ${n}. How the level of the sea is measured\n\n`,
	(n) =>
		`Tide gauges have stood in harbours for **${100 + (n % 90)} years**, and each says how high the water is *beside its own pier*. ` +
		`What the land does meanwhile has to be taken off: in [station ${n}](https://example.org/stations/${n}) it rises by ` +
		`${(n % 7) + 1} mm a year, which is more than the sea does. Since 1992 satellites measure the whole of it from above.\n\n`,
	(n) =>
		`- The gauge of harbour ${n} was moved twice, in 19${10 + (n % 80)} and later.\n` +
		`- Its record has gaps of \`${(n % 11) + 1}\` months in all.\n- Nobody has noted the air pressure there.\n\n`,
	(n) =>
		`| Station | From | Trend in mm a year | Gaps |\n| --- | --- | ---: | ---: |\n` +
		[1, 2, 3, 4]
			.map((row) => `| Harbour ${n}.${row} | 19${10 + ((n + row) % 80)} | ${row}.${n % 10} | ${row * 3} % |\n`)
			.join('') +
		'\n',
	(n) =>
		`\`\`\`python\nseries = read("harbour-${n}.csv")\ntrend = series.detrend(land=${n % 9}).slope()\nprint(f"{trend:.2f} mm")\n\`\`\`\n\n`,
	(n) =>
		`> The mean of ${n + 40} stations is no mean of the sea: most of them stand in Europe, and none in the middle of an ocean.\n\n`,
	(n) =>
		`1. Take off the movement of the land, as of ${2000 + (n % 25)}.\n2. Take off the tide, which a year does not average out.\n` +
		`3. Weigh each station by the part of the coast that it speaks for.\n\n`
];

/** A Markdown report of exactly so many characters; the same for the same length, and the beginning of every longer one. */
export function reportOf(length: number): string {
	let text = '';
	for (let n = 1; text.length < length; n += 1) text += sections[(n - 1) % sections.length]?.(n) ?? '';
	return text.slice(0, length);
}
