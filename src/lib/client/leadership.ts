/** Ways to agree with the other tabs of this browser on one that leads; both are for tests to replace. */
export interface LeadershipTools {
	/** Missing on plain http: a browser gives Web Locks to secure pages only. */
	locks: Pick<LockManager, 'request'> | undefined;
	channel: Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'removeEventListener'>;
}

/** How often a leader without a lock says that it leads, and how long its silence lasts until another takes over. */
const BEAT_MS = 500;
const SILENCE_MS = 1_700;
/** How long a new tab waits for a leader to answer. */
const ANSWER_MS = 200;

/** `who` asks for the leader's beat; `gone` says that there is none any more. Ranks compare as text: the smaller one leads. */
type Word = { kind: 'beat'; rank: string } | { kind: 'who' } | { kind: 'gone' };

/**
 * One tab of a browser leads. With Web Locks the browser itself sees to it, and hands over the moment that the leader goes;
 * without them the tabs tell each other by heartbeats, and of two leaders the visible one stays (a hidden tab's timers are slow).
 */
export class Leadership {
	readonly #tab: string;
	readonly #tools: LeadershipTools;
	readonly #changed: (leads: boolean) => void;
	readonly #over = new AbortController();
	#leads = false;
	#heardAt = Date.now();
	#timer: ReturnType<typeof setInterval> | undefined;

	constructor(tab: string, tools: LeadershipTools, changed: (leads: boolean) => void) {
		this.#tab = tab;
		this.#tools = tools;
		this.#changed = changed;
	}

	get leads(): boolean {
		return this.#leads;
	}

	/** Stands for the lead until `close`. */
	stand(): void {
		if (this.#tools.locks) this.#waitForLock(this.#tools.locks);
		else this.#listenForBeats();
	}

	/** Gives the lead up, so that another tab has it at once. */
	close(): void {
		this.#over.abort();
		clearInterval(this.#timer);
		if (this.#leads && !this.#tools.locks) this.#say({ kind: 'gone' });
		this.#tools.channel.removeEventListener('message', this.#hear);
		this.#leads = false;
	}

	#waitForLock(locks: Pick<LockManager, 'request'>): void {
		const { signal } = this.#over;
		const held = () =>
			new Promise<void>((release) => {
				signal.addEventListener('abort', () => release(), { once: true });
				this.#become(true);
			});
		// Rejects only when this tab stops standing.
		locks.request('headway-live', { signal }, held).catch(() => undefined);
	}

	#listenForBeats(): void {
		this.#tools.channel.addEventListener('message', this.#hear);
		this.#say({ kind: 'who' });
		this.#checkAfter(ANSWER_MS);
		this.#timer = setInterval(() => this.#check(), BEAT_MS);
	}

	/** Unless a leader is heard within this time, this tab is it. */
	#checkAfter(ms: number): void {
		this.#heardAt = Date.now() - SILENCE_MS + ms;
		setTimeout(() => this.#check(), ms);
	}

	#check(): void {
		if (this.#over.signal.aborted) return;
		if (!this.#leads && Date.now() - this.#heardAt >= SILENCE_MS) this.#become(true);
		if (this.#leads) this.#say({ kind: 'beat', rank: this.#rank() });
	}

	#rank(): string {
		return `${document.visibilityState === 'visible' ? 0 : 1}${this.#tab}`;
	}

	#say(word: Word): void {
		this.#tools.channel.postMessage(word);
	}

	readonly #hear = ({ data }: MessageEvent<Partial<Word>>) => {
		if (data.kind === 'who' && this.#leads) this.#check();
		// Not all at once: the first to stand is heard by the others.
		if (data.kind === 'gone') this.#checkAfter(Math.random() * ANSWER_MS);
		if (data.kind !== 'beat' || data.rank === undefined) return;
		this.#heardAt = Date.now();
		if (this.#leads && data.rank < this.#rank()) this.#become(false);
	};

	#become(leads: boolean): void {
		if (this.#over.signal.aborted || leads === this.#leads) return;
		this.#leads = leads;
		this.#changed(leads);
	}
}
