import { HeadwayError } from '../../jobs/error.ts';
import type { BreakerState } from './breaker.ts';
import type { GuardedProvider, TestOutcome } from './guarded-provider.ts';
import type { HealthFacts } from './health.ts';

/** What can be chosen for a run. */
export interface ProviderChoice {
	id: string;
	label: string;
	demo: boolean;
	models: { text: string; images: string };
	can: GuardedProvider['can'];
}

/** A provider as its page tells of it: no key, and of its address the host only. */
export interface ProviderReport extends ProviderChoice {
	isDefault: boolean;
	/** With the port; null where there is none. */
	host: string | null;
	breaker: BreakerState;
	health: HealthFacts;
	/** Whether Test can ask it anything that costs nothing. */
	testable: boolean;
	lastTest: TestOutcome | null;
	/** How many jobs run there now. */
	running: number;
}

/** The providers of this server; the first is the default. */
export class Providers {
	readonly #all: readonly [GuardedProvider, ...GuardedProvider[]];

	constructor(all: readonly [GuardedProvider, ...GuardedProvider[]]) {
		this.#all = all;
	}

	get default(): GuardedProvider {
		return this.#all[0];
	}

	all(): readonly GuardedProvider[] {
		return this.#all;
	}

	knows(id: string): boolean {
		return this.#all.some((provider) => provider.id === id);
	}

	/** The one of that id; the default one without. Throws for one that is no longer configured: a job may have run there. */
	get(id: string | undefined): GuardedProvider {
		const found = id === undefined ? this.default : this.#all.find((provider) => provider.id === id);
		if (found) return found;
		throw new HeadwayError('provider_unreachable', `This job ran at "${id}", which this server does not use any more.`);
	}

	choices(): ProviderChoice[] {
		return this.#all.map((provider) => choiceOf(provider));
	}

	/** How each stands; `running` counts jobs by provider. */
	reports(running: ReadonlyMap<string, number>): ProviderReport[] {
		return this.#all.map((provider) => ({
			...choiceOf(provider),
			isDefault: provider === this.default,
			host: provider.host ?? null,
			breaker: provider.breaker.state,
			health: provider.health.facts,
			testable: provider.testable,
			lastTest: provider.lastTest,
			running: running.get(provider.id) ?? 0
		}));
	}

	/** Asks one of them something that costs nothing. Throws `not_found` for an unknown one. */
	async test(id: string, signal: AbortSignal): Promise<TestOutcome> {
		return this.#named(id).test(signal);
	}

	/** The names of the models that one of them lists, in order; none where it lists none. Throws `not_found` for an unknown one. */
	async models(id: string, signal: AbortSignal): Promise<string[]> {
		return [...((await this.#named(id).models(signal)) ?? [])].sort();
	}

	#named(id: string): GuardedProvider {
		const provider = this.#all.find((one) => one.id === id);
		if (!provider) throw new HeadwayError('not_found', `This server has no provider "${id}".`);
		return provider;
	}
}

function choiceOf({ id, label, demo, can, defaultModel, defaultImageModel }: GuardedProvider): ProviderChoice {
	return { id, label, demo, can, models: { text: defaultModel, images: defaultImageModel } };
}
