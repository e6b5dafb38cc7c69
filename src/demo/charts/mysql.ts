/** The same SQL as MySQL writes it: names between backticks, and texts in which a backslash is no mark. */
export function asMysql(sql: string): string {
	return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, (piece) =>
		piece.startsWith("'")
			? piece.replaceAll('\\', '\\\\')
			: `\`${piece.slice(1, -1).replaceAll('""', '"').replaceAll('`', '``')}\``
	);
}
