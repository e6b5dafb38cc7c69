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

/** `who` asks for the leader's beat; `gone` says that there is none any more, and which tab is to be it. Ranks compare as text: the smaller one leads. */
type Word = { kind: 'beat'; rank: string } | { kind: 'who' } | { kind: 'gone'; heir: string | undefined };

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
	#checkedAt = Date.now();
	/** Who slept through the beats asks for one before it takes over. */
	#asked = false;
	#timer: ReturnType<typeof setInterval> | undefined;

	constructor(tab: string, tools: LeadershipTools, changed: (leads: boolean) => void) {
		this.#tab = tab;
		this.#tools = tools;
		this.#changed = changed;
	}

	get leads(): boolean {
		return this.#leads;
	}

	/** Takes the lead from a tab that does not answer: a suspended one keeps its lock. Without locks its silence tells. */
	seize(): void {
		// A lock that is taken from others cannot be asked for with a signal.
		this.#tools.locks?.request('headway-live', { steal: true }, this.#held).catch(() => this.#become(false));
	}

	/** Stands for the lead until `close`. */
	stand(): void {
		if (this.#tools.locks) this.#waitForLock(this.#tools.locks);
		else this.#listenForBeats();
	}

	/** Gives the lead up, so that another tab has it at once: without locks the heir, where one is named and still there. */
	close(heir?: string): void {
		this.#over.abort();
		clearInterval(this.#timer);
		if (this.#leads && !this.#tools.locks) this.#say({ kind: 'gone', heir });
		this.#tools.channel.removeEventListener('message', this.#hear);
		this.#leads = false;
	}

	#waitForLock(locks: Pick<LockManager, 'request'>): void {
		const { signal } = this.#over;
		locks.request('headway-live', { signal }, this.#held).catch(() => {
			if (signal.aborted) return;
			// Another tab has taken it, because this one slept: it stands again.
			this.#become(false);
			this.#waitForLock(locks);
		});
	}

	readonly #held = () =>
		new Promise<void>((release) => {
			const { signal } = this.#over;
			if (signal.aborted) return release();
			signal.addEventListener('abort', () => release(), { once: true });
			this.#become(true);
		});

	#listenForBeats(): void {
		this.#tools.channel.addEventListener('message', this.#hear);
		this.#say({ kind: 'who' });
		this.#checkAfter(ANSWER_MS);
		this.#timer = setInterval(() => this.#check(), BEAT_MS);
	}

	/** Unless a leader is heard within this time, this tab is it. */
	#checkAfter(ms: number): void {
		this.#heardAt = Date.now() - SILENCE_MS + ms;
		this.#checkedAt = Date.now();
		// A browser cuts fractions off: a moment too early, it would be nobody's turn until the next beat.
		setTimeout(() => this.#check(), Math.ceil(ms) + 1);
	}

	#check(): void {
		if (this.#over.signal.aborted) return;
		const slept = Date.now() - this.#checkedAt >= SILENCE_MS;
		this.#checkedAt = Date.now();
		if (!this.#leads && Date.now() - this.#heardAt >= SILENCE_MS) this.#succeed(slept);
		if (this.#leads) this.#say({ kind: 'beat', rank: this.#rank() });
	}

	/** The timers of hidden tabs go off together once a minute: without a question each would take itself for the last. */
	#succeed(slept: boolean): void {
		if (!slept || this.#asked) return this.#become(true);
		this.#asked = true;
		this.#say({ kind: 'who' });
	}

	#rank(): string {
		return `${document.visibilityState === 'visible' ? 0 : 1}${this.#tab}`;
	}

	#say(word: Word): void {
		this.#tools.channel.postMessage(word);
	}

	readonly #hear = ({ data }: MessageEvent<Partial<Word>>) => {
		if (data.kind === 'who' && this.#leads) this.#check();
		if (data.kind === 'gone') this.#inherit(data.heir);
		if (data.kind !== 'beat' || data.rank === undefined) return;
		this.#heardAt = Date.now();
		this.#asked = false;
		if (this.#leads && data.rank < this.#rank()) this.#become(false);
	};

	#inherit(heir: string | undefined): void {
		if (heir === this.#tab) {
			this.#become(true);
			return this.#check();
		}
		// Not all at once: the first to stand is heard by the others. On a busy machine it often is not, and each opens a stream.
		this.#checkAfter((heir ? ANSWER_MS : 0) + Math.random() * ANSWER_MS);
	}

	#become(leads: boolean): void {
		if (this.#over.signal.aborted || leads === this.#leads) return;
		this.#leads = leads;
		this.#changed(leads);
	}
}
