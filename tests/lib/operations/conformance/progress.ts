import { expect } from 'vitest';
import { baseEvents } from '$lib/jobs/event.ts';
import type { Rule } from './rule.ts';

/**
 * Milliseconds that half of the events may take to a reader on two calm cores: the grouping (15 ms) and a turn of the
 * event loop. An operation that holds the loop takes longer with all of them. Where even an idle process wakes late, each of the
 * steps from the provider to the reader does so too.
 */
const USUAL_MS = 60;
const STEPS = 6;

/** Rules about what is seen while it runs. */
export const progress: Rule[] = [
	{
		rows: 'BY-04 PG-07',
		says: 'shows every percentage with its basis, between 0 and 1, and never a lower one',
		async check(subject) {
			const { events, transients } = await subject.witness();
			const all = [...events.map(({ event }) => event), ...transients].toSorted((a, b) => a.at - b.at);
			const bars = all.flatMap(({ type, data }) =>
				type === 'progress' ? [data as { fraction: number | null; basis: string }] : []
			);
			for (const { fraction, basis } of bars) {
				const known = typeof fraction === 'number';
				expect(['measured', 'estimated'].includes(basis), `${fraction} has the basis ${basis}`).toBe(known);
				if (known) expect(fraction >= 0 && fraction <= 1, `the bar stands at ${fraction}`).toBe(true);
			}
			const shown = bars.flatMap(({ fraction }) => (fraction === null ? [] : [fraction]));
			expect(shown, 'the bar falls').toEqual(shown.toSorted((a, b) => a - b));
			const entered = all.flatMap(({ type, data }) =>
				type === 'phase' ? [(data as { fraction: unknown }).fraction] : []
			);
			expect(entered.every(Number.isFinite), 'a phase begins at no number').toBe(true);
		}
	},
	{
		rows: 'OP-10',
		says: 'lets its events go as they come, and never holds the server up',
		async check(subject) {
			const { events, lateMs } = await subject.witness();
			const own = events.filter(({ event }) => !Object.hasOwn(baseEvents, event.type) || event.type === 'content');
			const delays = own.map(({ event, receivedAt }) => receivedAt - event.at).toSorted((a, b) => a - b);
			expect(delays[Math.floor(delays.length / 2)] ?? 0, 'half of its events wait longer').toBeLessThan(
				USUAL_MS + STEPS * lateMs
			);
		}
	}
];
