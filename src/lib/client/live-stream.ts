import type { Unsubscribable } from '@trpc/server/observable';
import { Alarm } from './alarm.ts';
import { howOf, retryAfterMsOf, type AnswerError } from './answer-error.ts';
import type { Wire } from './attentive-event-source.ts';
import { warnOfBrokenFrame } from './broken-frame.ts';
import { logEpochOf, readFrame, type Follow, type LiveFrame } from './live-frame.ts';
import type { Client } from './trpc.ts';

/** How a stream came to its end. */
export interface StreamEnd {
	/** `cut`: it broke. `silent`: not even a ping came. `missing`: a followed job is not there. `refused`: trying again as it is will not help. */
	how: 'cut' | 'silent' | 'missing' | 'refused';
	/** Whether it had brought a frame. */
	brought: boolean;
	lastedMs: number;
	/** How long the server said to wait, in ms. */
	retryAfterMs: number;
}

/** What is followed, as `live.watch` and `live.poll` take it. */
export interface WatchInput {
	follow: Follow;
	feed: boolean;
	logEpoch?: string;
}

/** Who is told how a stream goes. */
export interface StreamUse {
	/** Takes server-sent events, whatever was chosen. */
	plain?: boolean;
	/** Something came, a ping perhaps. */
	heard(): void;
	/** The server answered. */
	opened(): void;
	frame(frame: LiveFrame, logEpoch: string | undefined): void;
	/** A frame was unreadable, and what it brought is lacking. */
	broken(): void;
	/** Once; not after `close`. */
	ended(end: StreamEnd): void;
}

/** A connect that has no answer after this long is given up. */
const FIRST_ANSWER_MS = 10_000;
/** Pings come every 15 s: a stream without anything for this long is dead. */
const SILENCE_MS = 20_000;

/** One attempt at the live stream, until it ends for whatever reason, silence too: a cut that nobody is told of, or a connect that hangs. */
export class LiveStream {
	readonly #use: StreamUse;
	readonly #watchdog = new Alarm();
	readonly #openedAt = Date.now();
	#subscription: Unsubscribable | null = null;
	#heardAt: number | null = null;
	#brought = false;
	#over = false;

	constructor(client: Client, input: WatchInput, use: StreamUse) {
		this.#use = use;
		this.#watch(FIRST_ANSWER_MS);
		const wire: Wire = { heard: () => this.#heard(), broken: () => this.#over || use.broken() };
		this.#subscription = client.live.watch.subscribe(input, {
			context: { wire, plain: use.plain ?? false },
			onData: (item) => this.#receive(item.data, item.id),
			onConnectionStateChange: ({ state, error }) => {
				if (state === 'pending' && !this.#over) use.opened();
				if (state === 'connecting' && error) this.#end('cut', error);
			},
			onError: (error) => this.#end(howOf(error), error),
			onComplete: () => this.#end('cut')
		});
		if (this.#over) this.#subscription.unsubscribe();
	}

	/** How long nothing has come, in ms. */
	get silentMs(): number {
		return Date.now() - (this.#heardAt ?? this.#openedAt);
	}

	/** How long ago it was asked for, in ms. */
	get ageMs(): number {
		return Date.now() - this.#openedAt;
	}

	close(): void {
		this.#over = true;
		this.#watchdog.clear();
		this.#subscription?.unsubscribe();
	}

	/** Notices a silence that a slowed timer has not noticed yet. */
	check(): void {
		this.#watchdog.check();
	}

	#heard(): void {
		if (this.#over) return;
		this.#heardAt = Date.now();
		this.#watch(SILENCE_MS);
		this.#use.heard();
	}

	#receive(data: unknown, id: string | undefined): void {
		this.#heard();
		if (this.#over) return;
		const frame = readFrame(data);
		if (!frame) {
			warnOfBrokenFrame('it is not one of this version');
			return this.#use.broken();
		}
		this.#brought = true;
		this.#use.frame(frame, logEpochOf(id));
	}

	#watch(ms: number): void {
		this.#watchdog.set(ms, () => this.#end('silent'));
	}

	#end(how: StreamEnd['how'], error?: AnswerError): void {
		if (this.#over) return;
		this.close();
		const lastedMs = Date.now() - this.#openedAt;
		this.#use.ended({ how, brought: this.#brought, lastedMs, retryAfterMs: retryAfterMsOf(error) });
	}
}
