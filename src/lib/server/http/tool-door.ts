import type { RequestEvent } from '@sveltejs/kit';
import type { RemoteServer, RemoteTools } from '../../operations/operation.ts';
import type { ListedTool } from '../../tools/available.ts';
import { tools } from '../../tools/index.ts';
import { listed } from '../../tools/shipped.ts';

/** What a plan may call: the tools that come with the app, and the servers that offer more, each with its state. */
export async function toolList(remote: RemoteTools): Promise<{ tools: ListedTool[]; servers: RemoteServer[] }> {
	return { tools: tools.map(listed), servers: [...(await remote.servers())] };
}

/** `GET /api/tools`. A server that does not answer within 5 s is listed as connecting. */
export async function listTools({ locals }: RequestEvent): Promise<Response> {
	return Response.json(await toolList(locals.app.mcp));
}
