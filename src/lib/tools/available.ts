import type { ToolContext } from './tool.ts';

/** A tool as lists, plans and pages know it. */
export interface ListedTool {
	/** `calculator`, or `server.tool`. */
	readonly id: string;
	readonly title: string;
	readonly description: string;
	/** A lucide icon's name. */
	readonly icon: string;
	/** JSON Schema of its arguments. */
	readonly schema: Record<string, unknown>;
	/** It may ask the person before it runs. */
	readonly asks: boolean;
	/** The MCP server that offers it; null for one that comes with the app. */
	readonly server: string | null;
	readonly limits: { readonly timeoutMs: number; readonly calls: number };
}

/** What a call of a tool comes to, once its arguments were found to fit. */
export interface ReadyCall {
	readonly title: string;
	/** Asked of the person before it runs; null when it needs no word. */
	readonly confirm: string | null;
	/** The files that it reads. */
	readonly files: readonly string[];
	run(ctx: ToolContext): Promise<{ summary: string; text: string }>;
}

/** A tool that can be called, wherever it runs. */
export interface AvailableTool extends ListedTool {
	/** Running it twice does no harm. */
	readonly repeatable: boolean;
	/** The arguments made ready, or what is wrong with them: `path: message` each. */
	read(args: Record<string, unknown>): ReadyCall | { problems: readonly string[] };
}
