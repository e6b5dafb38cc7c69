import { HeadwayError } from '../../jobs/error.ts';
import type { RemoteServer, RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import { McpConnection, type McpPatience } from './mcp-connection.ts';
import { callFault, describeFault, problemOf, wasNotTaken } from './mcp-fault.ts';
import type { McpServerSettings } from './mcp-settings.ts';
import type { KnownTool } from './mcp-tools.ts';

/** How long a list of tools is taken for true without asking again. */
const FRESH_MS = 30_000;
/** The wait before a server that failed is tried again: 1 s, 2 s, 4 s, … up to a minute. */
const WAIT_MS = { first: 1_000, longest: 60_000 };

/** One MCP server: connected when it is first needed, and again after it was lost. */
export class McpServer {
	readonly #settings: McpServerSettings;
	readonly #patience: McpPatience;
	readonly #log: RunLog;
	readonly #clock: Clock;
	#connection: McpConnection | null = null;
	#looking: Promise<void> | null = null;
	#tools: readonly KnownTool[] = [];
	#problem: string | null = null;
	#checkedAt: number | null = null;
	#failures = 0;
	#notBefore = 0;
	#stale = true;
	#closed = false;

	constructor(settings: McpServerSettings, patience: McpPatience, log: RunLog, clock: Clock) {
		this.#settings = settings;
		this.#patience = patience;
		this.#log = log;
		this.#clock = clock;
	}

	get name(): string {
		return this.#settings.name;
	}

	/** As it was last seen. */
	describe(): RemoteServer {
		const { origin, pathname } = new URL(this.#settings.url);
		const state = this.#connection ? 'connected' : this.#problem === null ? 'connecting' : 'failed';
		const tools = this.#connection ? this.#tools.map(({ name: _, ...tool }) => tool) : [];
		const problem = state === 'failed' ? this.#problem : null;
		return { name: this.name, url: origin + pathname, state, problem, tools, checkedAt: this.#checkedAt };
	}

	/** Connects and asks for the tools, unless both are fresh or it is too early to try again. Never rejects. */
	refresh(): Promise<void> {
		if (this.#looking) return this.#looking;
		const now = this.#clock.now();
		const fresh = this.#connection !== null && !this.#stale && now - (this.#checkedAt ?? 0) < FRESH_MS;
		if (fresh || this.#closed || now < this.#notBefore) return Promise.resolve();
		this.#looking = this.#look().finally(() => (this.#looking = null));
		return this.#looking;
	}

	/** What the tool answered. Fails with `unavailable`, `invalid_input` or `timeout`, or the signal's reason. */
	async call(id: string, args: unknown, signal: AbortSignal): Promise<string> {
		try {
			return await this.#callOnce(id, args, signal);
		} catch (error) {
			signal.throwIfAborted();
			if (!wasNotTaken(error)) throw callFault(error, this.#settings);
		}
		// The server was restarted and knows the session no more: nothing was done, so that a new one may do it.
		this.#notBefore = 0;
		return this.#callOnce(id, args, signal).catch((error: unknown) => {
			signal.throwIfAborted();
			throw callFault(error, this.#settings);
		});
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#connection?.close();
	}

	async #callOnce(id: string, args: unknown, signal: AbortSignal): Promise<string> {
		if (!this.#connection) await this.refresh();
		const connection = this.#connection;
		if (!connection)
			throw new HeadwayError('unavailable', `The server “${this.name}” cannot be used. ${this.#problem ?? ''}`);
		const tool = this.#tools.find((one) => one.id === id);
		if (!tool) throw new HeadwayError('invalid_input', `The server “${this.name}” offers no tool “${id}” any more.`);
		try {
			return await connection.call(tool.name, args, signal);
		} catch (error) {
			if (!signal.aborted && callFault(error, this.#settings).code === 'unavailable') this.#lost(connection, error);
			throw error;
		}
	}

	async #look(): Promise<void> {
		const known = this.#connection;
		try {
			const connection = known ?? (await McpConnection.open(this.#settings, this.#patience, this.#news()));
			this.#stale = false;
			this.#tools = await connection.list();
			this.#connection = connection;
			this.#checkedAt = this.#clock.now();
			this.#failures = 0;
			this.#problem = null;
			if (this.#closed) await connection.close();
		} catch (error) {
			this.#lost(known, error);
			// A session that the server has forgotten is no fault of the server's.
			if (known && wasNotTaken(error)) {
				this.#notBefore = 0;
				await this.#look();
			}
		}
	}

	#news() {
		return {
			changed: () => {
				this.#stale = true;
				void this.refresh();
			},
			trouble: (error: unknown) => {
				this.#stale = true;
				this.#log.debug({ server: this.name, error: describeFault(error, this.#settings) }, 'MCP connection troubled');
			}
		};
	}

	#lost(connection: McpConnection | null, error: unknown): void {
		void connection?.close();
		if (connection === this.#connection) this.#connection = null;
		this.#problem = problemOf(error, this.#settings);
		this.#checkedAt = this.#clock.now();
		this.#notBefore = this.#checkedAt + Math.min(WAIT_MS.first * 2 ** this.#failures++, WAIT_MS.longest);
		if (!this.#closed)
			this.#log.warn({ server: this.name, error: describeFault(error, this.#settings) }, 'MCP server lost');
	}
}
