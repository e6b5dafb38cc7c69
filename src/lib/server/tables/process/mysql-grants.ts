/** What a reader of tables needs, and no more. */
const reading = new Set(['USAGE', 'SELECT', 'SHOW VIEW', 'SHOW DATABASES']);

/** What the lines of SHOW GRANTS allow beyond reading tables. A line that is not understood is one of them. */
export function grantsBeyondReading(lines: readonly string[]): string[] {
	return [...new Set(lines.flatMap(granted))].filter((privilege) => !reading.has(privilege));
}

function granted(line: string): string[] {
	// Names can hold any word.
	const bare = line.replace(/`(?:[^`]|``)*`|"(?:[^"]|"")*"|'(?:[^'\\]|\\.|'')*'/g, 'x');
	// A role is listed with what it grants, in lines of its own; what is revoked allows nothing.
	if (/^GRANT x(?:@x)?(?:, ?x(?:@x)?)* TO |^REVOKE |^SET DEFAULT ROLE /.test(bare)) return [];
	const [, privileges] = /^GRANT (.+?) ON /.exec(bare) ?? [];
	if (privileges === undefined) return ['what could not be read'];
	const more = /WITH (?:.* )?GRANT OPTION/.test(bare) ? ['GRANT OPTION'] : [];
	// Columns stand in parentheses.
	const names = privileges.replace(/ ?\([^)]*\)/g, '').split(',');
	return [...names.map((name) => name.trim().toUpperCase()), ...more];
}
