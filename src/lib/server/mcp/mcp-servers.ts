import { HeadwayError } from '../../jobs/error.ts';
import type { RemoteServer, RemoteTools, RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { McpServerSettings } from './mcp-settings.ts';

/** The MCP servers that the operator configured. */
export class McpServers implements RemoteTools {
	readonly #settings: readonly McpServerSettings[];
	readonly #log: RunLog;
	readonly #clock: Clock;

	constructor(settings: readonly McpServerSettings[], log: RunLog, clock: Clock) {
		this.#settings = settings;
		this.#log = log;
		this.#clock = clock;
	}

	async servers(): Promise<readonly RemoteServer[]> {
		return [];
	}

	async call(): Promise<string> {
		throw new HeadwayError('internal', 'not built');
	}

	/** Ends the connections. */
	async close(): Promise<void> {}
}
