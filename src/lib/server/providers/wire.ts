/** A JSON object from outside: nothing about its fields is certain. */
export type Wire = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is anything else. */
export function record(value: unknown): Wire {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};
}

/** The objects of a list; none when it is not a list. */
export function records(value: unknown): Wire[] {
	return Array.isArray(value) ? value.map(record) : [];
}

/** The value when it is a string, else null. */
export function string(value: unknown): string | null {
	return typeof value === 'string' ? value : null;
}

/** The value when it is a finite number, else null. */
export function number(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Parses JSON that a provider put into a string; an empty object when it is broken. */
export function parsed(value: unknown): Wire {
	try {
		return record(JSON.parse(string(value) ?? '{}'));
	} catch {
		return {};
	}
}

/** The strings of a list; none when it is not a list. */
export function strings(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];
}
