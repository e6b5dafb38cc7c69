import type { AnyModel, RemoteServer, RunContext } from '../operations/operation.ts';
import type { AvailableTool, ListedTool } from './available.ts';
import { MOST_CALLS, type ToolCall } from './call.ts';
import { toolRuns } from './index.server.ts';
import { nearest } from './nearest.ts';
import { disorder } from './order.ts';
import { remoteTool } from './remote.server.ts';
import { shippedTool } from './shipped.ts';
import type { ToolRun } from './tool.ts';

export type { ListedTool } from './available.ts';

/** What tools need of the run that uses them. */
export type ToolboxContext = Pick<
	RunContext<AnyModel>,
	| ('jobId' | 'signal' | 'knowledge' | 'tables' | 'file' | 'job' | 'now' | 'log')
	| ('child' | 'ask' | 'provider' | 'remoteTools' | 'after')
>;

/** What the calls of a run may touch: a project's documents, and the files that came along. */
export interface ToolReach {
	readonly projectId: string | null;
	readonly files: readonly string[];
}

/** The tools of one run: those that come with the app, and those of the MCP servers that are there when it first looks. */
export class Toolbox {
	readonly ctx: ToolboxContext;
	readonly reach: ToolReach;
	readonly #shipped: readonly AvailableTool[];
	#remote: Promise<{ tools: readonly AvailableTool[]; away: readonly RemoteServer[] }> | null = null;

	constructor(ctx: ToolboxContext, reach: ToolReach, runs: readonly ToolRun[] = toolRuns()) {
		this.ctx = ctx;
		this.reach = reach;
		this.#shipped = runs.map(shippedTool);
	}

	/** All that can be called now. A server that does not answer is not waited for longer than 5 s. */
	async list(): Promise<readonly ListedTool[]> {
		const all = await this.#all();
		return all.map(({ read: _r, repeatable: _p, ...listed }) => listed);
	}

	/** A tool by its id; null when there is none. Servers are asked only for what bears a server's name. */
	async find(id: string): Promise<AvailableTool | null> {
		const shipped = this.#shipped.find((tool) => tool.id === id);
		if (shipped || !id.includes('.')) return shipped ?? null;
		return (await this.#servers()).tools.find((tool) => tool.id === id) ?? null;
	}

	/** Why calls cannot run as they are, one sentence for each reason; none when they can. */
	async check(calls: readonly ToolCall[]): Promise<string[]> {
		const many =
			calls.length > MOST_CALLS ? [`There are ${calls.length} calls; at most ${MOST_CALLS} may run in one turn.`] : [];
		const twice = calls.filter(({ id }, index) => calls.findIndex((other) => other.id === id) !== index);
		const each = await Promise.all(calls.map((call) => this.problemsOf(call)));
		return [
			...many,
			...twice.map(({ id }) => `Two calls have the id “${id}”; each needs one of its own.`),
			...new Set(disorder(calls).map(({ problem }) => problem)),
			...each.flat(),
			...(await this.#overused(calls))
		];
	}

	/** Why this one call cannot run, apart from the others. */
	async problemsOf({ id, tool: name, arguments: args }: ToolCall): Promise<string[]> {
		const tool = await this.find(name);
		if (!tool) return [await this.#unknown(name)];
		const ready = tool.read(args);
		if ('problems' in ready)
			return ready.problems.map((problem) => `${name} in “${id}” does not take this: ${problem}`);
		const missing = ready.files.filter((file) => !this.reach.files.includes(file));
		return missing.map((file) => `The file “${file}” in “${id}” did not come along. ${this.#files()}`);
	}

	#files(): string {
		const { files } = this.reach;
		return files.length > 0 ? `Those that did: ${files.join(', ')}.` : 'No file did.';
	}

	async #unknown(name: string): Promise<string> {
		const { away } = await this.#servers();
		const server = away.find((one) => name.startsWith(`${one.name}.`));
		if (server) return `The server “${server.name}” of “${name}” cannot be used now. ${server.problem ?? ''}`.trim();
		const known = (await this.#all()).map(({ id }) => id);
		const meant = nearest(name, known);
		return `There is no tool “${name}”${meant ? `; is “${meant}” meant?` : `. There are: ${known.join(', ')}.`}`;
	}

	async #overused(calls: readonly ToolCall[]): Promise<string[]> {
		const used = Map.groupBy(calls, ({ tool }) => tool);
		const found = await Promise.all([...used].map(async ([id, { length }]) => ({ tool: await this.find(id), length })));
		return found.flatMap(({ tool, length }) =>
			tool && length > tool.limits.calls
				? [`${tool.id} is called ${length} times; at most ${tool.limits.calls} times are allowed.`]
				: []
		);
	}

	async #all(): Promise<readonly AvailableTool[]> {
		return [...this.#shipped, ...(await this.#servers()).tools];
	}

	#servers() {
		return (this.#remote ??= this.#look());
	}

	async #look() {
		const { remoteTools } = this.ctx;
		const servers = await remoteTools.servers();
		const tools = servers.flatMap((server) => server.tools.map((tool) => remoteTool(tool, remoteTools)));
		return { tools, away: servers.filter(({ state }) => state !== 'connected') };
	}
}
