import type { Cost, Receipt, Usage } from '../jobs/event.ts';
import type { Provider, ProviderOutcome } from '../operations/operation.ts';
import { pause, type Clock } from './clock.ts';
import type { ProviderLink } from './provider-link.ts';

/** How long the provider may take to say that it has stopped, and how long the true usage is asked for after that. */
export interface Patience {
	cancelMs: number;
	usageMs: number;
}

/** Eight seconds in all, so that the receipt comes within ten (architecture section 7). */
export const ORDINARY: Patience = { cancelMs: 5_000, usageMs: 3_000 };
/** A server that shuts down has 4 s for all of its jobs. */
export const SHUTDOWN: Patience = { cancelMs: 1_500, usageMs: 500 };
const UNKNOWN: Cost = { usd: null, known: false };

/** What a stop found out at the provider. */
export interface ProviderStop {
	provider: Receipt['provider'];
	acknowledgedAt: number | null;
	usage: Usage | null;
	cost: Cost;
}

/** What is said of a response that is left for another process: nothing was stopped. */
export const leftRunning: ProviderStop = { provider: 'not_needed', acknowledgedAt: null, usage: null, cost: UNKNOWN };

/** Stops what a run has at the provider, and reads what it cost. Never throws: what could not be confirmed is said to be unconfirmed. */
export async function stopAtProvider(
	provider: Provider,
	link: ProviderLink,
	clock: Clock,
	patience = ORDINARY
): Promise<ProviderStop> {
	const stopped = (how: Receipt['provider'], acknowledgedAt: number | null, outcome: ProviderOutcome | null) => ({
		...{ provider: how, acknowledgedAt },
		...link.billed(outcome?.usage ? { usage: outcome.usage, cost: outcome.cost } : null)
	});
	if (link.state === 'none') return stopped('not_needed', null, null);
	if (link.outcome) return stopped('already_ended', null, link.outcome);
	if (link.state === 'creating' || !link.responseId || !provider.can.background)
		return stopped('unconfirmed', null, null);
	const answer = await cancelWithin(provider, link.responseId, clock, patience.cancelMs);
	const acknowledgedAt = answer.provider === 'unconfirmed' ? null : clock.now();
	const outcome = answer.outcome?.usage
		? answer.outcome
		: await readUsage(provider, link.responseId, clock, patience.usageMs);
	return stopped(answer.provider, acknowledgedAt, outcome);
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
