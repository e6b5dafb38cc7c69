import type { Frame } from '../server/live.ts';
import type { Client } from './trpc.ts';

/** One frame of the live stream. (tRPC's inferred type makes every `unknown` field optional; the JSON is the same.) */
export type LiveFrame = Omit<Frame, 'cursors'>;

/** How the page is connected. `since` is by the browser's clock. */
export interface ConnectionState {
	state: 'connecting' | 'live' | 'retrying' | 'offline' | 'polling';
	since: number;
}

/** What a connection follows and where it delivers. */
export interface ConnectionUse {
	follow(): { jobId: string; after: number }[];
	frame(frame: LiveFrame): void;
	/** Told of each change of state. */
	state?(state: ConnectionState): void;
	/** Told when a followed job is not there any more: who follows it finds out which, and follows the rest. */
	missing(): void;
}

/** A connect that has no answer after this long is given up and tried again. */
const FIRST_ANSWER_MS = 10_000;
/** Changes of what is followed that come together make one new connection. */
const SETTLE_MS = 50;

/** The one live connection of a page: any number of jobs and the list, over one stream. */
export class Connection {
	#current: ConnectionState = $state.raw({ state: 'connecting', since: Date.now() });
	readonly #client: Client;
	readonly #use: ConnectionUse;
	#subscription: { unsubscribe(): void } | null = null;
	#settling: ReturnType<typeof setTimeout> | null = null;
	#watchdog: ReturnType<typeof setTimeout> | null = null;
	#closed = false;

	constructor(client: Client, use: ConnectionUse) {
		this.#client = client;
		this.#use = use;
	}

	get current(): ConnectionState {
		return this.#current;
	}

	/** Opens the stream and keeps it open; listens for the moments when a browser forgets to notice that it is dead. */
	open(): void {
		this.#subscribe();
		addEventListener('online', this.#renew);
		addEventListener('offline', this.#lost);
		addEventListener('pageshow', this.#restored);
	}

	close(): void {
		this.#closed = true;
		this.#stop();
		if (this.#settling) clearTimeout(this.#settling);
		removeEventListener('online', this.#renew);
		removeEventListener('offline', this.#lost);
		removeEventListener('pageshow', this.#restored);
	}

	/** What is followed has changed: a new stream goes on from the cursors. */
	changed(): void {
		this.#settling ??= setTimeout(() => {
			this.#settling = null;
			this.#subscribe();
		}, SETTLE_MS);
	}

	/** What was followed before is lacking events: the same. */
	resume(): void {
		this.changed();
	}

	readonly #renew = () => this.#subscribe();
	readonly #lost = () => this.#show('offline');
	readonly #restored = (event: PageTransitionEvent) => {
		if (event.persisted) this.#subscribe();
	};

	#stop(): void {
		this.#subscription?.unsubscribe();
		this.#subscription = null;
		if (this.#watchdog) clearTimeout(this.#watchdog);
	}

	#subscribe(): void {
		if (this.#closed) return;
		this.#stop();
		this.#watch();
		this.#subscription = this.#client.live.watch.subscribe(
			{ follow: this.#use.follow(), feed: true },
			{
				onData: (item) => this.#receive(item.data as LiveFrame),
				onConnectionStateChange: ({ state, error }) => {
					if (state === 'pending') this.#alive();
					else if (state === 'connecting') this.#connecting(error !== null);
				},
				onError: (error) => {
					if (error.data?.code === 'NOT_FOUND') return this.#use.missing();
					this.#show('retrying');
					this.#watch();
				}
			}
		);
	}

	/** A stream that takes the place of a live one, to follow something else, is no trouble until it fails or is late. */
	#connecting(failed: boolean): void {
		const { state } = this.#current;
		if (failed || state !== 'live') this.#show(failed || state !== 'connecting' ? 'retrying' : 'connecting');
	}

	#receive(frame: LiveFrame): void {
		this.#alive();
		this.#use.frame(frame);
	}

	#alive(): void {
		if (this.#watchdog) clearTimeout(this.#watchdog);
		this.#show('live');
	}

	/** The stream's own silence limit reaches the client only with its first frame, so a connect that hangs needs this one. */
	#watch(): void {
		if (this.#watchdog) clearTimeout(this.#watchdog);
		this.#watchdog = setTimeout(() => {
			this.#show('retrying');
			this.#subscribe();
		}, FIRST_ANSWER_MS);
	}

	#show(state: ConnectionState['state']): void {
		const shown =
			typeof navigator !== 'undefined' && navigator.onLine === false && state !== 'live' ? 'offline' : state;
		if (this.#current.state === shown) return;
		this.#current = { state: shown, since: Date.now() };
		this.#use.state?.(this.#current);
	}
}
