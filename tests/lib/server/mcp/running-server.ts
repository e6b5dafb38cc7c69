import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

/** How a server is to behave. */
export interface Behaviour {
	/** Without it in the request the answer is 401. */
	token?: string;
	/** Called for each new session, to offer tools beside those that all have. */
	offer?(server: McpServer): void;
	/** Answers a request itself when it returns true. */
	instead?(req: IncomingMessage, res: ServerResponse): boolean;
}

interface Session {
	server: McpServer;
	transport: StreamableHTTPServerTransport;
}

/** A real MCP server of the official package, on a loopback port. Stopped when the test ends. */
export class RunningMcpServer {
	/** What was asked for: `POST`, `GET`, `DELETE`, and the token that came along. */
	readonly requests: { method: string; token: string | undefined }[] = [];
	/** The calls that reached a tool. */
	readonly calls: { tool: string; args: unknown }[] = [];
	behaviour: Behaviour;
	#http: Server | null = null;
	#port = 0;
	#sessions = new Map<string, Session>();

	private constructor(behaviour: Behaviour) {
		this.behaviour = behaviour;
	}

	static async start(behaviour: Behaviour = {}): Promise<RunningMcpServer> {
		const running = new RunningMcpServer(behaviour);
		await running.listen();
		onTestFinished(() => running.stop());
		return running;
	}

	get url(): string {
		return `http://127.0.0.1:${this.#port}/mcp`;
	}

	get sessions(): readonly Session[] {
		return [...this.#sessions.values()];
	}

	/** Listens, on the same port as before. */
	async listen(): Promise<void> {
		const http = createServer((req, res) => void this.#answer(req, res));
		await new Promise<void>((resolve) => http.listen(this.#port, '127.0.0.1', resolve));
		this.#port = (http.address() as AddressInfo).port;
		this.#http = http;
	}

	/** Dies: every connection is cut, every session forgotten. */
	async stop(): Promise<void> {
		this.#sessions.clear();
		const http = this.#http;
		this.#http = null;
		http?.closeAllConnections();
		await new Promise<void>((resolve) => (http ? http.close(() => resolve()) : resolve()));
	}

	async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
		const token = req.headers.authorization;
		this.requests.push({ method: req.method ?? '', token });
		if (this.behaviour.instead?.(req, res)) return;
		if (this.behaviour.token && token !== `Bearer ${this.behaviour.token}`)
			return void res.writeHead(401).end(`no access with ${token}`);
		const id = req.headers['mcp-session-id'];
		const known = typeof id === 'string' ? this.#sessions.get(id) : undefined;
		if (id !== undefined && !known) return void res.writeHead(404).end('unknown session');
		const { transport } = known ?? (await this.#open());
		await transport.handleRequest(req, res);
	}

	async #open(): Promise<Session> {
		const server = new McpServer({ name: 'test', version: '1' });
		this.#register(server);
		this.behaviour.offer?.(server);
		const transport = new StreamableHTTPServerTransport({
			sessionIdGenerator: () => randomUUID(),
			onsessioninitialized: (id) => void this.#sessions.set(id, session),
			onsessionclosed: (id) => void this.#sessions.delete(id)
		});
		const session = { server, transport };
		await server.connect(transport as Parameters<McpServer['connect']>[0]);
		return session;
	}

	#register(server: McpServer): void {
		const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
		server.registerTool(
			'echo',
			{
				title: 'Echo',
				description: 'Says it again.',
				inputSchema: { text: z.string().min(1) },
				annotations: { readOnlyHint: true }
			},
			async (args) => {
				this.calls.push({ tool: 'echo', args });
				return text(`You said: ${args.text}`);
			}
		);
		server.registerTool('write', { description: 'Writes a note.', inputSchema: { note: z.string() } }, async (args) => {
			this.calls.push({ tool: 'write', args });
			return text('written');
		});
	}
}
