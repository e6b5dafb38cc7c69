import { isTerminal, outputAfter } from './events.ts';
import type { ScriptedEvent } from './events.ts';
import { responseObject } from './response-object.ts';
import type { Identity, Standing } from './response-object.ts';

/** A response as it is kept. What has happened of it follows from its creation time, its pace and the clock. */
export interface StoredResponse extends Identity {
	pace: number;
	usageNull: boolean;
	/** The prompt as text. */
	prompt: string;
	/** The whole course of the response, in order; ends early when it was cancelled. */
	events: ScriptedEvent[];
}

/** How many of the events have happened at `now` (milliseconds since 1970). */
export function dueCount({ createdAt, pace, events }: StoredResponse, now: number): number {
	const elapsed = Math.max(0, now - createdAt) * pace;
	const next = events.findIndex(({ at }) => at > elapsed);
	return next < 0 ? events.length : next;
}

/** Real milliseconds until event `index` happens; not positive when it has. */
export function dueIn({ createdAt, pace, events }: StoredResponse, index: number, now: number): number {
	return createdAt + (events[index]?.at ?? Infinity) / pace - now;
}

/** Whether the response has come to its end at `now`. */
export function hasEnded(response: StoredResponse, now: number): boolean {
	return isTerminal(response.events[dueCount(response, now) - 1]?.event);
}

/** The Response object at `now`. */
export function objectAt(response: StoredResponse, now: number): Record<string, unknown> {
	const due = response.events.slice(0, dueCount(response, now));
	const last = due.at(-1)?.event;
	if (last && isTerminal(last)) return last.response as Record<string, unknown>;
	const waits = response.events[1]?.event.type === 'response.queued';
	const started = due.some(({ event }) => event.type === 'response.in_progress');
	const status: Standing['status'] = waits && !started ? 'queued' : 'in_progress';
	return responseObject(response, { status, output: outputAfter(due) });
}
