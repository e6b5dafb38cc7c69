import { expect } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { emptySnapshot, type JobSnapshot } from '$lib/jobs/snapshot.ts';
import { reduceJob } from '$lib/operations/index.ts';
import type { AnyModel } from '$lib/operations/operation.ts';
import type { Rule } from './rule.ts';

/** What is shown in a list, or in one line of a receipt, is no longer than this. Characters. */
const LINE = 300;
/** A receipt has no more lines of one operation. */
const LINES = 20;

/** Rules about the functions of a model: both sides call them, at any time and as often as they like. */
export const purity: Rule[] = [
	{
		rows: 'PG-12 IR-12',
		says: 'folds its events purely: the same each time, into JSON, without touching what it is given, past events unknown to it',
		async check(subject) {
			const { model } = subject;
			const { snapshot, events } = await subject.witness();
			const log = events.map(({ event }) => event);
			const first = folded(model, snapshot, log.map(frozen));
			expect(first.unreadable, 'an event could not be folded into a frozen state').toBe(0);
			expect(folded(model, snapshot, log).state, 'the same events give another state').toEqual(first.state);
			expect(jsonOf(first.state), 'the state is not JSON').toEqual(first.state);
			expect(model.state(), 'a first state is shared').not.toBe(model.state());
			const unknown = { jobId: snapshot.id, seq: first.seq + 1, at: first.serverNow, type: 'unheard_of', data: {} };
			const open = { ...first, status: 'running' as const };
			expect(reduceJob(open, unknown, { [model.id]: model }).state, 'an unknown event changes the state').toEqual(
				first.state
			);
		}
	},
	{
		rows: 'CX-05',
		says: 'names its jobs and what they keep in few words, the same each time',
		async check(subject) {
			const { model } = subject;
			const input: unknown = frozen(model.input.parse(subject.input));
			const title = model.titleOf(input);
			expect(title.length, 'it has no title').toBeGreaterThan(0);
			expect(model.titleOf(input), 'another title the second time').toBe(title);
			const long = model.titleOf(lengthened(input));
			expect(long.length, 'a long input makes a long title').toBeLessThanOrEqual(LINE);
			expect(model.variantOf?.(input), 'another variant the second time').toBe(model.variantOf?.(input));
			const { snapshot } = await subject.witness();
			expect(() => model.keptOf?.(frozen(model.state()), {}), 'stopped before its first event').not.toThrow();
			const kept = () => model.keptOf?.(frozen(snapshot.state), frozen(snapshot.content)) ?? [];
			const lines = kept();
			expect(kept(), 'other words for what is kept the second time').toEqual(lines);
			expect(lines.length, 'too many lines of what is kept').toBeLessThanOrEqual(LINES);
			expect(
				Math.max(0, ...lines.map((line: string) => line.length)),
				'too long a line of what is kept'
			).toBeLessThanOrEqual(LINE);
		}
	}
];

/** The snapshot that a page makes of these events from nothing. */
export function folded(model: AnyModel, of: JobSnapshot, events: readonly JobEvent[]): JobSnapshot {
	const { id, title, input, options, createdAt, logEpoch } = of;
	const job = { id, operation: model.id, title, input, options, createdAt, logEpoch };
	const seed = { ...job, phases: model.phases, state: frozen(model.state()) };
	const models = { [model.id]: model };
	return events.reduce((snapshot, event) => {
		const next = reduceJob(snapshot, event, models);
		return { ...next, state: frozen(next.state) };
	}, emptySnapshot(seed));
}

/** The same value, which cannot be changed any more, however deep. */
function frozen<T>(value: T): T {
	if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
	for (const inner of Object.values(value)) frozen(inner);
	return Object.freeze(value);
}

function jsonOf(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value));
}

/** The same input with every text of it grown to thousands of letters. */
function lengthened(value: unknown): unknown {
	if (typeof value === 'string') return `${value} ${'long '.repeat(2_000)}`;
	if (Array.isArray(value)) return value.map(lengthened);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, lengthened(inner)]));
}
