import { Alarm } from './alarm.ts';
import { backoff } from './backoff.ts';
import { watchBrowser } from './browser-moments.ts';
import type { Follow, LiveFrame } from './live-frame.ts';
import { LiveStream, type StreamEnd, type WatchInput } from './live-stream.ts';
import { Polling } from './polling.ts';
import { watchTransport } from './transport.ts';
import type { Client } from './trpc.ts';

/**
 * How the page is connected. `polling`: no stream can be had, and it asks instead. `failed`: it has tried for long, and
 * goes on only seldom. `since` is by the browser's clock.
 */
export interface ConnectionState {
	state: 'connecting' | 'live' | 'retrying' | 'offline' | 'polling' | 'failed';
	since: number;
}

/** What a connection follows and where it delivers. */
export interface ConnectionUse {
	follow(): Follow;
	frame(frame: LiveFrame): void;
	/** Told of each change of state. */
	state?(state: ConnectionState): void;
	/** Told that the server is heard, a ping included: at most twice a second. */
	heard?(): void;
	/** Told when a followed job is not there any more: who follows it finds out which, and follows the rest. */
	missing(): void;
}

/** To the second is what a page says of when it last heard. */
const HEARD_MS = 500;
/** Changes of what is followed that come together make one new connection. */
const SETTLE_MS = 50;
/** One and a half pings: who has heard nothing for so long does not wait for the watchdog when the page is looked at again. */
const STALE_MS = 22_500;
/** A stream that lasted this long was a steady one; the wait after those that did not grows. */
const STEADY_MS = 5_000;
/** After so many failures in a row, or one connect that hung, the page asks instead. */
const TRIES = 3;
/** While it asks, a stream is tried this often, quietly. */
const QUIET_TRY_MS = 30_000;
/** So many streams that go mute one after the other are held back on the way; one that lasts this long is not. */
const MUTES = 2;
const PROVEN_MS = 30_000;
/** Trouble that lasts this long is said to be for good. */
const GIVE_UP_MS = 120_000;

/** The one live connection of a page: any number of jobs and the list, over one stream, or by asking where none can be had. */
export class Connection {
	#current: ConnectionState = $state.raw({ state: 'connecting', since: Date.now() });
	#heardAt: number | null = $state(null);
	readonly #client: Client;
	readonly #use: ConnectionUse;
	readonly #polling: Polling;
	readonly #retry = new Alarm();
	readonly #settle = new Alarm();
	#stream: LiveStream | null = null;
	#forget: () => void = () => undefined;
	/** Streams in a row that did not serve. */
	#failures = 0;
	/** Streams in a row that served, but not for long. */
	#brief = 0;
	/** Streams in a row that brought something and then went mute. */
	#mute = 0;
	/** The last one gave no answer, or went mute as those before it. */
	#hung = false;
	/** Whether the chosen way was tried in vain while the server answered: from then on the usual one is taken. */
	#plain = false;
	#broken = { count: 0, at: 0 };
	#troubleSince: number | null = null;
	#logEpoch: string | undefined;
	#closed = false;

	constructor(client: Client, use: ConnectionUse) {
		this.#client = client;
		this.#use = use;
		this.#polling = new Polling(client, {
			input: () => this.#input(),
			frame: (frame, logEpoch) => this.#deliver(frame, logEpoch),
			answered: (first) => this.#answered(first),
			unanswered: (how) => (how === 'missing' ? this.#use.missing() : this.#troubled(how === 'refused'))
		});
	}

	get current(): ConnectionState {
		return this.#current;
	}

	/** When anything last came from the server, a ping included, to half a second; null when nothing has. By the browser's clock, in ms. */
	get heardAt(): number | null {
		return this.#heardAt;
	}

	/** Opens the stream and keeps it open; listens for the moments when a browser forgets to notice that it is dead, and for another choice of transport. */
	open(): void {
		this.#subscribe();
		const unwatch = watchBrowser({
			back: () => this.#subscribe(),
			seen: () => this.#seen(),
			lost: () => this.#lost()
		});
		const unchoose = watchTransport(() => this.tryAgain());
		this.#forget = () => {
			unwatch();
			unchoose();
		};
	}

	close(): void {
		this.#closed = true;
		this.#forget();
		this.#retry.clear();
		this.#settle.clear();
		this.#polling.stop();
		this.#stop();
	}

	/** What is followed has changed: a new stream, or the next question, goes on from the cursors. */
	changed(): void {
		if (!this.#settle.pending) this.#settle.set(SETTLE_MS, () => this.#renew());
	}

	/** What was followed before is lacking events: the same. */
	resume(): void {
		this.changed();
	}

	/** A person wants it tried now. */
	tryAgain(): void {
		this.#failures = 0;
		this.#brief = 0;
		this.#plain = false;
		this.#troubleSince = null;
		if (this.#current.state === 'failed') this.#show('retrying');
		this.#polling.now();
		this.#subscribe();
	}

	/** Does what is overdue; a tab that is looked at reminds the leading one, whose timers are slow while it is hidden. */
	check(): void {
		this.#retry.check();
		this.#settle.check();
		this.#polling.check();
		this.#stream?.check();
	}

	#renew(): void {
		if (this.#polling.active) this.#polling.now();
		// One that is being tried meanwhile would carry what was followed before.
		if (!this.#polling.active || this.#stream) this.#subscribe();
	}

	/** A server on this device, or in a network without a way out, may still be there: only an attempt tells. */
	#lost(): void {
		this.#show('offline');
		this.#subscribe();
	}

	#seen(): void {
		this.check();
		const stale = this.#stream !== null && this.#stream.silentMs > STALE_MS;
		if (stale || this.#retry.pending) this.#subscribe();
	}

	#stop(): void {
		this.#stream?.close();
		this.#stream = null;
	}

	#input(): WatchInput {
		const epoch = this.#logEpoch === undefined ? {} : { logEpoch: this.#logEpoch };
		return { follow: this.#use.follow(), feed: true, ...epoch };
	}

	#subscribe(): void {
		if (this.#closed) return;
		this.#stop();
		this.#retry.clear();
		this.#stream = new LiveStream(this.#client, this.#input(), {
			plain: this.#plain,
			heard: () => this.#heard(),
			// One that was refused time and again has said nothing yet by answering.
			opened: () => this.#failures === 0 && !this.#doubted && this.#live(),
			frame: (frame, logEpoch) => this.#receive(frame, logEpoch),
			broken: () => this.#fetchAgain(),
			ended: (end) => this.#ended(end)
		});
	}

	/** Every frame says so, and a stream of text has many in a second: each change would render what shows it. */
	#heard(): void {
		const now = Date.now();
		if (this.#heardAt !== null && Math.abs(now - this.#heardAt) < HEARD_MS) return;
		this.#heardAt = now;
		this.#use.heard?.();
	}

	/** After several that went mute, one is trusted when it has outlasted their silence; till then the page asks on. */
	get #doubted(): boolean {
		return this.#mute >= MUTES && (this.#stream?.ageMs ?? 0) < PROVEN_MS;
	}

	#live(): void {
		this.#troubleSince = null;
		this.#polling.stop();
		this.#show('live');
	}

	#receive(frame: LiveFrame, logEpoch: string | undefined): void {
		this.#failures = 0;
		if (!this.#doubted) this.#live();
		this.#deliver(frame, logEpoch);
	}

	#deliver(frame: LiveFrame, logEpoch: string | undefined): void {
		this.#heard();
		this.#logEpoch = logEpoch ?? this.#logEpoch;
		this.#use.frame(frame);
	}

	/** The frame after a broken one may be long in coming: what it carried is fetched from the cursors. */
	#fetchAgain(): void {
		const again = Date.now() - this.#broken.at < GIVE_UP_MS;
		this.#broken = { count: again ? this.#broken.count + 1 : 1, at: Date.now() };
		if (!this.#retry.pending) this.#retry.set(backoff(this.#broken.count), () => this.#subscribe());
	}

	#ended({ how, brought, lastedMs, retryAfterMs }: StreamEnd): void {
		this.#stream = null;
		if (how === 'missing') return this.#use.missing();
		const served = how === 'cut' && brought;
		this.#failures = served ? 0 : this.#failures + 1;
		this.#brief = lastedMs < STEADY_MS ? this.#brief + 1 : 0;
		if (lastedMs < PROVEN_MS) this.#mute = how === 'silent' && brought ? this.#mute + 1 : this.#mute;
		else this.#mute = 0;
		if (!this.#polling.active) this.#troubled(how === 'refused');
		else if (this.#polling.answered) this.#show('polling');
		// One that hung has already cost the time of three that were refused.
		this.#hung = how === 'silent' && (!brought || this.#mute >= MUTES);
		if (this.#hung || this.#failures >= TRIES) this.#polling.start();
		const asking = this.#current.state === 'polling';
		const quietMs = this.#plain ? QUIET_TRY_MS : backoff(1);
		// The server is there, and the chosen way does not get through to it.
		this.#plain ||= asking;
		const waitMs = asking ? quietMs : backoff(Math.max(this.#failures, this.#brief));
		this.#retry.set(Math.max(waitMs, retryAfterMs), () => this.#subscribe());
	}

	/** The server is there. Streams that failed while it was away may do now: that they do not get through is said once one has failed again. */
	#answered(first: boolean): void {
		this.#troubleSince = null;
		if (!first || this.#hung) this.#show('polling');
		if (first) this.#subscribe();
	}

	#troubled(forGood: boolean): void {
		this.#troubleSince ??= Date.now();
		const failed = forGood || Date.now() - this.#troubleSince >= GIVE_UP_MS;
		if (this.#current.state !== 'failed' || failed) this.#show(failed ? 'failed' : 'retrying');
	}

	#show(state: ConnectionState['state']): void {
		const known = state === 'live' || state === 'polling';
		const shown = typeof navigator !== 'undefined' && navigator.onLine === false && !known ? 'offline' : state;
		if (this.#current.state === shown) return;
		this.#current = { state: shown, since: Date.now() };
		this.#use.state?.(this.#current);
	}
}
