import { listIn } from './prompt-sections.ts';

/** A JSON schema as far as arguments are filled by it. */
export interface ArgumentSchema {
	type?: string | string[];
	description?: string;
	properties?: Record<string, ArgumentSchema>;
	required?: string[];
	enum?: unknown[];
	default?: unknown;
	items?: ArgumentSchema;
}

/** A tool as the prompt offers it. */
export interface OfferedTool {
	id: string;
	description: string;
	schema: ArgumentSchema;
	/** How often a plan may call it. */
	most: number;
}

/** The tools of a section; one whose schema cannot be read is left out. */
export function toolsOffered(section: string | undefined): OfferedTool[] {
	return listIn(section).flatMap((item) => {
		const [, id, description = '', schema = ''] =
			/^`([^`]+)`: ?([^]*?)\s*Arguments: ?(\{[^]*\})\s*\.?$/.exec(item) ?? [];
		const read = schemaOf(schema);
		const [, most] = /At most (\d+) calls?\./.exec(description) ?? [];
		return id && read ? [{ id, description, schema: read, most: Number(most ?? Infinity) }] : [];
	});
}

function schemaOf(text: string): ArgumentSchema | null {
	try {
		return JSON.parse(text) as ArgumentSchema;
	} catch {
		return null;
	}
}

/** A column as the prompt names it. */
export interface OfferedColumn {
	name: string;
	type: string;
}

/** A table that came with the message. */
export interface OfferedTable {
	fileId: string;
	file: string;
	name: string;
	columns: OfferedColumn[];
}

/** The tables of the files section: ``- `fileId`: name — table(column type, …); …``. */
export function tablesOffered(section: string | undefined): OfferedTable[] {
	return listIn(section).flatMap((item) => {
		const [, fileId = '', file = '', tables = ''] = /^`([^`]+)`: ?([^]*?) — ([^]*)$/.exec(item) ?? [];
		return [...tables.matchAll(/(?:^|;\s*)("(?:[^"]|"")+"|[^;(]+?)\s*\(([^]*?)\)(?=\s*(?:;|$))/g)].map(
			([, name = '', columns = '']) => ({ fileId, file, name: unquoted(name), columns: columnsOf(columns) })
		);
	});
}

function columnsOf(list: string): OfferedColumn[] {
	return list.split(/,\s+(?=[^,]*\s(?:integer|real|text|boolean|date|timestamp|blob|null)\b)/).flatMap((column) => {
		const [, name, type] = /^(.+)\s+(\w+)$/.exec(column.trim()) ?? [];
		return name && type ? [{ name: unquoted(name), type }] : [];
	});
}

function unquoted(name: string): string {
	const text = name.trim();
	return /^"[^]*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text.replace(/^`|`$/g, '');
}

/** A document in reach, with its id where the prompt says it. */
export interface OfferedDocument {
	id: string | null;
	title: string;
}

export function documentsOffered(section: string | undefined): OfferedDocument[] {
	return listIn(section).map((item) => {
		const [, id = null, title = item] = /^`([^`]+)`: ?(.*)$/.exec(item) ?? [];
		return { id, title };
	});
}
