import { documentOf, told } from '../passages.ts';
import { defineToolRun } from '../tool.ts';
import { readDocument } from './model.ts';

/** Reads passages in order. */
export default defineToolRun(readDocument, async ({ documentId, from, limit }, ctx) => {
	const { knowledge, projectId } = ctx;
	const { id } = documentOf(documentId, await knowledge.documents({ projectId }));
	const { document, passages } = await knowledge.read(id, from, limit);
	ctx.cite(passages);
	return { title: document.title, total: document.passages, passages: passages.map(told) };
});
