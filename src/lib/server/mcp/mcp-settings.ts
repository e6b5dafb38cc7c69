import { httpUrl, key } from '../config-values.ts';
import { ConfigError } from '../config-error.ts';

/** An MCP server as the operator configured it. */
export interface McpServerSettings {
	readonly name: string;
	readonly url: string;
	/** Sent as a bearer token: `HEADWAY_MCP_<NAME>_TOKEN`. */
	readonly token?: string;
}

/** Reads `files=https://…/mcp,calendar=https://…`. Throws a `ConfigError` that says which part is wrong. */
export function readMcpServers(list: string, environment: Record<string, string | undefined>): McpServerSettings[] {
	const servers = list.split(',').flatMap((part) => (part.trim() ? [serverOf(part.trim(), environment)] : []));
	const twice = servers.find(({ name }, index) => servers.findIndex((other) => other.name === name) !== index);
	if (twice) throw new ConfigError(`HEADWAY_MCP_SERVERS names "${twice.name}" twice.`);
	return servers;
}

function serverOf(part: string, environment: Record<string, string | undefined>): McpServerSettings {
	const [, name = '', url = ''] = /^([a-z][a-z0-9_-]{0,30})=(\S+)$/.exec(part) ?? [];
	// What is no address may hold a password all the same.
	const wrong = name
		? `the address of "${name}" does not`
		: 'before each "=" stands a name of small letters, digits, - and _';
	if (!name || !httpUrl.safeParse(url).success)
		throw new ConfigError(`HEADWAY_MCP_SERVERS must look like files=https://host/mcp; ${wrong}.`);
	const token = tokenOf(tokenNameOf(name), environment);
	return { name, url, ...(token && { token }) };
}

/** The variable that has the token of a server. */
export function tokenNameOf(server: string): string {
	return `HEADWAY_MCP_${server.toUpperCase().replaceAll('-', '_')}_TOKEN`;
}

function tokenOf(variable: string, environment: Record<string, string | undefined>): string | undefined {
	const { data, error } = key.optional().safeParse(environment[variable]);
	if (error) throw new ConfigError(`${variable} ${error.issues[0]?.message}.`);
	return data;
}
