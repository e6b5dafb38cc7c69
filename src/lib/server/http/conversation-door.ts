import type { RequestEvent } from '@sveltejs/kit';
import { z } from 'zod';
import { removeConversation } from '../conversations/turn-commands.ts';
import { readInput } from '../read-input.ts';
import { attachmentNames } from './file-response.ts';

const listQuery = z.object({
	q: z.string().max(1_000).optional(),
	/** `none`: only those of no project. */
	project: z.string().max(64).optional(),
	before: z.string().max(100).optional(),
	limit: z.coerce.number().int().min(1).max(200).optional()
});
const viewQuery = z.object({ head: z.string().max(64).optional(), before: z.string().max(64).optional() });

/** `GET /api/conversations?q=&project=&before=&limit=`: `{ conversations, next }`, the one used last first; with `q` those that have its words. */
export async function listConversations({ url, locals }: RequestEvent): Promise<Response> {
	const query = readInput(listQuery, Object.fromEntries(url.searchParams), 'query') as z.output<typeof listQuery>;
	const { q, project, ...page } = query;
	const projectId = project === 'none' ? null : project;
	const { app, owner } = locals;
	if (q === undefined) return Response.json(await app.conversations.list(owner, { ...page, projectId }));
	const conversations = await app.conversations.search(owner, { query: q, projectId });
	return Response.json({ conversations, next: null });
}

/** `GET /api/conversations/:id?head=&before=`: one branch with its turns; with `.md` behind the id the branch as Markdown. */
export async function getConversation({ url, locals, params }: RequestEvent): Promise<Response> {
	const { app, owner } = locals;
	const query = readInput(viewQuery, Object.fromEntries(url.searchParams), 'query') as z.output<typeof viewQuery>;
	const [, id = '', isFile] = /^(.*?)(\.md)?$/.exec(params.id ?? '') ?? [];
	if (!isFile) return Response.json(await app.conversations.get(owner, { id, ...query }));
	const { name, markdown } = await app.conversations.markdown(owner, { id, head: query.head });
	const headers = {
		'content-type': 'text/markdown; charset=utf-8',
		'content-disposition': `attachment; ${attachmentNames(name)}`,
		'cache-control': 'private, no-cache'
	};
	return new Response(markdown, { headers });
}

/** `DELETE /api/conversations/:id`: 204; turns that run are stopped first. */
export async function deleteConversation({ locals, params }: RequestEvent): Promise<Response> {
	await removeConversation(locals.app, locals.owner, params.id ?? '');
	return new Response(null, { status: 204 });
}
