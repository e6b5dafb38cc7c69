import { z } from 'zod';

/** A field that a plain form can ask for. `kind` `json` is for what has no control of its own. */
export interface QuestionField {
	/** Its name in the answer; empty where the answer is the value itself. */
	name: string;
	title: string;
	kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
	choices: string[];
	required: boolean;
	initial: unknown;
}

const property = z.looseObject({
	type: z.string().optional(),
	title: z.string().optional(),
	enum: z.array(z.string()).optional(),
	default: z.unknown().optional()
});
const whole = property.extend({
	properties: z.record(z.string(), z.unknown()).optional(),
	required: z.array(z.string()).optional()
});

/** The fields of a question's JSON schema: one for each property of an object, otherwise one for the value. */
export function fieldsOf(schema: unknown): QuestionField[] {
	const { properties, required = [], ...value } = whole.catch({}).parse(schema);
	if (!properties) return [fieldOf('', value, true)];
	return Object.entries(properties).map(([name, each]) => fieldOf(name, each, required.includes(name)));
}

function fieldOf(name: string, schema: unknown, required: boolean): QuestionField {
	const known = property.catch({}).parse(schema);
	const kind = kindOf(known);
	const initial =
		known.default ?? (kind === 'boolean' ? false : kind === 'choice' && required ? known.enum?.[0] : undefined);
	return { name, title: known.title ?? (name || 'Answer'), kind, choices: known.enum ?? [], required, initial };
}

function kindOf({ type, enum: choices }: z.output<typeof property>): QuestionField['kind'] {
	if (choices && choices.length > 0) return 'choice';
	if (type === 'boolean') return 'boolean';
	if (type === 'number' || type === 'integer') return 'number';
	return type === 'string' ? 'text' : 'json';
}

/** The answer that the values make, or why they make none. `values` are as their controls give them. */
export function answerOf(
	fields: readonly QuestionField[],
	values: Record<string, unknown>
): { ok: true; answer: unknown } | { ok: false; field: string; message: string } {
	const answer: Record<string, unknown> = {};
	for (const field of fields) {
		const value = values[field.name];
		const empty = value === undefined || value === null || value === '';
		if (empty && field.required) return { ok: false, field: field.name, message: 'Please answer this.' };
		if (empty) continue;
		try {
			answer[field.name] = field.kind === 'json' && typeof value === 'string' ? JSON.parse(value) : value;
		} catch {
			return { ok: false, field: field.name, message: 'This has to be JSON.' };
		}
	}
	return { ok: true, answer: fields[0]?.name === '' ? answer[''] : answer };
}
