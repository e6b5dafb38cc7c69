import type { KnownDocument, Passage } from '../operations/knowledge.ts';
import { command, createClient, type Client } from './trpc.ts';

/** Takes a document out of the knowledge base, with its file. Rejects with a `CommandError`. */
export async function removeDocument(id: string, client: Client = createClient()): Promise<void> {
	await command(() => client.knowledge.remove.mutate({ id }));
}

/** Gives a document to a project, or to none. Rejects with a `CommandError`. */
export async function moveDocument(
	id: string,
	projectId: string | null,
	client: Client = createClient()
): Promise<void> {
	await command(() => client.knowledge.move.mutate({ id, projectId }));
}

/** A document's passages in order, from `from`. Rejects with a `CommandError`. */
export async function readPassages(
	of: { documentId: string; from: number; limit: number },
	client: Client = createClient()
): Promise<{ document: KnownDocument; passages: readonly Passage[] }> {
	return command(() => client.knowledge.passages.query(of));
}
