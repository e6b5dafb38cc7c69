/** One turn of a conversation as it was shown: what was asked, and the answer up to where it ended or was stopped. */
export interface Turn {
	readonly jobId: string;
	readonly message: string;
	/** Empty when nothing was said. */
	readonly answer: string;
	/** The files that came with it; absent without any. */
	readonly files?: readonly string[];
	/** Milliseconds since 1970. */
	readonly at: number;
}

/** Something that is kept of what a person said. */
export interface Memory {
	readonly id: string;
	readonly text: string;
	/** The project that it is kept for; null: everywhere. */
	readonly projectId: string | null;
	/** The turn that it was kept from; null when the person wrote it. */
	readonly jobId: string | null;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** The conversation that a turn belongs to, as the turn may see and change it. All of it is the owner's own. */
export interface Conversation {
	readonly id: string;
	readonly projectId: string | null;
	/** The turns before this one on its branch, oldest first: the newest 100 at most. */
	history(): Promise<Turn[]>;
	/** What is kept for the person and for the conversation's project, newest first; empty while memory is switched off. */
	memories(): Promise<Memory[]>;
	/** Whether the person lets memories be kept and used. */
	remembers(): Promise<boolean>;
	/** Keeps these. A text that is kept already, or that this turn has kept before, is not kept twice. Resolves with what is new. */
	remember(texts: readonly string[]): Promise<Memory[]>;
}
