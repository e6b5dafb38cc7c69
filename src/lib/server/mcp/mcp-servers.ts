import { HeadwayError } from '../../jobs/error.ts';
import type { RemoteServer, RemoteTools, RunLog } from '../../operations/operation.ts';
import { pause, type Clock } from '../clock.ts';
import type { McpPatience } from './mcp-connection.ts';
import { McpServer } from './mcp-server.ts';
import type { McpServerSettings } from './mcp-settings.ts';

/** How long a list waits for a server that does not answer, and for one that did not before: a turn waits with it. */
const LIST_MS = { first: 5_000, again: 1_000 };
const PATIENCE: McpPatience = { answerMs: 10_000, callMs: 60_000 };

/** The MCP servers that the operator configured. */
export class McpServers implements RemoteTools {
	readonly #servers: readonly McpServer[];
	readonly #clock: Clock;

	constructor(settings: readonly McpServerSettings[], log: RunLog, clock: Clock, patience: McpPatience = PATIENCE) {
		this.#servers = settings.map((one) => new McpServer(one, patience, log, clock));
		this.#clock = clock;
	}

	/** Each as it stands now, in the operator's order; one that has not answered within 5 s as it was last seen. */
	async servers(): Promise<readonly RemoteServer[]> {
		if (this.#servers.length === 0) return [];
		await Promise.all(this.#servers.map((server) => this.#refreshed(server)));
		return this.#servers.map((server) => server.describe());
	}

	async #refreshed(server: McpServer): Promise<void> {
		const enough = new AbortController();
		const { state } = server.describe();
		const refreshed = server.refresh().finally(() => enough.abort());
		await Promise.race([refreshed, pause(this.#clock, LIST_MS[state === 'failed' ? 'again' : 'first'], enough.signal)]);
	}

	async call(id: string, args: unknown, signal: AbortSignal): Promise<string> {
		signal.throwIfAborted();
		const name = id.split('.', 1)[0];
		const server = this.#servers.find((one) => one.name === name);
		if (!server) throw new HeadwayError('unavailable', `There is no MCP server “${name}”.`);
		return server.call(id, args, signal);
	}

	/** Ends the connections. */
	async close(): Promise<void> {
		await Promise.all(this.#servers.map((server) => server.close()));
	}
}
