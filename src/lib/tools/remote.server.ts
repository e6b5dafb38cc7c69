import { z } from 'zod';
import type { RemoteTool, RemoteTools } from '../operations/operation.ts';
import type { AvailableTool, ListedTool } from './available.ts';
import { problemsOf } from './shipped.ts';

/** A server may take a minute; how often one run may use a tool of it is the same for all. */
const limits = { timeoutMs: 60_000, calls: 8 };

/** A tool of an MCP server as lists know it. Any that may change something asks first. */
export function listedRemote({ id, title, description, schema, server, readOnly }: RemoteTool): ListedTool {
	return { id, title, description, icon: 'plug', schema, asks: !readOnly, server, limits };
}

/** A tool of an MCP server, ready to be called. One that may change something is never run a second time unasked. */
export function remoteTool(tool: RemoteTool, remote: RemoteTools): AvailableTool {
	const schema = schemaOf(tool);
	return {
		...listedRemote(tool),
		repeatable: tool.readOnly,
		read(args) {
			const parsed = schema?.safeParse(args);
			if (parsed && !parsed.success) return { problems: problemsOf(parsed.error) };
			return {
				title: `${tool.title} (${tool.server})`,
				confirm: tool.readOnly ? null : questionOf(tool, args),
				files: [],
				async run({ signal }) {
					const text = await remote.call(tool.id, args, signal);
					return { summary: firstLine(text), text };
				}
			};
		}
	};
}

/** Null where a schema is beyond what can be checked here: then the server is the one that refuses. */
function schemaOf({ schema }: RemoteTool): z.ZodType | null {
	try {
		return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
	} catch {
		return null;
	}
}

/** All that leaves is shown: the person decides on what they see. */
function questionOf({ title, server }: RemoteTool, args: Record<string, unknown>): string {
	const told = JSON.stringify(args);
	const sent = told.length > 2_000 ? `${told.slice(0, 2_000)}… (${told.length.toLocaleString('en')} characters)` : told;
	return `Let the server “${server}” run “${title}”? It may change something there. This is sent to it: ${sent}`;
}

function firstLine(text: string): string {
	const line = text.trim().split('\n', 1)[0] ?? '';
	if (line === '') return 'It answered with nothing.';
	return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
