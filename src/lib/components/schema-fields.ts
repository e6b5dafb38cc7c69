/** A field for one argument. `lines`: one text a line; `json`: for what has no control of its own. */
export interface SchemaField {
	name: string;
	/** What it is called where a person reads it: the schema's word, or else its name. */
	title: string;
	/** What it is for; empty where the schema does not say. */
	description: string;
	kind: 'text' | 'number' | 'boolean' | 'choice' | 'lines' | 'json';
	choices: readonly string[];
	required: boolean;
	/** What stands for a value that is not given, as a person reads it; null without one. */
	usual: string | null;
}

/** What is written in each field. */
export type FieldValues = Readonly<Record<string, string>>;

type Schema = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Schema =>
	typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** The fields of a JSON schema of an object, in its order; what it does not say is left open. */
export function schemaFields(schema: Schema): SchemaField[] {
	const properties = isRecord(schema['properties']) ? schema['properties'] : {};
	const required = Array.isArray(schema['required']) ? schema['required'] : [];
	return Object.entries(properties).map(([name, property]) => {
		const known = isRecord(property) ? property : {};
		const { default: usual, description, title } = known;
		return {
			...{ name, title: textOf(title) || name, description: textOf(description) },
			...{ kind: kindOf(known), choices: choicesOf(known) },
			required: required.includes(name) && usual === undefined,
			usual: usual === undefined ? null : written(usual)
		};
	});
}

/** A value as its field shows it. */
export function written(value: unknown): string {
	if (value === undefined || value === null) return '';
	if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.join('\n');
	return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The arguments that the fields hold, without those left empty; or what is wrong with each field, as sentences. */
export function argumentsOf(
	fields: readonly SchemaField[],
	values: FieldValues
): { arguments: Record<string, unknown>; wrong: Record<string, string> } {
	const made: Record<string, unknown> = {};
	const wrong: Record<string, string> = {};
	for (const field of fields) {
		const text = values[field.name] ?? '';
		if (text.trim() === '') {
			if (field.required) wrong[field.name] = 'This is needed.';
			continue;
		}
		const read = readers[field.kind](text);
		if (read === undefined) wrong[field.name] = problems[field.kind] ?? 'This cannot be read.';
		else made[field.name] = read;
	}
	return { arguments: made, wrong };
}

const readers: Record<SchemaField['kind'], (text: string) => unknown> = {
	text: (text) => text,
	choice: (text) => text,
	boolean: (text) => text === 'true',
	lines: (text) => text.split('\n').flatMap((line) => line.trim() || []),
	number: (text) => (Number.isFinite(Number(text)) ? Number(text) : undefined),
	json: parsed
};

const problems: Partial<Record<SchemaField['kind'], string>> = {
	number: 'Write a number.',
	json: 'Write JSON, such as {"name": "value"}.'
};

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function kindOf({ type, enum: values, items }: Schema): SchemaField['kind'] {
	if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return 'choice';
	if (type === 'string') return 'text';
	if (type === 'number' || type === 'integer') return 'number';
	if (type === 'boolean') return 'boolean';
	return type === 'array' && isRecord(items) && items['type'] === 'string' ? 'lines' : 'json';
}

function choicesOf({ enum: values }: Schema): string[] {
	return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}
