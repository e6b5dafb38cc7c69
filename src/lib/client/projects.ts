import { command, createClient, type Client } from './trpc.ts';

/** A named group of conversations and documents. */
export interface Project {
	id: string;
	name: string;
}

/** Rejects with a `CommandError`. */
export async function createProject(name: string, client: Client = createClient()): Promise<Project> {
	return command(() => client.projects.create.mutate({ name }));
}

/** Rejects with a `CommandError`. */
export async function renameProject(id: string, name: string, client: Client = createClient()): Promise<void> {
	await command(() => client.projects.rename.mutate({ id, name }));
}

/** Its documents and conversations stay, without a project; what is remembered of it goes. Rejects with a `CommandError`. */
export async function removeProject(id: string, client: Client = createClient()): Promise<void> {
	await command(() => client.projects.remove.mutate({ id }));
}
