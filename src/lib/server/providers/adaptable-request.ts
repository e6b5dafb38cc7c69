import type { HeadwayError } from '../../jobs/error.ts';
import type { ResponseRequest } from '../../operations/provider.ts';
import { refusesBackground } from './faults.ts';
import type { AttachDeps } from './memory.ts';
import { refusedPart, withoutParts, type Dispensable } from './refusals.ts';

/** A request that goes without what the provider was found to refuse. */
export class AdaptableRequest {
	readonly #deps: AttachDeps;
	readonly #refused: Set<Dispensable>;
	#now: ResponseRequest;

	constructor(request: ResponseRequest, deps: AttachDeps) {
		this.#deps = deps;
		this.#refused = deps.refused ?? new Set();
		this.#now = withoutParts(request, this.#refused);
	}

	/** As it is sent next. */
	get now(): ResponseRequest {
		return this.#now;
	}

	/** Whether the same can be asked in a way that `error` did not refuse; then `now` is that way. */
	adapt(error: HeadwayError): boolean {
		const { log, leftOut } = this.#deps;
		if (this.#now.background && refusesBackground(error)) {
			log.info({ model: this.#now.model }, 'no background mode here: the run is held by this server');
			this.#now = { ...this.#now, background: false };
			return true;
		}
		const part = refusedPart(error, this.#now);
		if (part === null) return false;
		log.info({ model: this.#now.model, part }, 'the model does without a part of the request');
		this.#refused.add(part);
		this.#now = withoutParts(this.#now, this.#refused);
		leftOut?.(part);
		return true;
	}
}
