/** A JSON schema as far as it is checked here. */
interface Schema {
	type?: string | string[];
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	items?: Schema;
	minItems?: number;
	maxItems?: number;
	enum?: unknown[];
}

/** Why a value does not fit a schema, as a path with a reason; null when it does. Keywords that are not known here are passed over. */
export function misfit(value: unknown, schema: unknown, path = '$'): string | null {
	if (typeof schema !== 'object' || schema === null) return null;
	const { type, enum: allowed } = schema as Schema;
	if (allowed && !allowed.includes(value)) return `${path} is none of the allowed values`;
	if (type && !typesOf(value).some((each) => [type].flat().includes(each)))
		return `${path} is no ${[type].flat().join(' or ')}`;
	if (Array.isArray(value)) return listMisfit(value, schema as Schema, path);
	return typeof value === 'object' && value !== null ? objectMisfit(value, schema as Schema, path) : null;
}

function listMisfit(
	list: unknown[],
	{ items, minItems = 0, maxItems = Infinity }: Schema,
	path: string
): string | null {
	if (list.length < minItems || list.length > maxItems) return `${path} has ${list.length} entries`;
	for (const [index, each] of list.entries()) {
		const found = misfit(each, items, `${path}[${index}]`);
		if (found) return found;
	}
	return null;
}

function objectMisfit(value: object, { properties = {}, required = [], additionalProperties }: Schema, path: string) {
	const missing = required.find((key) => !Object.hasOwn(value, key));
	if (missing !== undefined) return `${path}.${missing} is required, and not known`;
	for (const [key, each] of Object.entries(value)) {
		const known = Object.hasOwn(properties, key);
		if (!known && additionalProperties === false) return `${path}.${key} is not allowed`;
		const found = known ? misfit(each, properties[key], `${path}.${key}`) : null;
		if (found) return found;
	}
	return null;
}

function typesOf(value: unknown): string[] {
	if (value === null) return ['null'];
	if (Array.isArray(value)) return ['array'];
	return Number.isInteger(value) ? ['integer', 'number'] : [typeof value];
}
