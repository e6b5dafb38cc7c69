import { expect } from 'vitest';
import type { HeadwayError } from '$lib/jobs/error.ts';
import { parseEvent } from '$lib/jobs/event.ts';
import { ended, start } from '../../../support/app.ts';
import type { Rule } from './rule.ts';

/** Rules about what an operation says of itself. */
export const declarations: Rule[] = [
	{
		rows: 'OP-01',
		says: 'succeeds with a result of its schema, through declared phases and events only',
		async check(subject) {
			const { model, phases } = subject;
			const { snapshot, events: seen } = await subject.witness();
			subject.expectResult(snapshot, 'the run');
			const events = seen.map(({ event }) => event);
			expect(
				events.filter((event) => !parseEvent(event, model.events)),
				'undeclared events'
			).toEqual([]);
			expect(snapshot.unreadable, 'unreadable events').toBe(0);
			const entered = events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
			expect(entered, 'it does not enter its phases as they are declared; going back is no entry').toEqual(phases);
		}
	},
	{
		rows: 'OP-06',
		says: 'works without streaming',
		async check(subject) {
			const app = await subject.make();
			const { id } = await start(app, subject.model.id, subject.input, { stream: false });
			subject.expectResult(await ended(app, id), 'the run without streaming');
		}
	},
	{
		rows: 'CX-12',
		says: 'started twice with one key is one job',
		async check(subject) {
			const app = await subject.make();
			const request = { operation: subject.model.id, input: subject.input, idempotencyKey: 'once' };
			const both = [app.jobs.start('local', request), app.jobs.start('local', request)];
			const started = await Promise.all(both);
			expect(new Set(started.map(({ snapshot }) => snapshot.id)).size, 'two jobs of one start').toBe(1);
			expect((await app.jobs.list('local', { parent: 'none' })).jobs).toHaveLength(1);
		}
	},
	{
		rows: 'OP-01',
		says: 'refuses input that makes no sense, naming the field, and stores nothing',
		async check(subject) {
			const app = await subject.make();
			for (const nonsense of [7, 'text', [], { unheardOf: true }]) {
				const request = { operation: subject.model.id, input: nonsense };
				const error = await app.jobs.start('local', request).then(
					() => null,
					(refused: HeadwayError) => refused
				);
				expect(error?.code, `${JSON.stringify(nonsense)} is taken as input`).toBe('invalid_input');
				expect(error?.fields?.length, 'no field is named').toBeGreaterThan(0);
				expect(error?.fields?.every(({ path }) => /^input\b/.test(path))).toBe(true);
			}
			expect((await app.jobs.list('local', {})).jobs).toEqual([]);
		}
	}
];
