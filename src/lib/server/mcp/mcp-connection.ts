import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { HeadwayError } from '../../jobs/error.ts';
import { boundedFetch } from './mcp-fetch.ts';
import { textOfResult } from './mcp-result.ts';
import type { McpServerSettings } from './mcp-settings.ts';
import { toolsOf, type KnownTool } from './mcp-tools.ts';

/** How long a server may take to answer, in ms: what it is asked about itself, and a call of a tool. */
export interface McpPatience {
	readonly answerMs: number;
	readonly callMs: number;
}

/** What a connection tells of. */
export interface ConnectionNews {
	/** The server says that its tools are others now. */
	changed(): void;
	/** Something went wrong beside a request. */
	trouble(error: unknown): void;
}

/** How many pages of a list are read. */
const MOST_PAGES = 10;

/** One session with an MCP server over Streamable HTTP. */
export class McpConnection {
	readonly #client: Client;
	readonly #transport: StreamableHTTPClientTransport;
	readonly #settings: McpServerSettings;
	readonly #patience: McpPatience;
	/** What broke it; what waits is only told that it was closed. */
	readonly #broken: { error: unknown };

	private constructor(
		parts: { client: Client; transport: StreamableHTTPClientTransport; broken: { error: unknown } },
		settings: McpServerSettings,
		patience: McpPatience
	) {
		this.#client = parts.client;
		this.#transport = parts.transport;
		this.#broken = parts.broken;
		this.#settings = settings;
		this.#patience = patience;
	}

	/** Rejects with the SDK's error when the server cannot be used. */
	static async open(settings: McpServerSettings, patience: McpPatience, news: ConnectionNews): Promise<McpConnection> {
		// Loaded by the first connection: most installations have no such server.
		const { Client: McpClient, StreamableHTTPClientTransport: Transport } = await sdk();
		const client = new McpClient({ name: 'headway', version: '1' }, { capabilities: {} });
		const broken: { error: unknown } = { error: null };
		const fetch = boundedFetch((error) => {
			if (broken.error !== null) return;
			broken.error = error;
			// Who waits for an answer that was cut would wait until its time is over.
			void client.close().catch(() => undefined);
		});
		const { token, url } = settings;
		const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
		const transport = new Transport(new URL(url), { requestInit: { headers }, fetch });
		client.onerror = (error) => news.trouble(error);
		await onListChange(client, () => news.changed());
		try {
			await client.connect(transport as Parameters<Client['connect']>[0], { timeout: patience.answerMs });
		} catch (error) {
			throw broken.error ?? error;
		}
		return new McpConnection({ client, transport, broken }, settings, patience);
	}

	/** What the server offers now. */
	async list(): Promise<KnownTool[]> {
		const { ListToolsResultSchema } = await sdk();
		const tools: Parameters<typeof toolsOf>[1][number][] = [];
		let cursor: string | undefined;
		for (let page = 0; page < MOST_PAGES; page++) {
			const params = cursor === undefined ? {} : { cursor };
			const request = { method: 'tools/list' as const, params };
			const timeout = { timeout: this.#patience.answerMs };
			const answer = await this.#cause(this.#client.request(request, ListToolsResultSchema, timeout));
			tools.push(...answer.tools);
			cursor = answer.nextCursor;
			if (cursor === undefined) break;
		}
		return toolsOf(this.#settings.name, tools);
	}

	/** What a tool answered, as text. Fails with `invalid_input` when the tool says that it failed. */
	async call(name: string, args: unknown, signal: AbortSignal): Promise<string> {
		const { CallToolResultSchema } = await sdk();
		const request = { method: 'tools/call' as const, params: { name, arguments: args as Record<string, unknown> } };
		const options = { signal, timeout: this.#patience.callMs };
		const result = await this.#cause(this.#client.request(request, CallToolResultSchema, options));
		const text = textOfResult(result);
		if (result.isError === true)
			throw new HeadwayError('invalid_input', `The server “${this.#settings.name}” says: ${text.slice(0, 1_000)}`);
		return text;
	}

	/** Ends the session, at the server too where it answers within a second. */
	async close(): Promise<void> {
		const ended = this.#transport.terminateSession().catch(() => undefined);
		await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
		await this.#client.close().catch(() => undefined);
	}

	async #cause<T>(work: Promise<T>): Promise<T> {
		try {
			return await work;
		} catch (error) {
			throw this.#broken.error ?? error;
		}
	}
}

async function onListChange(client: Client, changed: () => void): Promise<void> {
	const { ToolListChangedNotificationSchema } = await sdk();
	client.setNotificationHandler(ToolListChangedNotificationSchema, changed);
}

async function sdk() {
	const [client, transport, types] = await Promise.all([
		import('@modelcontextprotocol/sdk/client/index.js'),
		import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
		import('@modelcontextprotocol/sdk/types.js')
	]);
	return { ...client, ...transport, ...types };
}
