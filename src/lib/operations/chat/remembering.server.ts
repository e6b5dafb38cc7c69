import { counted } from '../../text/counted.ts';
import type { Memory } from '../operation.ts';
import type { Known } from './context.server.ts';
import { askHelper } from './helper.server.ts';
import { mayBePersonal, readMemories } from './memories.ts';
import type { ChatResult } from './model.ts';
import type { Context, Progress } from './progress.server.ts';
import { memoryRequest } from './requests.ts';
import { gist } from './words.ts';

/** The answer is there already: nobody waits longer for this, in ms. */
const MEMORY_MS = 20_000;

type Kept = ChatResult['memories'];

/** Keeps what of the message is worth it, where the person lets it (AG-02). What fails here never costs the turn its answer. */
export async function remember(
	of: { message: string; answer: string; known: Known },
	ctx: Context,
	progress: Progress
): Promise<Kept> {
	const { conversation } = of.known;
	const before = ctx.resumed?.state.memories.map(({ id, text, projectId }) => ({ id, text, projectId })) ?? [];
	const reason = await reasonAgainst(of.message, conversation);
	if (reason !== null || !conversation || progress.ended('memory')) {
		progress.skip('memory', reason ?? 'Done before.');
		return before;
	}
	progress.begin('memory', 'Looking for what is worth keeping.');
	try {
		const texts = await worthKeeping(of, ctx, progress);
		const kept = texts.length > 0 ? await conversation.remember(texts) : [];
		for (const each of kept) ctx.emit('memory', shown(each));
		const said = kept.length === 0 ? 'Nothing to keep.' : `Kept ${counted(kept.length, 'memory', 'memories')}.`;
		progress.end('memory', said, { proposed: texts.length, kept: kept.length });
		const ids = new Set(kept.map(({ id }) => id));
		return [...before.filter(({ id }) => !ids.has(id)), ...kept.map(shown)];
	} catch (error) {
		ctx.signal.throwIfAborted();
		ctx.log.warn({ error: String(error) }, 'nothing was remembered');
		progress.end('memory', 'Nothing was kept: the model did not answer.', {}, 'failed');
		return before;
	}
}

async function reasonAgainst(message: string, conversation: Known['conversation']): Promise<string | null> {
	if (!conversation) return 'This turn belongs to no conversation: nothing is kept of it.';
	if (!(await conversation.remembers())) return 'Memory is switched off.';
	return mayBePersonal(message) ? null : 'Nothing to keep.';
}

async function worthKeeping(
	{ message, answer, known }: { message: string; answer: string; known: Known },
	ctx: Context,
	progress: Progress
): Promise<string[]> {
	const before = known.memories.map(({ text }) => text);
	const asked = memoryRequest(before, answer, gist(message, 8_000), ctx.provider.can.structured);
	return readMemories(await askHelper(ctx, progress, { asked, step: 'memory', limitMs: MEMORY_MS }));
}

function shown({ id, text, projectId }: Memory): Kept[number] {
	return { id, text, projectId };
}
