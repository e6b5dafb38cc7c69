import type { TableColumn } from '../../../operations/tables.ts';

/** What the values of a column have been so far, one bit each. */
const INTEGER = 1;
const REAL = 2;
/** A number with a comma for its point. */
const COMMA = 4;
const BOOLEAN = 8;
const DATE = 16;
const TIMESTAMP = 32;
const TEXT = 64;
const BLOB = 128;

/** Without a leading zero: that is a postcode or an id. Longer ones are ids too, and would not fit. */
const integer = /^[+-]?(?:0|[1-9]\d{0,17})$/;
const real = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const comma = /^[+-]?(?:0|[1-9]\d*),\d+$/;
const boolean = /^(?:true|false)$/i;
const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const timestamp =
	/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$/;

/** Finds a column's type from all of its values; values of different kinds make it text. */
export class ColumnKind {
	#seen = 0;
	readonly #decimalComma: boolean;

	/** `decimalComma`: 3,14 is a number. */
	constructor(decimalComma: boolean) {
		this.#decimalComma = decimalComma;
	}

	/** A value whose kind only its text tells. */
	see(text: string): void {
		// Nothing changes any more.
		if ((this.#seen & TEXT) === 0) this.#seen |= kindOf(text);
	}

	/** A value that its file says is a text: digits in it stay digits. */
	seeText(text: string): void {
		if ((this.#seen & TEXT) === 0) this.#seen |= kindOf(text) & (DATE | TIMESTAMP) || TEXT;
	}

	seeBytes(): void {
		this.#seen |= BLOB;
	}

	get type(): TableColumn['type'] {
		const seen = this.#seen;
		const only = (kinds: number) => (seen & ~kinds) === 0;
		if (seen === 0) return 'null';
		if (only(INTEGER)) return 'integer';
		if (only(INTEGER | REAL) || (this.#decimalComma && only(INTEGER | COMMA))) return 'real';
		if (only(BOOLEAN)) return 'boolean';
		if (only(DATE)) return 'date';
		if (only(DATE | TIMESTAMP)) return 'timestamp';
		return only(BLOB) ? 'blob' : 'text';
	}

	/** SQL that makes the value of its type from the text that was read. */
	cast(column: string): string {
		if (this.type === 'integer') return `CAST(${column} AS INTEGER)`;
		if (this.type === 'real') return `CAST(replace(${column}, ',', '.') AS REAL)`;
		// A text that is no boolean cannot be here; NULL stays NULL.
		return this.type === 'boolean' ? `lower(${column}) = 'true'` : column;
	}
}

function kindOf(text: string): number {
	const first = text.charCodeAt(0);
	// "+", ",", "-", "." and digits, or the first letter of a boolean: what begins otherwise is text.
	const isNumber = first >= 43 && first <= 57 && first !== 47;
	if (!isNumber) return (first | 32) === 116 || (first | 32) === 102 ? (boolean.test(text) ? BOOLEAN : TEXT) : TEXT;
	if (integer.test(text)) return INTEGER;
	if (real.test(text)) return /^[+-]?\d{19,}$/.test(text) ? TEXT : REAL;
	if (comma.test(text)) return COMMA;
	if (date.test(text)) return DATE;
	return timestamp.test(text) ? TIMESTAMP : TEXT;
}
