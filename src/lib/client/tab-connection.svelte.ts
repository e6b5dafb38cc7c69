import { Connection, type ConnectionState, type ConnectionUse, type LiveFrame } from './connection.svelte.ts';
import { Leadership, type LeadershipTools } from './leadership.ts';
import { newKey, type Client } from './trpc.ts';

/** What one tab follows. */
type Follow = { jobId: string; after: number }[];

/** What tabs of one browser tell each other. */
type Message =
	| { kind: 'want'; tab: string; follow: Follow; behind: boolean }
	| { kind: 'bye'; tab: string }
	| { kind: 'led' }
	| { kind: 'missing' }
	| { kind: 'frame'; frame: LiveFrame }
	| { kind: 'state'; state: ConnectionState };

/** The most jobs that one stream follows (architecture section 5). */
const MOST = 100;
/** A tab says again what it wants this often; one that has not for three times as long is gone. */
const RENEW_MS = 15_000;

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
	readonly #leadership: Leadership;
	readonly #wants: Record<string, { follow: Follow; at: number }> = {};
	#own: Connection | null = $state.raw(null);
	#told: ConnectionState = $state.raw({ state: 'connecting', since: Date.now() });
	#renewal: ReturnType<typeof setInterval> | undefined;
	#closed = false;

	constructor(client: Client, use: ConnectionUse, tools: LeadershipTools & { channel: BroadcastChannel }) {
		this.#client = client;
		this.#use = use;
		this.#channel = tools.channel;
		this.#leadership = new Leadership(this.#tab, tools, (leads) => (leads ? this.#lead() : this.#follow()));
	}

	get current(): ConnectionState {
		return this.#own?.current ?? this.#told;
	}

	open(): void {
		this.#channel.addEventListener('message', this.#hear);
		addEventListener('pagehide', this.#leave);
		addEventListener('pageshow', this.#return);
		this.#leadership.stand();
		this.#want();
		this.#renewal = setInterval(() => this.#renew(), RENEW_MS);
	}

	close(): void {
		if (this.#closed) return;
		this.#leave();
		this.#closed = true;
		clearInterval(this.#renewal);
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

	#lead(): void {
		this.#own = new Connection(this.#client, {
			follow: () => this.#everything(),
			frame: (frame) => {
				this.#use.frame(frame);
				this.#say({ kind: 'frame', frame });
			},
			state: (state) => this.#say({ kind: 'state', state }),
			missing: () => {
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
	}

	#renew(): void {
		if (!this.#own) return this.#want();
		for (const [tab, { at }] of Object.entries(this.#wants))
			if (Date.now() - at > 3 * RENEW_MS) delete this.#wants[tab];
	}

	#say(message: Message): void {
		if (!this.#closed) this.#channel.postMessage(message);
	}

	readonly #leave = () => {
		this.#say({ kind: 'bye', tab: this.#tab });
		this.#leadership.close();
		this.#own?.close();
		this.#own = null;
	};

	/** A page out of the back-forward cache has missed what happened: it starts over. */
	readonly #return = (event: PageTransitionEvent) => {
		if (event.persisted) location.reload();
	};

	readonly #hear = ({ data }: MessageEvent<Message>) => {
		switch (data.kind) {
			case 'frame':
				return this.#use.frame(data.frame);
			case 'state':
				this.#told = data.state;
				return;
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

	/** The stream starts anew only for a job that it does not carry yet, or that this tab is behind in. */
	#note({ tab, follow, behind }: Extract<Message, { kind: 'want' }>): void {
		const known = this.#wants[tab]?.follow ?? [];
		this.#wants[tab] = { follow, at: Date.now() };
		if (!this.#own) return;
		this.#say({ kind: 'state', state: this.#own.current });
		const isNew = follow.some(({ jobId }) => !known.some((before) => before.jobId === jobId));
		if (isNew || behind) this.#own.changed();
	}
}
