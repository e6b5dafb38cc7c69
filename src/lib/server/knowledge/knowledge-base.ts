import { HeadwayError } from '../../jobs/error.ts';
import type { Knowledge } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/open.ts';

/** Every owner's documents. */
export class KnowledgeBase {
	readonly #db: Db;
	readonly #clock: Clock;

	constructor(db: Db, clock: Clock) {
		this.#db = db;
		this.#clock = clock;
	}

	/** One owner's. */
	of(_owner: string): Knowledge {
		throw new HeadwayError('internal', 'not built');
	}
}
