import { classify, isSmallTalk, type Classified, type TurnFacts } from './classify.ts';
import type { Known } from './context.server.ts';
import type { Context, Progress } from './progress.server.ts';
import { gist } from './words.ts';

/** What a turn waits for other servers' lists of tools at most before it says that none of them fits, in ms. */
const REMOTE_MS = 100;

/** Tells whether the turn needs a plan, without asking a model; after a restart it stays with what was found. */
export async function analyze(message: string, known: Known, ctx: Context, progress: Progress): Promise<Classified> {
	progress.begin('analyzing', 'Looking at what the message needs.');
	progress.stage('classifying', 'Understanding the request');
	const before = progress.ended('analyzing');
	if (before) return { plan: before.plan === true, reasons: [] };
	const { facts, found } = await factsOf(gist(message), known, ctx);
	const first = classify(facts);
	const whole = first.plan || isSmallTalk(message) ? first : classify({ ...facts, remote: await remoteTools(ctx) });
	const { plan, reasons } = whole;
	const { coverage, documents } = facts;
	progress.end('analyzing', reasons.join(' '), { plan, reasons: [...reasons], coverage, documents, found });
	return whole;
}

async function factsOf(message: string, known: Known, ctx: Context): Promise<{ facts: TurnFacts; found: number }> {
	const { documents, history, files, reach } = known;
	const searched = documents.length > 0 && !isSmallTalk(message);
	const { coverage, found } = searched
		? await ctx.knowledge.search(message, { ...reach, limit: 5 })
		: { coverage: 0, found: [] };
	const vectors = searched && (await ctx.knowledge.embeddingModel(reach)) !== null;
	const lastAnswer = history.findLast(({ role }) => role === 'assistant')?.text ?? null;
	const languages = [...new Set(documents.flatMap(({ language }) => language ?? []))];
	const counts = { documents: documents.length, tables: files.tables.length, earlier: files.earlier.length };
	return { facts: { message, lastAnswer, ...counts, vectors, coverage, languages, remote: [] }, found: found.length };
}

async function remoteTools(ctx: Context): Promise<TurnFacts['remote']> {
	let calm = () => {};
	const late = new Promise<null>((resolve) => (calm = ctx.after(REMOTE_MS, () => resolve(null))));
	const servers = await Promise.race([ctx.remoteTools.servers().catch(() => null), late]);
	calm();
	const tools = (servers ?? []).flatMap(({ tools: offered }) => offered);
	return tools.map(({ id, title, description }) => ({ id, words: `${title} ${description}` }));
}
