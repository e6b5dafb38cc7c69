import { unknownCost, type Cost, type Receipt, type Usage } from '../jobs/event.ts';
import type { Provider, ProviderOutcome } from '../operations/operation.ts';
import { pause, type Clock } from './clock.ts';

/** How long the provider may take to say that it has stopped, and how long the true usage is asked for after that. */
export interface Patience {
	cancelMs: number;
	usageMs: number;
}

/** Eight seconds in all, so that the receipt comes within ten (architecture section 7). */
export const ORDINARY: Patience = { cancelMs: 5_000, usageMs: 3_000 };
/** A server that shuts down has 4 s for all of its jobs. */
export const SHUTDOWN: Patience = { cancelMs: 1_500, usageMs: 500 };

/** A response as whoever ran it knows it. */
export interface Standing {
	state: 'none' | 'creating' | 'created';
	responseId: string | null;
	/** It runs there without our connection, so that it can be asked for by its id. */
	resumable: boolean;
	/** How it ended, where that is known. */
	outcome: ProviderOutcome | null;
}

/** How the provider took it that a response was to end; `outcome` has the usage, where that was told in time. */
export interface Halt {
	provider: Receipt['provider'];
	acknowledgedAt: number | null;
	outcome: ProviderOutcome | null;
}

/** What a stop found out at the provider. */
export interface ProviderStop {
	provider: Receipt['provider'];
	acknowledgedAt: number | null;
	usage: Usage | null;
	cost: Cost;
}

/** A run's link, as far as it is stopped. */
interface Stoppable {
	halt(patience: Patience): Promise<Halt>;
	/** What all of its requests were billed, with what this one used. */
	settle(outcome: ProviderOutcome | null): Pick<ProviderStop, 'usage' | 'cost'>;
}

/** What is said of a response that is left for another process: nothing was stopped. */
export const leftRunning: ProviderStop = {
	provider: 'not_needed',
	acknowledgedAt: null,
	usage: null,
	cost: unknownCost
};

/** Stops what a run has at the provider, and reads what it cost. Never throws: what could not be confirmed is said to be unconfirmed. */
export async function stopAtProvider(link: Stoppable, patience = ORDINARY): Promise<ProviderStop> {
	const { provider, acknowledgedAt, outcome } = await link.halt(patience);
	return { provider, acknowledgedAt, ...link.settle(outcome) };
}

/** Cancels a response where it may still run, and reads its usage; bounded by `patience`. Never throws. */
export async function haltAtProvider(
	provider: Provider,
	{ state, responseId, resumable, outcome }: Standing,
	clock: Clock,
	patience: Patience
): Promise<Halt> {
	if (state === 'none') return { provider: 'not_needed', acknowledgedAt: null, outcome: null };
	if (outcome) return { provider: 'already_ended', acknowledgedAt: null, outcome };
	if (state === 'creating' || !responseId || !resumable)
		return { provider: 'unconfirmed', acknowledgedAt: null, outcome: null };
	const answer = await cancelWithin(provider, responseId, clock, patience.cancelMs);
	const acknowledgedAt = answer.provider === 'unconfirmed' ? null : clock.now();
	if (answer.outcome?.usage) return { ...answer, acknowledgedAt };
	const read = await readUsage(provider, responseId, clock, patience.usageMs);
	return { provider: answer.provider, acknowledgedAt, outcome: read ?? answer.outcome };
}

async function cancelWithin(provider: Provider, responseId: string, clock: Clock, ms: number) {
	const unconfirmed = { provider: 'unconfirmed' as const, outcome: null };
	return withDeadline(clock, ms, unconfirmed, async (signal) => {
		for (let wait = 250; !signal.aborted; wait *= 2) {
			const answer = await provider.cancel(responseId, signal).catch(() => unconfirmed);
			if (answer.provider !== 'unconfirmed') return answer;
			await pause(clock, wait, signal);
		}
		return unconfirmed;
	});
}

async function readUsage(
	provider: Provider,
	responseId: string,
	clock: Clock,
	ms: number
): Promise<ProviderOutcome | null> {
	return withDeadline(clock, ms, null, async (signal) => {
		for (let wait = 250; !signal.aborted; wait *= 2) {
			const outcome = await provider.fetch(responseId, signal).catch(() => null);
			if (outcome?.usage) return outcome;
			await pause(clock, wait, signal);
		}
		return null;
	});
}

/** Runs `work` until it is done or the time is up; then its signal aborts and `late` stands. */
async function withDeadline<T>(
	clock: Clock,
	ms: number,
	late: T,
	work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
	const controller = new AbortController();
	const done = new AbortController();
	const deadline = pause(clock, ms, done.signal).then(() => {
		controller.abort();
		return late;
	});
	const result = await Promise.race([work(controller.signal), deadline]);
	done.abort();
	return result;
}
