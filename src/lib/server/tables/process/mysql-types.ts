import type { QueryResult, TableColumn } from '../../../operations/tables.ts';

/** What is known of a value before it is read. */
export interface MysqlType {
	readonly type: TableColumn['type'];
	/** A moment, in UTC, rather than what some clock showed. */
	readonly isMoment: boolean;
	/** Its one byte is no digit. */
	readonly isBit: boolean;
}

/** A column of a result, as the protocol tells of it. */
export interface SentColumn {
	readonly columnType: number;
	readonly columnLength: number;
	readonly characterSet: number;
}

/** Of bytes that are no text. */
const BINARY = 63;
const INTEGERS = [1, 2, 3, 8, 9, 13];
const REALS = [0, 4, 5, 246];
const [TINY, NULL, TIMESTAMP, DATETIME, DATE, BIT, VECTOR, GEOMETRY] = [1, 6, 7, 12, 10, 16, 242, 255];
/** Texts and bytes, told apart by their character set. */
const STRINGS = [249, 250, 251, 252, 253, 254];

/** The type of a column of a result (enum_field_types of the protocol, the same in MySQL and MariaDB). */
export function sentType({ columnType, columnLength, characterSet }: SentColumn): MysqlType {
	const isBit = columnType === BIT && columnLength === 1;
	const isBoolean = isBit || (columnType === TINY && columnLength === 1);
	const isBytes = STRINGS.includes(columnType) && characterSet === BINARY;
	if (isBoolean) return plain('boolean', { isBit });
	if (INTEGERS.includes(columnType)) return plain('integer');
	if (REALS.includes(columnType)) return plain('real');
	if (columnType === TIMESTAMP || columnType === DATETIME)
		return plain('timestamp', { isMoment: columnType === TIMESTAMP });
	if (columnType === DATE) return plain('date');
	if (columnType === NULL) return plain('null');
	return plain(isBytes || [BIT, VECTOR, GEOMETRY].includes(columnType) ? 'blob' : 'text');
}

const declarations: readonly (readonly [RegExp, MysqlType])[] = [
	[/^(?:tinyint|bit)\(1\)/, plain('boolean')],
	[/^(?:(?:tiny|small|medium|big)?int|year)/, plain('integer')],
	[/^(?:decimal|float|double)/, plain('real')],
	[/^date$/, plain('date')],
	[/^timestamp/, plain('timestamp', { isMoment: true })],
	[/^datetime/, plain('timestamp')],
	[
		/^(?:(?:tiny|medium|long)?blob|(?:var)?binary|bit|vector|(?:multi)?(?:point|polygon|linestring)|geom)/,
		plain('blob')
	]
];

/** The type of a column as it was declared. */
export function declaredType(declared: string): MysqlType {
	return declarations.find(([pattern]) => pattern.test(declared.toLowerCase()))?.[1] ?? plain('text');
}

/** A value as text; of bytes only how many. */
export function textFrom(bytes: Buffer | null, { type, isBit }: MysqlType): string | null {
	if (bytes === null) return null;
	if (isBit) return String(bytes[0] ?? 0);
	return type === 'blob' ? `(${bytes.length} bytes)` : bytes.toString('utf8');
}

/** A value from its text. What no number can hold stays text. */
export function valueFrom(text: string | null, { type, isMoment }: MysqlType): QueryResult['rows'][number][number] {
	if (text === null) return null;
	if (type === 'boolean') return text !== '0';
	if (type === 'timestamp') return isMoment ? `${text}Z` : text;
	if (type !== 'integer' && type !== 'real') return text.toWellFormed();
	const number = Number(text);
	const fits = type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number);
	return fits ? number : text;
}

function plain(type: TableColumn['type'], { isMoment = false, isBit = false } = {}): MysqlType {
	return { type, isMoment, isBit };
}
