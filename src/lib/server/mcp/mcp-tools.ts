import type { RemoteTool } from '../../operations/operation.ts';

/** What is taken of one server: more would not fit into a plan's prompt. */
const MOST_TOOLS = 64;
const MOST_DESCRIPTION = 1_000;
const MOST_SCHEMA = 16_000;

/** A tool as a server states it. */
export interface StatedTool {
	readonly name: string;
	readonly title?: string | undefined;
	readonly description?: string | undefined;
	readonly inputSchema: Record<string, unknown>;
	readonly annotations?:
		{ readonly title?: string | undefined; readonly readOnlyHint?: boolean | undefined } | undefined;
}

/** A tool, with the name that its server knows it by. */
export type KnownTool = RemoteTool & { readonly name: string };

/** What a server states, made fit for lists and prompts: one line each, so that no description can pass for a section of a prompt. */
export function toolsOf(server: string, stated: readonly StatedTool[]): KnownTool[] {
	const tools = stated.flatMap((tool) => {
		const fits = JSON.stringify(tool.inputSchema).length <= MOST_SCHEMA;
		return fits ? [toolOf(server, tool)] : [];
	});
	// Two names may become one id: the first one has it.
	return tools.filter(({ id }, index) => tools.findIndex((other) => other.id === id) === index).slice(0, MOST_TOOLS);
}

function toolOf(server: string, { name, title, description, inputSchema, annotations }: StatedTool): KnownTool {
	const id = `${server}.${name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 80)}`;
	return {
		...{ id, server, name, schema: inputSchema },
		title: oneLine(title ?? annotations?.title ?? name, 100),
		description: oneLine(description ?? '', MOST_DESCRIPTION),
		readOnly: annotations?.readOnlyHint === true
	};
}

/** Without line breaks, control characters and what turns the direction of text around. */
function oneLine(text: string, most: number): string {
	const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
	return line.length > most ? `${line.slice(0, most)}…` : line;
}
