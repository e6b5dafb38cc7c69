import { documentOf, told } from '../passages.ts';
import { defineToolRun, type ToolContext } from '../tool.ts';
import { searchKnowledge } from './model.ts';

/** As many as a reranker reads at once without losing the best. */
const MOST_PASSAGES = 12;

/** Searches by words, and by meaning where the documents have vectors. */
export default defineToolRun(searchKnowledge, async ({ question, documents }, ctx) => {
	const { projectId } = ctx;
	const only = documents ? { documents: await idsOf(documents, ctx) } : {};
	const vector = await ctx.vector(question);
	const options = { projectId, ...only, limit: MOST_PASSAGES, ...(vector && { vector }) };
	const { found, candidates, coverage } = await ctx.knowledge.search(question, options);
	ctx.cite(found);
	return { found: found.map(told), candidates, coverage };
});

async function idsOf(names: readonly string[], { knowledge, projectId }: ToolContext): Promise<string[]> {
	const inReach = await knowledge.documents({ projectId });
	return names.map((name) => documentOf(name, inReach).id);
}
