/** A tool that an MCP server offers. */
export interface RemoteTool {
	/** `server.tool`, letters, digits, `_`, `-` and `.` only. */
	readonly id: string;
	readonly server: string;
	readonly title: string;
	readonly description: string;
	/** JSON Schema of its arguments, as the server states it. */
	readonly schema: Record<string, unknown>;
	/** The server says that it only reads; any other tool asks the person first. */
	readonly readOnly: boolean;
}

/** How an MCP server stands. */
export interface RemoteServer {
	readonly name: string;
	/** Without credentials. */
	readonly url: string;
	readonly state: 'connected' | 'connecting' | 'failed';
	/** Why it failed, as a sentence a person can act on. */
	readonly problem: string | null;
	readonly tools: readonly RemoteTool[];
	readonly checkedAt: number | null;
}

/** The tools of the MCP servers that the operator configured. */
export interface RemoteTools {
	/** Does not wait longer than 5 s for a server that does not answer. */
	servers(): Promise<readonly RemoteServer[]>;
	/** What the tool answered, as text. Fails with `unavailable`, `invalid_input` or `timeout`. */
	call(id: string, args: unknown, signal: AbortSignal): Promise<string>;
}
