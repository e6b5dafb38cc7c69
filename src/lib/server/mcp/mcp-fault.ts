import { HeadwayError } from '../../jobs/error.ts';
import { TooLarge } from './mcp-fetch.ts';
import type { McpServerSettings } from './mcp-settings.ts';

/** Why a server cannot be used, as a sentence a person can act on. What the server itself said stands in the log only. */
export function problemOf(error: unknown, { name, token }: McpServerSettings): string {
	const code = codeOf(error);
	const variable = `HEADWAY_MCP_${name.toUpperCase().replaceAll('-', '_')}_TOKEN`;
	if (code === 401 || code === 403)
		return token
			? `It refused the token (${code}). Check ${variable}.`
			: `It wants a token (${code}). Set ${variable}.`;
	if (code === 404) return 'There is no MCP server at this address (404). Check HEADWAY_MCP_SERVERS.';
	if (typeof code === 'number' && code >= 400 && code < 600) return `It answered with an error (${code}).`;
	if (isTimeout(error)) return 'It did not answer in time.';
	if (hasCause(error, TooLarge)) return 'It sent more than may be read at once.';
	if (isRefused(error)) return 'It cannot be reached. Check that it runs, and the address in HEADWAY_MCP_SERVERS.';
	if (isCut(error)) return 'The connection to it was lost.';
	return 'It does not speak MCP as it should. The log says more.';
}

/** Whether a request surely was not carried out: nobody was there, or the session that it was for was not known. */
export function wasNotTaken(error: unknown): boolean {
	return codeOf(error) === 404 || isRefused(error);
}

/** An error for the log, without the token. */
export function describeFault(error: unknown, { token }: McpServerSettings): string {
	const cause = error instanceof Error && error.cause ? ` (${String(error.cause)})` : '';
	const text = `${String(error)}${cause}`.slice(0, 2_000);
	return token ? text.replaceAll(token, '…') : text;
}

/** Why a call failed. */
export function callFault(error: unknown, settings: McpServerSettings): HeadwayError {
	const { name } = settings;
	if (error instanceof HeadwayError) return error;
	if (isTimeout(error)) return new HeadwayError('timeout', `The server “${name}” did not answer in time.`);
	if (hasCause(error, TooLarge))
		return new HeadwayError('unavailable', `The answer of “${name}” is too large to be read.`);
	// -32602, -32601 of JSON-RPC: the arguments, or the tool.
	if (codeOf(error) === -32602 || codeOf(error) === -32601)
		return new HeadwayError('invalid_input', `The server “${name}” does not take this call.`);
	if (isCut(error) && !isRefused(error))
		return new HeadwayError(
			'unavailable',
			`The connection to “${name}” was lost. Whether the call took effect is not known.`
		);
	return new HeadwayError('unavailable', `The server “${name}” cannot be used. ${problemOf(error, settings)}`);
}

/** An HTTP status, or a code of JSON-RPC. */
function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** -32001 of the SDK: a request timed out. */
function isTimeout(error: unknown): boolean {
	return codeOf(error) === -32001 || (error instanceof Error && error.name === 'TimeoutError');
}

/** `fetch` says so with a TypeError; -32000 of the SDK: the connection was closed. */
function isCut(error: unknown): boolean {
	return error instanceof TypeError || codeOf(error) === -32000;
}

function isRefused(error: unknown): boolean {
	const { cause } = error instanceof Error ? error : {};
	const code = codeOf(cause) ?? codeOf(error);
	return typeof code === 'string' && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(code);
}

function hasCause(error: unknown, kind: new () => Error): boolean {
	return error instanceof kind || (error instanceof Error && error.cause instanceof kind);
}
