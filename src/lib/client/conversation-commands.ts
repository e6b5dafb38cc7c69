import type { ConversationSummary, ConversationView } from './conversation.ts';
import { command, createClient, type Client } from './trpc.ts';

/** What a page asks of the server's conversations. Each rejects with a `CommandError`. */
export class ConversationCommands {
	readonly #client: Client;

	constructor(client: Client = createClient()) {
		this.#client = client;
	}

	/** The branch that was looked at last. */
	get(id: string): Promise<ConversationView> {
		return command(() => this.#client.conversations.get.query({ id }));
	}

	/** The turns of a branch before one of them. */
	before(id: string, head: string | null, turn: string): Promise<ConversationView> {
		return command(() => this.#client.conversations.get.query({ id, before: turn, ...(head ? { head } : {}) }));
	}

	/** Goes to the branch of a turn, and down to its newest end. */
	choose(id: string, head: string): Promise<ConversationView> {
		return command(() => this.#client.conversations.choose.mutate({ id, head }));
	}

	/** Ends a turn; `shown` is how much of its answer is on screen, in UTF-16 units. */
	async stop(jobId: string, shown: number): Promise<void> {
		await command(() => this.#client.conversations.stop.mutate({ jobId, shown }));
	}

	async rename(id: string, title: string): Promise<void> {
		await command(() => this.#client.conversations.rename.mutate({ id, title }));
	}

	async remove(id: string): Promise<void> {
		await command(() => this.#client.conversations.remove.mutate({ id }));
	}

	async move(id: string, projectId: string | null): Promise<void> {
		await command(() => this.#client.conversations.move.mutate({ id, projectId }));
	}

	/** The next older ones; `next` is null at the end. */
	older(
		before: string,
		projectId: string | null
	): Promise<{ conversations: ConversationSummary[]; next: string | null }> {
		return command(() =>
			this.#client.conversations.list.query({ before, ...(projectId === null ? {} : { projectId }) })
		);
	}

	/** Those in whose titles or words a text stands, with where it stands. */
	async search(query: string): Promise<(ConversationSummary & { snippet: string })[]> {
		return (await command(() => this.#client.conversations.search.query({ query }))).found;
	}

	/** Forgets what a turn has kept. */
	async forget(id: string): Promise<void> {
		await command(() => this.#client.memories.remove.mutate({ id }));
	}

	/** How a turn's job stands. */
	snapshot(id: string) {
		return command(() => this.#client.jobs.snapshot.query({ id }));
	}
}
