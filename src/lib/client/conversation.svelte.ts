import type { JobSnapshot } from '../jobs/snapshot.ts';
import { isTerminal } from '../jobs/job.ts';
import { tellConsole } from './chat-console.ts';
import type { ChatRun } from './chat-run.ts';
import type { ConversationCommands } from './conversation-commands.ts';
import {
	turnFrom,
	withJob,
	withoutForgotten,
	type ChatJob,
	type ConversationView,
	type TurnView
} from './conversation.ts';
import type { Jobs } from './jobs.svelte.ts';
import type { LiveJob } from './live-job.svelte.ts';
import { CommandError } from './trpc.ts';

/** What is to be said next. */
export interface Draft {
	message: string;
	files: readonly { fileId: string; name: string }[];
	/** The turn that it follows; null begins the conversation anew. */
	after: string | null;
	/** Of a new conversation. */
	projectId?: string | null;
	/** How it is to be run; absent: as is usual. */
	run?: ChatRun;
}

const UNSTOPPED = 'The stop did not arrive: the answer goes on. Try again.';

/** A conversation on screen: the turns of a branch, the one that runs live, and what a person can do with them. */
export class Conversation {
	#view: ConversationView | null = $state.raw(null);
	#live: readonly LiveJob[] = $state.raw([]);
	/** Where a stop has cut an answer, by the turn's id, in UTF-16 units. */
	#cuts: Readonly<Record<string, number>> = $state.raw({});
	/** What was forgotten on this page. */
	#forgotten: readonly string[] = $state.raw([]);
	#pending: Draft | null = $state.raw(null);
	#stopAsked = $state(false);
	#failure: string | null = $state(null);
	readonly #jobs: Jobs;
	readonly #commands: ConversationCommands;
	readonly #turns = $derived((this.#view?.turns ?? []).map((turn) => this.#turnNow(turn)));
	readonly #shown = $derived(this.#pending ? branchTo(this.#turns, this.#pending.after) : this.#turns);
	readonly #running = $derived(this.#live.find((job) => !job.ended && this.#has(job.id)) ?? null);

	/** Begins with a loaded branch and where its running turns are; null is a conversation that has not begun. */
	constructor(
		loaded: ConversationView | null,
		snapshots: readonly JobSnapshot[],
		{ jobs, commands }: { jobs: Jobs; commands: ConversationCommands }
	) {
		this.#view = loaded;
		this.#jobs = jobs;
		this.#commands = commands;
		for (const snapshot of snapshots) this.#follow(snapshot);
	}

	/** Oldest first, as they stand now; what comes after the place of a message that is being sent is left out. */
	get turns(): readonly TurnView[] {
		return this.#shown;
	}

	/** The turn that is being answered. */
	get running(): LiveJob | null {
		return this.#running;
	}

	/** What is being sent. */
	get pending(): Draft | null {
		return this.#pending;
	}

	/** Nothing more can be sent now. */
	get busy(): boolean {
		return this.#pending !== null || this.#running !== null;
	}

	/** A stop was asked for, and is not over. */
	get stopping(): boolean {
		if (this.#pending) return this.#stopAsked;
		return this.#running !== null && (this.#running.cancelling || this.#running.id in this.#cuts);
	}

	/** Why the last command failed, as a sentence. */
	get failure(): string | null {
		return this.#failure;
	}

	/** The turn that ends the branch. */
	get head(): string | null {
		return this.#turns.at(-1)?.jobId ?? null;
	}

	/** The live job of a turn, while or since this page follows it. */
	jobOf(id: string): LiveJob | null {
		return this.#live.find((job) => job.id === id) ?? null;
	}

	dismiss(): void {
		this.#failure = null;
	}

	/** Sends a message and shows it at once. Null when it could not be sent: `failure` says why, and nothing has changed. */
	async send(draft: Draft): Promise<ChatJob | null> {
		if (this.busy) return null;
		this.#pending = draft;
		this.#stopAsked = false;
		this.#failure = null;
		try {
			const job = (await this.#jobs.start('chat', this.#inputOf(draft), draft.run?.options)) as ChatJob;
			this.#begin(job, draft);
			return job;
		} catch (error) {
			this.#failure = wordsOf(error, 'The message could not be sent. Try again.');
			return null;
		} finally {
			this.#pending = null;
		}
	}

	/** Asks for another answer to the same message. */
	async regenerate({ message, files, after }: TurnView, run?: ChatRun): Promise<void> {
		await this.send({ message, files, after, ...(run && { run }) });
	}

	/** Ends the running turn, or the one that is being sent; its answer ends where it is on screen, `shown` UTF-16 units of it. */
	async stop(shown: number): Promise<void> {
		if (this.#pending) {
			this.#stopAsked = true;
			return;
		}
		if (this.#running && !this.stopping) await this.#stop(this.#running.id, shown);
	}

	/** Goes to the branch of another turn. */
	async choose(jobId: string): Promise<void> {
		const id = this.#view?.id;
		if (!id || this.#pending) return;
		this.#failure = null;
		try {
			await this.#take(await this.#commands.choose(id, jobId));
		} catch (error) {
			this.#failure = wordsOf(error, 'The other version could not be loaded. Try again.');
		}
	}

	/** How many turns of the branch are not loaded. */
	get earlier(): number {
		return this.#pending ? 0 : (this.#view?.earlier ?? 0);
	}

	/** Loads turns before the first. */
	async loadEarlier(): Promise<void> {
		const view = this.#view;
		const [first] = view?.turns ?? [];
		if (!view || !first) return;
		this.#failure = null;
		try {
			const { turns, earlier } = await this.#commands.before(view.id, view.head, first.jobId);
			const now = this.#view;
			if (now?.turns[0] === first) this.#view = { ...now, earlier, turns: [...turns, ...now.turns] };
		} catch (error) {
			this.#failure = wordsOf(error, 'The earlier messages could not be loaded. Try again.');
		}
	}

	/** Forgets what a turn has kept. */
	async forget(memoryId: string): Promise<boolean> {
		this.#failure = null;
		try {
			await this.#commands.forget(memoryId);
		} catch (error) {
			// It may have been deleted on the page of memories.
			if (!(error instanceof CommandError && error.data.code === 'not_found')) {
				this.#failure = wordsOf(error, 'This could not be forgotten. Try again.');
				return false;
			}
		}
		this.#forgotten = [...this.#forgotten, memoryId];
		return true;
	}

	/** Reads the branch anew: a turn has ended, or another tab has gone on. What is shown stays where that fails. */
	async refresh(): Promise<void> {
		const id = this.#view?.id;
		if (!id || this.#pending) return;
		const before = this.#view;
		const view = await this.#commands.get(id).catch(() => null);
		// What was done here meanwhile is newer than the answer.
		if (view && this.#view === before && !this.#pending) await this.#take(view);
	}

	/** Stops following; call it when the page goes. */
	close(): void {
		for (const job of this.#live) job.release();
	}

	#inputOf({ message, files, after, projectId, run }: Draft) {
		const id = this.#view?.id;
		return {
			message,
			...(id ? { conversationId: id, after } : projectId ? { projectId } : {}),
			...(files.length > 0 ? { files: files.map(({ fileId }) => fileId) } : {}),
			...run?.input
		};
	}

	#begin(job: ChatJob, { after, files }: Draft): void {
		const turns = this.#view?.turns ?? [];
		const next = turns[after === null ? 0 : turns.findIndex(({ jobId }) => jobId === after) + 1];
		const turn = { ...turnFrom(job, next?.siblings ?? []), after, files };
		const { id = job.id, title = job.title, projectId = null } = this.#view ?? {};
		const { earlier = 0 } = this.#view ?? {};
		this.#view = { id, title, projectId, head: job.id, earlier, turns: [...branchTo(turns, after), turn] };
		this.#follow(job);
		if (this.#stopAsked) void this.#stop(job.id, 0);
	}

	async #stop(id: string, shown: number): Promise<void> {
		this.#failure = null;
		this.#cuts = { ...this.#cuts, [id]: shown };
		try {
			await this.#commands.stop(id, shown);
		} catch {
			const { [id]: _cut, ...others } = this.#cuts;
			this.#cuts = others;
			this.#failure = UNSTOPPED;
		}
	}

	async #take(loaded: ConversationView): Promise<void> {
		const view = withEarlier(loaded, this.#view);
		this.#view = view;
		const unknown = view.turns.filter(({ jobId, status }) => !isTerminal(status) && !this.jobOf(jobId));
		const found = await Promise.all(unknown.map(({ jobId }) => this.#commands.snapshot(jobId).catch(() => null)));
		for (const snapshot of found) if (snapshot && !this.jobOf(snapshot.id)) this.#follow(snapshot as JobSnapshot);
	}

	#follow(snapshot: JobSnapshot): void {
		const { startedAt, createdAt } = snapshot;
		const job = this.#jobs.follow(snapshot, (event) =>
			tellConsole(event, startedAt ?? createdAt, this.#jobs.clock.at(Date.now()))
		);
		this.#live = [...this.#live, job];
	}

	#has(id: string): boolean {
		return this.#view?.turns.some(({ jobId }) => jobId === id) ?? false;
	}

	#turnNow(turn: TurnView): TurnView {
		const job = this.jobOf(turn.jobId);
		const now = job ? withJob(turn, job.snapshot as ChatJob, this.#cuts[turn.jobId] ?? null) : turn;
		return withoutForgotten(now, this.#forgotten);
	}
}

/** What was loaded anew begins later than what a person has scrolled back to: the turns before it are still the same. */
function withEarlier(loaded: ConversationView, known: ConversationView | null): ConversationView {
	const [first] = loaded.turns;
	const place = known?.turns.findIndex(({ jobId }) => jobId === first?.jobId) ?? -1;
	if (!known || place <= 0) return loaded;
	return { ...loaded, earlier: known.earlier, turns: [...known.turns.slice(0, place), ...loaded.turns] };
}

function branchTo(turns: readonly TurnView[], after: string | null): readonly TurnView[] {
	return turns.slice(0, after === null ? 0 : turns.findIndex(({ jobId }) => jobId === after) + 1);
}

function wordsOf(error: unknown, otherwise: string): string {
	return error instanceof Error && error.message ? error.message : otherwise;
}
