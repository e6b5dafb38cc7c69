import { counted } from '../../text/counted.ts';
import type { Conversation, KnownDocument, Memory, Message, Reach } from '../operation.ts';
import { readFiles, type Brought } from './files.server.ts';
import { withinBudget } from './history.ts';
import type { Context, Input, Progress } from './progress.server.ts';
import { asMessages } from './requests.ts';

/** What a turn knows before it thinks: all of it the owner's own. */
export interface Known {
	/** Null for a turn whose caller keeps the conversation itself. */
	readonly conversation: Conversation | null;
	readonly history: readonly Message[];
	readonly system: readonly string[];
	readonly memories: readonly Memory[];
	readonly reach: Reach & { readonly projectId: string | null };
	readonly documents: readonly KnownDocument[];
	readonly files: Brought;
}

/** Memories that go into a prompt: the newest, in UTF-16 units. */
const MEMORY_BUDGET = 4_000;

/** Reads the conversation, what is remembered, which documents are in reach, and the files that came along (AG-02). */
export async function gatherContext(input: Input, ctx: Context, progress: Progress): Promise<Known> {
	progress.begin('context', 'Reading the conversation.');
	const conversation = input.history ? null : await ctx.conversation();
	const turns = (await conversation?.history()) ?? [];
	const said = conversation ? asMessages(turns) : messagesOf(input);
	const { kept: history, dropped, characters } = withinBudget(said);
	const all = conversation ? await conversation.memories() : [];
	const memories = fittingMemories(all);
	const reach = { projectId: conversation?.projectId ?? input.projectId ?? null };
	const documents = await ctx.knowledge.documents(reach);
	const files = await readFiles(input.files, turns, ctx);
	const passages = documents.reduce((sum, document) => sum + document.passages, 0);
	progress.end(
		'context',
		summary({ messages: history.length, memories: memories.length, documents: documents.length }),
		{
			conversationId: conversation?.id ?? null,
			projectId: reach.projectId,
			...{ messages: history.length, dropped, characters, memories: memories.length },
			...{
				documents: documents.length,
				passages,
				files: input.files.length,
				tables: files.tables.length + files.earlier.length
			}
		}
	);
	if (dropped > 0 && !ctx.resumed) ctx.notice('info', 'history_shortened', shortenedNotice(dropped));
	return { conversation, history, system: systemOf(input), memories, reach, documents, files };
}

function messagesOf({ history = [] }: Input): Message[] {
	return history.flatMap(({ role, text }): Message[] => (role === 'system' ? [] : [{ role, text }]));
}

function systemOf({ history = [] }: Input): string[] {
	return history.flatMap(({ role, text }) => (role === 'system' ? [text] : []));
}

function fittingMemories(all: readonly Memory[]): Memory[] {
	let characters = 0;
	return all.filter(({ text }) => (characters += text.length) <= MEMORY_BUDGET);
}

function summary(counts: { messages: number; memories: number; documents: number }): string {
	const { messages, memories, documents } = counts;
	const parts = [
		counted(messages, 'earlier message', 'earlier messages'),
		counted(memories, 'memory', 'memories'),
		counted(documents, 'document in reach', 'documents in reach')
	];
	return `Read: ${parts.join(', ')}.`;
}

function shortenedNotice(dropped: number): string {
	return `This conversation is longer than one request may be: the oldest ${counted(dropped, 'message was', 'messages were')} left out.`;
}
