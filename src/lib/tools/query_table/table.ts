/** Rows as a Markdown table; what would break it is escaped, and long values are cut. */
export function asTable(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
	const line = (cells: readonly unknown[]) => `| ${cells.map(asCell).join(' | ')} |`;
	return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

function asCell(value: unknown): string {
	const text = value === null ? '' : String(value).replace(/\s+/g, ' ').replaceAll('|', '\\|');
	return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
