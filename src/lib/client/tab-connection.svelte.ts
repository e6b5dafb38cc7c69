import { Alarm } from './alarm.ts';
import { watchBrowser } from './browser-moments.ts';
import { Connection, type ConnectionState, type ConnectionUse } from './connection.svelte.ts';
import { Leadership, type LeadershipTools } from './leadership.ts';
import { advance, type Follow, type LiveFrame } from './live-frame.ts';
import { newKey, type Client } from './trpc.ts';

/** What tabs of one browser tell each other. */
type Message =
	| { kind: 'want'; tab: string; follow: Follow; behind: boolean }
	| { kind: 'bye'; tab: string }
	| { kind: 'led' }
	| { kind: 'missing' }
	| { kind: 'frame'; frame: LiveFrame }
	| { kind: 'state'; state: ConnectionState; heardAt: number | null }
	| { kind: 'heard' }
	/** To the leader: do what is overdue, or, when a person asks for it, try now. */
	| { kind: 'nudge'; now: boolean };

const fromLeader = new Set<Message['kind']>(['frame', 'heard', 'state', 'led']);

/** The most jobs that one stream follows (architecture section 5). */
const MOST = 100;
/** A tab says again what it wants this often; one that has not for three times as long is gone. */
const RENEW_MS = 15_000;
/** While the leader is in trouble, a tab that is looked at reminds it this often. */
const NUDGE_MS = 2_000;
/** A leader that has not answered a tab that is looked at for so long is suspended by its browser. */
const ANSWER_MS = 3_000;

/** Tools of this browser; null where tabs cannot talk, and each has a connection of its own. */
export function browserTools(): (LeadershipTools & { channel: BroadcastChannel }) | null {
	if (typeof BroadcastChannel === 'undefined' || typeof navigator === 'undefined') return null;
	return { locks: navigator.locks, channel: new BroadcastChannel('headway-live') };
}

/**
 * The one live connection of a browser, however many tabs: the leading tab holds it and passes on what comes. A browser
 * opens only six HTTP/1.1 connections to a host, so that a stream for each tab would starve the seventh. When the leader
 * goes, another goes on from the cursors of all.
 */
export class TabConnection {
	readonly #tab = newKey();
	readonly #use: ConnectionUse;
	readonly #client: Client;
	readonly #channel: BroadcastChannel;
	readonly #tools: LeadershipTools;
	#leadership: Leadership;
	#wants: Record<string, { follow: Follow; at: number }> = {};
	readonly #nudge = new Alarm();
	readonly #unanswered = new Alarm();
	#own: Connection | null = $state.raw(null);
	#told: ConnectionState = $state.raw({ state: 'connecting', since: Date.now() });
	#toldHeardAt: number | null = $state(null);
	#forget: () => void = () => undefined;
	#renewal: ReturnType<typeof setInterval> | undefined;
	#closed = false;

	constructor(client: Client, use: ConnectionUse, tools: LeadershipTools & { channel: BroadcastChannel }) {
		this.#client = client;
		this.#use = use;
		this.#channel = tools.channel;
		this.#tools = tools;
		this.#leadership = this.#candidacy();
	}

	get current(): ConnectionState {
		return this.#own?.current ?? this.#told;
	}

	/** When anything last came from the server, to whichever tab; by the browser's clock, in ms. */
	get heardAt(): number | null {
		return this.#own ? this.#own.heardAt : this.#toldHeardAt;
	}

	/** Whether this tab holds the connection of all. */
	get leads(): boolean {
		return this.#own !== null;
	}

	open(): void {
		this.#channel.addEventListener('message', this.#hear);
		addEventListener('pagehide', this.#leave);
		addEventListener('pageshow', this.#return);
		const nudge = () => this.#say({ kind: 'nudge', now: false });
		const seen = () => {
			nudge();
			if (!this.#own) this.#want();
		};
		this.#forget = watchBrowser({ back: nudge, seen, lost: () => undefined });
		this.#leadership.stand();
		this.#want();
		this.#renewal = setInterval(() => this.#renew(), RENEW_MS);
	}

	close(): void {
		if (this.#closed) return;
		this.#leave();
		this.#closed = true;
		clearInterval(this.#renewal);
		this.#forget();
		this.#channel.removeEventListener('message', this.#hear);
		removeEventListener('pagehide', this.#leave);
		removeEventListener('pageshow', this.#return);
		this.#channel.close();
	}

	/** What this tab follows has changed. */
	changed(): void {
		if (this.#own) this.#own.changed();
		else this.#want();
	}

	/** This tab lacks events of what it follows. */
	resume(): void {
		if (this.#own) this.#own.changed();
		else this.#want(true);
	}

	/** A person wants it tried now. */
	tryAgain(): void {
		if (this.#own) this.#own.tryAgain();
		else this.#say({ kind: 'nudge', now: true });
	}

	#candidacy(): Leadership {
		return new Leadership(this.#tab, this.#tools, (leads) => (leads ? this.#lead() : this.#follow()));
	}

	#lead(): void {
		this.#own = new Connection(this.#client, {
			follow: () => this.#everything(),
			frame: (frame) => {
				this.#use.frame(frame);
				if (this.#hasOthers) this.#say({ kind: 'frame', frame });
				for (const want of Object.values(this.#wants)) want.follow = advance(want.follow, frame);
			},
			heard: () => this.#hasOthers && this.#say({ kind: 'heard' }),
			state: () => this.#sayState(),
			missing: () => {
				// Whoever lives says again what it follows; a tab that died unheard would keep what is missing.
				this.#wants = {};
				this.#use.missing();
				this.#say({ kind: 'missing' });
			}
		});
		this.#own.open();
		this.#say({ kind: 'led' });
	}

	#follow(): void {
		this.#own?.close();
		this.#own = null;
		this.#want();
	}

	/** What all tabs follow, each job from the tab that is furthest behind: who has an event already passes it over. */
	#everything(): Follow {
		const all = [...this.#use.follow(), ...Object.values(this.#wants).flatMap(({ follow }) => follow)];
		const least = all.reduce<Record<string, number>>(
			(cursors, { jobId, after }) => ({ ...cursors, [jobId]: Math.min(after, cursors[jobId] ?? after) }),
			{}
		);
		return Object.entries(least)
			.map(([jobId, after]) => ({ jobId, after }))
			.slice(0, MOST);
	}

	#want(behind = false): void {
		this.#say({ kind: 'want', tab: this.#tab, follow: this.#use.follow(), behind });
		if (document.visibilityState !== 'visible' || this.#unanswered.pending) return;
		this.#unanswered.set(ANSWER_MS, () => this.#own ?? this.#leadership.seize());
	}

	#renew(): void {
		if (!this.#own) return this.#want();
		for (const [tab, { at }] of Object.entries(this.#wants))
			if (Date.now() - at > 3 * RENEW_MS) delete this.#wants[tab];
	}

	/** Whether any other tab has said what it wants: to nobody, nothing is passed on. */
	get #hasOthers(): boolean {
		return Object.keys(this.#wants).length > 0;
	}

	#say(message: Message): void {
		if (!this.#closed) this.#channel.postMessage(message);
	}

	readonly #leave = () => {
		this.#say({ kind: 'bye', tab: this.#tab });
		this.#nudge.clear();
		this.#unanswered.clear();
		this.#leadership.close(this.#lastToSpeak());
		this.#own?.close();
		this.#own = null;
	};

	/** Most likely one that is looked at: the timers of hidden tabs are slow. */
	#lastToSpeak(): string | undefined {
		return Object.entries(this.#wants).toSorted(([, a], [, b]) => b.at - a.at)[0]?.[0];
	}

	#sayState(): void {
		if (this.#own) this.#say({ kind: 'state', state: this.#own.current, heardAt: this.#own.heardAt });
	}

	/** A page out of the back-forward cache goes on from where it was when it was left. */
	readonly #return = (event: PageTransitionEvent) => {
		if (!event.persisted || this.#closed) return;
		this.#leadership = this.#candidacy();
		this.#leadership.stand();
		this.#want(true);
	};

	readonly #hear = ({ data }: MessageEvent<Message>) => {
		if (fromLeader.has(data.kind)) this.#unanswered.clear();
		switch (data.kind) {
			case 'frame':
				return this.#use.frame(data.frame);
			case 'heard':
				this.#toldHeardAt = Date.now();
				return;
			case 'state':
				return this.#learn(data);
			case 'nudge':
				return data.now ? this.#own?.tryAgain() : this.#own?.check();
			case 'led':
				return this.#want();
			case 'missing':
				return this.#use.missing();
			case 'want':
				return this.#note(data);
			case 'bye':
				delete this.#wants[data.tab];
		}
	};

	#learn({ state, heardAt }: Extract<Message, { kind: 'state' }>): void {
		this.#told = state;
		this.#toldHeardAt = heardAt;
		this.#remind();
	}

	/** The timers of a leading tab that nobody looks at go off once a minute; those of this one do not. */
	#remind(): void {
		if (this.#own || this.#told.state === 'live') return this.#nudge.clear();
		if (document.visibilityState === 'visible') this.#say({ kind: 'nudge', now: false });
		this.#nudge.set(NUDGE_MS, () => this.#remind());
	}

	/** The stream starts anew only for a job that it does not carry yet, or that this tab is behind in. */
	#note({ tab, follow, behind }: Extract<Message, { kind: 'want' }>): void {
		const known = this.#wants[tab]?.follow ?? [];
		this.#wants[tab] = { follow, at: Date.now() };
		if (!this.#own) return;
		this.#sayState();
		const isNew = follow.some(({ jobId }) => !known.some((before) => before.jobId === jobId));
		if (isNew || behind) this.#own.changed();
	}
}
