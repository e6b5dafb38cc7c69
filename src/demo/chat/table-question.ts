import type { OfferedColumn, OfferedTable } from './offered.ts';
import type { Wish } from './wish.ts';
import { folded, hasWord, sameWord, wordsIn } from './words.ts';

const WORDS = {
	count: /\b(?:how many|count|number of|wie ?viele|anzahl|z[äa]hle|combien|nombre de|cu[áa]nt[oa]s|n[úu]mero de)\b/i,
	distinct: /\b(?:different|distinct|unique|verschiedene\w*|différent\w*|distint[oa]s)\b/i,
	sum: /\b(?:sum|total|overall|altogether|summe|gesamt\w*|insgesamt|somme|suma)\b/i,
	average: /\b(?:average|mean|avg|durchschnitt\w*|mittelwert|im schnitt|moyenne|promedio|media)\b/i,
	most: /\b(?:max(?:imum)?|highest|largest|biggest|most|greatest|top|best|longest|oldest|h[öo]chste\w*|gr[öo](?:ß|ss)te\w*|meisten|plus (?:grand|haut|élevé)\w*|mayor|m[áa]s alt[oa]|máxim[oa])\b/i,
	least:
		/\b(?:min(?:imum)?|lowest|smallest|least|fewest|cheapest|shortest|niedrigste\w*|kleinste\w*|wenigsten|plus (?:petit|bas)\w*|menor|mínim[oa])\b/i,
	list: /\b(?:list|show|display|rows?|which|columns?|table|data|file|zeige?|liste|zeilen|tabelle|spalten|datei|montre|lignes|tableau|fichier|muestra|lista|filas|tabla|archivo)\b/i,
	grouping: /\b(?:per|by|for each|for every|each|every|grouped by|pro|je|nach|par|por|por cada)\s+(?:the )?/i
};

const COMPARISONS: readonly (readonly [RegExp, string])[] = [
	[/^(?:\s+(?:is|was|are|ist|est|es))?\s*(?:>=|at least|or more than|mindestens|au moins|al menos)\s*/i, '>='],
	[/^(?:\s+(?:is|was|are|ist|est|es))?\s*(?:<=|at most|höchstens|au plus|como máximo)\s*/i, '<='],
	[
		/^(?:\s+(?:is|was|are|ist|est|es))?\s*(?:>|over|above|greater than|more than|higher than|larger than|über|größer als|mehr als|plus de|mayor que|más de)\s*/i,
		'>'
	],
	[
		/^(?:\s+(?:is|was|are|ist|est|es))?\s*(?:<|under|below|less than|lower than|smaller than|fewer than|unter|kleiner als|weniger als|moins de|menor que|menos de)\s*/i,
		'<'
	],
	[/^\s*(?:=|equals|is|was|are|ist|gleich|est|es)\s*/i, '=']
];

/** The question to an attached table, as SQL over the columns that are there; nothing when the message asks nothing of it. */
export function tableQuestion(message: string, tables: readonly OfferedTable[]): Wish[] {
	const table = tableFor(message, tables);
	if (!table) return [];
	const asks = Object.values(WORDS).some((pattern) => pattern.test(message)) || columnsIn(message, table).length > 0;
	if (!asks) return [];
	const sql = sqlFor(message, table);
	return [
		{
			...{ tool: 'query_table', arguments: { fileId: table.fileId, sql }, why: `${table.file} holds the figures.` },
			...{ aim: `ask ${table.file}`, from: 0, to: message.length }
		}
	];
}

/** The table that most of the message's words name. */
function tableFor(message: string, tables: readonly OfferedTable[]): OfferedTable | undefined {
	const words = wordsIn(message);
	const score = ({ file, name, columns }: OfferedTable) =>
		2 * wordsIn(spaced(`${file} ${name}`)).filter((word) => hasWord(words, word)).length +
		columns.filter(({ name: column }) => nameIsIn(column, words)).length;
	return [...tables].sort((a, b) => score(b) - score(a))[0];
}

function sqlFor(message: string, table: OfferedTable): string {
	const { measure, group, filter } = readingOf(message, table);
	const from = `FROM ${quoted(table.name)}${filter}`;
	const value = measure && aggregate(message, measure);
	const most = WORDS.most.test(message);
	const ordered = most || WORDS.least.test(message);
	const direction = most ? 'DESC' : 'ASC';
	const limit = limitIn(message);
	if (group && measure && ordered && !WORDS.average.test(message)) {
		const sum = `SUM(${quoted(measure.name)})`;
		const name = quoted(`total ${measure.name}`);
		return `SELECT ${quoted(group.name)}, ${sum} AS ${name} ${from} GROUP BY 1 ORDER BY 2 ${direction} LIMIT ${limit ?? 1}`;
	}
	if (group && value) return `SELECT ${quoted(group.name)}, ${value} ${from} GROUP BY 1 ORDER BY 2 DESC LIMIT 100`;
	if (WORDS.count.test(message) && group)
		return WORDS.distinct.test(message) || !WORDS.grouping.test(message)
			? `SELECT COUNT(DISTINCT ${quoted(group.name)}) AS ${quoted(`different ${group.name}`)} ${from}`
			: `SELECT ${quoted(group.name)}, COUNT(*) AS "count" ${from} GROUP BY 1 ORDER BY 2 DESC LIMIT 100`;
	if (WORDS.count.test(message) && !value) return `SELECT COUNT(*) AS "count" ${from}`;
	if (value) return `SELECT ${value} ${from}`;
	if (ordered && measure) return `SELECT * ${from} ORDER BY ${quoted(measure.name)} ${direction} LIMIT ${limit ?? 1}`;
	const columns = columnsIn(message, table);
	const shown = columns.length > 0 && !filter ? columns.map(({ name }) => quoted(name)).join(', ') : '*';
	return `SELECT ${shown} ${from} LIMIT ${limit ?? 20}`;
}

/** Which columns the message names, and what each is named for. */
function readingOf(message: string, table: OfferedTable) {
	const { condition, column: filtered } = conditionIn(message, table);
	const named = columnsIn(message, table).filter((column) => column !== filtered);
	const [, after = ''] = message.split(WORDS.grouping);
	const grouped = columnsIn(after, table).find(
		(column) => WORDS.grouping.test(message) && named[0] !== undefined && after !== '' && startsWith(after, column)
	);
	const numeric = named.filter((column) => isNumeric(column) && !/(?:^|_)id$/i.test(column.name));
	const byMeasure = grouped && isNumeric(grouped) && numeric.length === 1 ? grouped : undefined;
	const measure = byMeasure ?? numeric.find((column) => column !== grouped) ?? null;
	const group = byMeasure
		? named.find((column) => column !== measure)
		: (grouped ?? named.find((column) => !isNumeric(column)));
	return { measure, group: group && group !== measure ? group : null, filter: condition };
}

function aggregate(message: string, { name }: OfferedColumn): string | null {
	const column = quoted(name);
	if (WORDS.average.test(message)) return `AVG(${column}) AS ${quoted(`average ${name}`)}`;
	if (WORDS.sum.test(message)) return `SUM(${column}) AS ${quoted(`total ${name}`)}`;
	if (/\b(?:what|wie|quel\w*|cu[áa]l)\b/i.test(message) && !/\b(?:which|who|top|welche\w*|wer)\b/i.test(message)) {
		if (WORDS.most.test(message)) return `MAX(${column}) AS ${quoted(`highest ${name}`)}`;
		if (WORDS.least.test(message)) return `MIN(${column}) AS ${quoted(`lowest ${name}`)}`;
	}
	return null;
}

/** A condition such as "where region is North" or "price over 100". */
function conditionIn(message: string, { columns }: OfferedTable): { condition: string; column: OfferedColumn | null } {
	for (const column of columns) {
		const at = folded(message).indexOf(folded(spaced(column.name)));
		const raw = at >= 0 ? at : folded(message).indexOf(folded(column.name));
		if (raw < 0) continue;
		const rest = message.slice(raw + column.name.length);
		for (const [pattern, sign] of COMPARISONS) {
			const operator = pattern.exec(rest);
			const value = operator && valueIn(rest.slice(operator[0].length), column);
			if (value) return { condition: ` WHERE ${quoted(column.name)} ${sign} ${value}`, column };
		}
	}
	return { condition: '', column: null };
}

function valueIn(text: string, column: OfferedColumn): string | null {
	const [, number] = /^(-?\d+(?:\.\d+)?)\b/.exec(text) ?? [];
	if (isNumeric(column)) return number ?? null;
	const [, ...quotes] = /^(?:"([^"]+)"|'([^']+)'|[“„]([^”“]+)[”“]|‘([^’]+)’|«\s*([^»]+?)\s*»)/.exec(text) ?? [];
	const inQuotes = quotes.find((quote) => quote !== undefined);
	const [, bare] = /^([\p{Lu}\d][\p{L}\p{N}_-]*)/u.exec(text) ?? [];
	const value = inQuotes ?? bare;
	return value === undefined ? null : `'${value.replaceAll("'", "''")}'`;
}

function columnsIn(text: string, { columns }: OfferedTable): OfferedColumn[] {
	const words = wordsIn(text);
	return columns.filter(({ name }) => nameIsIn(name, words));
}

function nameIsIn(name: string, words: readonly string[]): boolean {
	const parts = wordsIn(spaced(name));
	return parts.length > 0 && parts.every((part) => hasWord(words, part));
}

function startsWith(text: string, { name }: OfferedColumn): boolean {
	const [first = ''] = wordsIn(text);
	return wordsIn(spaced(name)).some((part) => sameWord(part, first));
}

function spaced(name: string): string {
	return name.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replace(/[_.\-/]+/g, ' ');
}

function isNumeric({ type }: OfferedColumn): boolean {
	return type === 'integer' || type === 'real';
}

function limitIn(message: string): number | null {
	const [, number] =
		/\b(?:top|first|last|best|ersten|besten|premi[eè]r\w*|primer\w*)\s+(\d{1,3})\b|\b(\d{1,3})\s+(?:rows|highest|largest|best|most|lowest|smallest|zeilen|lignes|filas)\b/i
			.exec(message)
			?.filter((part) => part !== undefined) ?? [];
	return number === undefined ? null : Math.max(1, Number(number));
}

function quoted(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
