import type { Memory } from '../operations/conversation.ts';
import { command, createClient, type Client } from './trpc.ts';

/** Keeps a sentence for the person, or for a project. Rejects with a `CommandError`. */
export async function addMemory(
	memory: { text: string; projectId: string | null },
	client: Client = createClient()
): Promise<Memory> {
	return command(() => client.memories.add.mutate(memory));
}

/** Rejects with a `CommandError`. */
export async function editMemory(id: string, text: string, client: Client = createClient()): Promise<Memory> {
	return command(() => client.memories.edit.mutate({ id, text }));
}

/** Rejects with a `CommandError`. */
export async function removeMemory(id: string, client: Client = createClient()): Promise<void> {
	await command(() => client.memories.remove.mutate({ id }));
}
