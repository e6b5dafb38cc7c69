/** A column as the prompt tells of it. */
export interface Column {
	readonly table: string;
	readonly name: string;
	readonly type: string;
	readonly samples: readonly (string | number)[];
	/** How many different values there are; null where that is not told. */
	readonly different: number | null;
	/** The least and the greatest, as they stand there. */
	readonly range: readonly [string, string] | null;
	readonly hasGaps: boolean;
	readonly isKey: boolean;
	/** The table that it refers to, and its column there. */
	readonly refersTo: readonly [table: string, column: string] | null;
}

/** A table as the prompt tells of it. */
export interface Table {
	readonly name: string;
	readonly rows: number | null;
	readonly columns: readonly Column[];
}

const SAMPLE = String.raw`(?![\d.,]* (?:different|empty))(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)`;
const SAMPLES = new RegExp(`, samples (${SAMPLE}(?:, ${SAMPLE})*)`);

/** The tables of the section `# Tables`. */
export function tablesIn(section: string): Table[] {
	return section.split(/^## /m).flatMap((text) => {
		const [head = '', ...lines] = text.split('\n');
		const [, , name, count] = /^(`+) ?(.+?) ?\1(?: \(([\d,]+) rows\))?$/.exec(head.trim()) ?? [];
		if (name === undefined) return [];
		const rows = count === undefined ? null : Number(count.replaceAll(',', ''));
		return [{ name, rows, columns: lines.flatMap((line) => columnIn(line, name)) }];
	});
}

function columnIn(line: string, table: string): Column[] {
	const [, , name, type = 'text', facts = ''] = /^- (`+) ?(.+?) ?\1 (\w+)(.*)$/.exec(line) ?? [];
	if (name === undefined) return [];
	const [, samples = ''] = SAMPLES.exec(facts) ?? [];
	const rest = facts.replace(SAMPLES, '');
	const [, least, greatest] = /, range (.+?) … ("(?:[^"\\]|\\.)*"|[^,]+)/.exec(rest) ?? [];
	const [, different] = /, ([\d,]+) different/.exec(rest) ?? [];
	const [, , reference] = /, refers to (`+) ?(.+?) ?\1/.exec(rest) ?? [];
	return [
		{
			...{ table, name, type, samples: samplesIn(samples) },
			different: different === undefined ? null : Number(different.replaceAll(',', '')),
			range: least === undefined || greatest === undefined ? null : [bare(least), bare(greatest)],
			...{ hasGaps: /, [\d,]+ empty/.test(rest), isKey: /, key(?:,|$)/.test(rest) },
			refersTo: reference === undefined ? null : placeIn(reference)
		}
	];
}

function samplesIn(text: string): (string | number)[] {
	return (text.match(new RegExp(SAMPLE, 'g')) ?? []).map((sample) => JSON.parse(sample) as string | number);
}

function bare(text: string): string {
	return text.replace(/^"|"$/g, '');
}

function placeIn(reference: string): [string, string] {
	const dot = reference.lastIndexOf('.');
	return [reference.slice(0, dot), reference.slice(dot + 1)];
}

export function isNumeric({ type }: Column): boolean {
	return type === 'integer' || type === 'real';
}

/** A number that can be added up, and is no name of something. */
export function isMeasure(column: Column): boolean {
	const isName = column.isKey || column.refersTo !== null || /(?:^|[_ ])id$/i.test(column.name);
	return isNumeric(column) && !isName && !isYear(column) && !isFlag(column);
}

/** Yes or no: as itself, or as 1 and 0. */
export function isFlag({ type, range, different }: Column): boolean {
	return type === 'boolean' || (type === 'integer' && different === 2 && range?.[0] === '0' && range[1] === '1');
}

/** A column of whole years. */
export function isYear(column: Column): boolean {
	return column.type === 'integer' && /(?:^|[_ ])year$/i.test(column.name);
}

/** A date or a moment, whatever the source calls its type: SQLite knows texts only. */
export function isTime(column: Column): boolean {
	if (column.type === 'date' || column.type === 'timestamp' || isYear(column)) return true;
	const { samples, type } = column;
	return (
		type === 'text' && samples.length > 0 && samples.every((sample) => /^\d{4}-\d\d(?:-\d\d|$)/.test(String(sample)))
	);
}

/** Whether its moments have an hour. */
export function hasHours({ type, samples }: Column): boolean {
	return type === 'timestamp' || samples.some((sample) => /^\d{4}-\d\d-\d\d[T ]\d\d:/.test(String(sample)));
}

/** Something that rows are told apart by: few values, or words. */
export function isCategory(column: Column): boolean {
	return !isTime(column) && !column.refersTo && (column.type === 'text' || isFlag(column));
}
