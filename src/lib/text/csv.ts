type Value = string | number | boolean | null;

/**
 * Lines of values as comma-separated values after RFC 4180; null is an empty field. Words that a spreadsheet would run as a
 * formula get an apostrophe before them, so that they stay words.
 */
export function csvText(lines: readonly (readonly Value[])[]): string {
	return lines.map((line) => `${line.map(fieldOf).join(',')}\r\n`).join('');
}

function fieldOf(value: Value): string {
	const text = typeof value === 'string' ? harmless(value) : String(value ?? '');
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** May stand in a table that somebody else made, or in a message, and would run as the file is opened. With its apostrophe it can be told from one that had it before. */
const FORMULA = /^'*[=+\-@\t\r\n]/;
/** Digits can be read in one way only: in two, a long row of them takes time by its square. */
const FIGURE = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A word that no spreadsheet runs as a formula: with an apostrophe before it where it would. */
export function harmless(text: string): string {
	return FORMULA.test(text) && !FIGURE.test(text) ? `'${text}` : text;
}
