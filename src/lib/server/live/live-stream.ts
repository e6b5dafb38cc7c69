import { tracked, type TrackedEnvelope } from '@trpc/server';
import { HeadwayError } from '../../jobs/error.ts';
import { writeCursor } from '../trpc/cursor.ts';
import { asTrpcError } from '../trpc/init.ts';
import type { Live } from './live.ts';
import type { Frame, Watch } from './watch.ts';

/** A frame as the typed door gives it: its cursors are the id. */
export type SentFrame = TrackedEnvelope<Omit<Frame, 'cursors'>>;

/** Whose stream it is, and until when it goes on. */
export interface StreamTerms {
	live: Live;
	logEpoch: string;
	until: AbortSignal;
	/** Resolves once the caller has taken what was sent; absent where the transport pulls by itself. */
	room?(until: AbortSignal): Promise<void>;
}

/**
 * What `live.watch` gives: frames for who takes them one by one, or what to watch for who has them pushed. Nothing is opened
 * until it is iterated.
 */
export class LiveStream implements AsyncIterable<SentFrame, void> {
	readonly watch: Watch;
	readonly #terms: StreamTerms;

	constructor(watch: Watch, terms: StreamTerms) {
		this.watch = watch;
		this.#terms = terms;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<SentFrame, void> {
		const { live, logEpoch, until, room } = this.#terms;
		try {
			for await (const { cursors, ...frame } of live.watch(this.watch, until)) {
				yield tracked(writeCursor(logEpoch, cursors), frame);
				await room?.(until);
			}
		} catch (error) {
			// The middleware has returned by now. As an unknown error it would make every client try again for ever.
			throw error instanceof HeadwayError ? asTrpcError(error) : error;
		}
	}
}
