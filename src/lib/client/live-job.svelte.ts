import type { JobEvent } from '../jobs/event.ts';
import { isTerminal } from '../jobs/job.ts';
import type { JobSnapshot } from '../jobs/snapshot.ts';
import { reduceJob } from '../operations/index.ts';
import { FramePace } from './frame-pace.ts';
import { inSight } from './page-sight.ts';
import type { ServerClock } from './server-clock.svelte.ts';
import { CommandError } from './trpc.ts';

/** What a live job asks of the page's connection. */
export interface JobCommands {
	cancel(id: string): Promise<void>;
	retry(id: string): Promise<JobSnapshot>;
	finish(id: string): Promise<void>;
	answer(id: string, questionId: string, value: unknown): Promise<void>;
	remove(id: string): Promise<void>;
	release(job: LiveJob): void;
	/** It has missed events, and needs them from its `seq` on. */
	behind(job: LiveJob): void;
}

const UNFINISHED = 'Finish now did not arrive: the job goes on. Try again.';
const UNDELIVERED = 'The cancel did not arrive: the job goes on. Try again.';

/** So many events wait for a page that nobody looks at; one that has more is told them anew when it is seen again. */
const MOST_WAITING = 1_000;
/** What a tab in the background shows at once: its title and its sentences tell of it. */
const TURNS = ['done', 'error', 'cancelled', 'question', 'answer'];

/** One job's reactive snapshot: what came with the page, and every event since, applied at most once a frame. */
export class LiveJob {
	#snapshot: JobSnapshot = $state.raw() as JobSnapshot;
	#caughtUp = $state(false);
	#asked = $state(false);
	#finishAsked = $state(false);
	#failure: string | null = $state(null);
	#gone = $state(false);
	readonly #clock: ServerClock;
	readonly #commands: JobCommands;
	readonly #heard: (event: JobEvent) => void;
	#waiting: JobEvent[] = [];
	/** Events that it lacks were asked for. */
	#lacking = false;
	/** More came than a page out of sight keeps: nothing is taken until it is seen, and then asked for. */
	#leftOut = false;
	readonly #frame = new FramePace(() => this.#show());
	/** The job that was started in its place. */
	#next: Promise<JobSnapshot> | null = null;

	/** `heard` is told of each event as it comes. */
	constructor(
		snapshot: JobSnapshot,
		clock: ServerClock,
		commands: JobCommands,
		heard: (event: JobEvent) => void = () => undefined
	) {
		this.#snapshot = snapshot;
		this.#clock = clock;
		this.#commands = commands;
		this.#heard = heard;
		this.#caughtUp = isTerminal(snapshot.status);
	}

	get id(): string {
		return this.#snapshot.id;
	}

	get snapshot(): JobSnapshot {
		return this.#snapshot;
	}

	/** The last seq that this page has, waiting ones included: where a new connection goes on. */
	get seq(): number {
		return this.#waiting.findLast(({ seq }) => seq !== null)?.seq ?? this.#snapshot.seq;
	}

	get ended(): boolean {
		return isTerminal(this.#snapshot.status);
	}

	/** Whether everything up to now is shown. */
	get caughtUp(): boolean {
		return this.#caughtUp;
	}

	/** Milliseconds since the start, by the server's clock. */
	get elapsedMs(): number {
		const { startedAt, elapsedMs } = this.#snapshot;
		if (this.ended || startedAt === null) return elapsedMs;
		return Math.max(elapsedMs, this.#clock.now - startedAt);
	}

	/** A stop was asked for, here or anywhere, and is not over. */
	get cancelling(): boolean {
		return !this.ended && (this.#asked || this.#snapshot.cancelRequestedAt !== null);
	}

	/** An early end was asked for, here or anywhere, and is not over. */
	get finishing(): boolean {
		return !this.ended && (this.#finishAsked || this.#snapshot.finishRequestedAt !== null);
	}

	/** Why the last command failed; null when none did. */
	get failure(): string | null {
		return this.#failure;
	}

	/** It was deleted, here or elsewhere. */
	get gone(): boolean {
		return this.#gone;
	}

	vanish(): void {
		this.#gone = true;
	}

	/**
	 * Takes events in order; they are shown with the next frame. A stream that this page came to late may be ahead of it:
	 * events after a gap are left out and asked for again, since what lies between would never come.
	 */
	take(events: readonly JobEvent[]): void {
		for (const event of events) if (this.#isNext(event)) this.#keep(event);
		if (this.#waiting.length === 0) return;
		this.#frame.ask();
		if (inSight()) return;
		if (this.#waiting.some(({ type }) => TURNS.includes(type))) this.#frame.run();
		else if (this.#waiting.length > MOST_WAITING) this.#leaveOut();
	}

	/** Of what the log does not have, a page that nobody looks at keeps the newest of each kind. */
	#keep(event: JobEvent): void {
		this.#heard(event);
		if (event.seq === null && !inSight())
			this.#waiting = this.#waiting.filter(({ seq, type }) => seq !== null || type !== event.type);
		this.#waiting.push(event);
	}

	#leaveOut(): void {
		this.#waiting = [];
		this.#leftOut = true;
	}

	#isNext({ seq }: JobEvent): boolean {
		if (this.#leftOut) return false;
		if (seq === null || seq === this.seq + 1) {
			if (seq !== null) this.#lacking = false;
			return true;
		}
		if (seq > this.seq && !this.#lacking) this.#ask();
		return false;
	}

	#ask(): void {
		this.#lacking = true;
		this.#commands.behind(this);
	}

	/** Starts over from a newer snapshot of the server's. */
	reset(snapshot: JobSnapshot): void {
		this.#waiting = [];
		this.#lacking = false;
		this.#leftOut = false;
		this.#snapshot = snapshot;
	}

	/** The connection is live, and everything up to now has come; what failed without one is no longer news. */
	live(): void {
		this.#caughtUp = true;
		this.#failure = null;
	}

	#show(): void {
		const events = this.#waiting;
		this.#waiting = [];
		this.#snapshot = events.reduce((snapshot, event) => reduceJob(snapshot, event), this.#snapshot);
		if (this.ended) this.#caughtUp = true;
		if (this.#leftOut) this.#ask();
		this.#leftOut = false;
	}

	/** Shows Cancelling… at once; a second call while it lasts changes nothing. */
	async cancel(): Promise<void> {
		if (this.cancelling || this.ended) return;
		this.#asked = true;
		await this.#attempt(() => this.#commands.cancel(this.id), UNDELIVERED);
		if (this.#failure !== null) this.#asked = false;
	}

	/** Shows Finishing… at once; a second call while it lasts changes nothing. */
	async finish(): Promise<void> {
		if (this.finishing || this.ended) return;
		this.#finishAsked = true;
		await this.#attempt(() => this.#commands.finish(this.id), UNFINISHED);
		if (this.#failure !== null) this.#finishAsked = false;
	}

	/** Answers the question that the job waits for. Rejects with a `CommandError`, so that the one who asked can say so. */
	async answer(questionId: string, value: unknown): Promise<void> {
		await this.#commands.answer(this.id, questionId, value);
	}

	async remove(): Promise<void> {
		await this.#commands.remove(this.id);
		this.#failure = null;
	}

	/** Starts it once more; pressed again from the same page, the new job is the same one: each is paid for. Rejects with a `CommandError`. */
	async retry(): Promise<JobSnapshot> {
		this.#next ??= this.#commands.retry(this.id);
		try {
			const next = await this.#next;
			this.#failure = null;
			return next;
		} catch (error) {
			this.#next = null;
			throw error;
		}
	}

	/** Stops following; call it when the page goes. */
	release(): void {
		this.#commands.release(this);
	}

	/** `undelivered` is said when the server could not be reached at all. */
	async #attempt(command: () => Promise<void>, undelivered?: string): Promise<void> {
		this.#failure = null;
		try {
			await command();
		} catch (error) {
			const words = error instanceof Error ? error.message : String(error);
			this.#failure = isUndelivered(error) ? (undelivered ?? words) : words;
		}
	}
}

/** No answer came, so there is no code either. */
function isUndelivered(error: unknown): boolean {
	return error instanceof CommandError && error.data.code === null;
}
