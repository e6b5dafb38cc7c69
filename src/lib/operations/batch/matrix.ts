import { said, subjectOf, subjectsIn, varyingIn } from './fields.ts';

/** Parts as a table of what varies in them. */
export interface Matrix {
	/** The field that tells the rows apart, and those that tell the columns apart. */
	rowField: string;
	columnFields: string[];
	/** What each column stands for, e.g. `model-a, high`. */
	columns: string[];
	/** Which part stands in each column of a row, by its place in the batch; null where there is none. */
	rows: { value: string; cells: (number | null)[] }[];
}

/** Where something runs, not what it is about. */
const PLACES = ['model', 'provider'];

/**
 * The parts of several inputs as a table, where at least two fields vary in them; `text` is the field that says what a part is
 * about. Null where fewer vary, where two parts would stand in one cell, or where most cells would be empty.
 */
export function matrixOf(inputs: readonly Record<string, unknown>[], text: string | null): Matrix | null {
	const varying = varyingIn(inputs);
	const rowFields = rowFieldsOf(inputs, varying, text);
	const columnFields = varying.filter((name) => !rowFields.includes(name));
	const [rowField] = rowFields;
	if (rowField === undefined || columnFields.length === 0) return null;
	const rowOf = (input: Record<string, unknown>) => subjectOf(input, rowFields);
	const columnOf = (input: Record<string, unknown>) =>
		columnFields.map((name) => said(input[name]) || 'usual').join(', ');
	const rowValues = distinct(inputs.map(rowOf));
	const columns = distinct(inputs.map(columnOf));
	const places = new Map(inputs.map((input, place) => [JSON.stringify([rowOf(input), columnOf(input)]), place]));
	if (places.size < inputs.length || rowValues.length * columns.length > 2 * inputs.length) return null;
	const rows = rowValues.map((value) => ({
		value,
		cells: columns.map((column) => places.get(JSON.stringify([value, column])) ?? null)
	}));
	return { rowField, columnFields, columns, rows };
}

/** What the parts are about makes the rows; else the field with the most values, and never where they run if anything else varies. */
function rowFieldsOf(
	inputs: readonly Record<string, unknown>[],
	varying: readonly string[],
	text: string | null
): string[] {
	const subjects = subjectsIn(inputs, text).filter((name) => varying.includes(name));
	if (subjects.length > 0) return subjects;
	const count = (name: string) => distinct(inputs.map((input) => said(input[name]))).length;
	const rank = (name: string) => (PLACES.includes(name) ? 0 : count(name));
	return varying.toSorted((a, b) => rank(b) - rank(a)).slice(0, 1);
}

const distinct = (values: readonly string[]) => [...new Set(values)];
