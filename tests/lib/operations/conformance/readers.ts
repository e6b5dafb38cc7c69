import { expect } from 'vitest';
import { endsJob, type JobEvent } from '$lib/jobs/event.ts';
import type { App } from '$lib/server/app.ts';
import { allEvents, ended, start } from '../../../support/app.ts';
import { folded } from './purity.ts';
import type { Rule } from './rule.ts';

/** Rules about those who watch it. */
export const readers: Rule[] = [
	{
		rows: 'PG-12 RS-07',
		says: 'left and rejoined many times shows the same as one that was watched throughout',
		async check(subject) {
			const { model } = subject;
			const app = await subject.make(undefined, subject.pace);
			const { id } = await start(app, model.id, subject.input);
			const throughout = allEvents(app, id);
			const pieces = await inPieces(app, id, subject.timeoutMs);
			expect(pieces, 'a reader who came and went has other events').toEqual(await throughout);
			const snapshot = await app.jobs.snapshot('local', id);
			const { state, content, phases, result } = folded(model, snapshot, pieces);
			const served = {
				state: snapshot.state,
				content: snapshot.content,
				phases: snapshot.phases,
				result: snapshot.result
			};
			expect({ state, content, phases, result }, 'a page that folds by itself shows something else').toEqual(served);
		}
	},
	{
		rows: 'TS-18',
		says: 'does not wait for a reader that stands still, who misses nothing',
		async check(subject) {
			const app = await subject.make();
			const { id } = await start(app, subject.model.id, subject.input);
			const slow = watching(app, id, 0, subject.timeoutMs);
			const seen = (await slow.next()).value?.events ?? [];
			await ended(app, id);
			for await (const { events } of slow) seen.push(...events);
			expect(seen, 'the slow reader has other events').toEqual(await allEvents(app, id));
		}
	}
];

function watching(app: App, jobId: string, after: number, timeoutMs: number) {
	const watch = { owner: 'local', follow: [{ jobId, after }], feed: false, snapshots: false };
	return app.live.watch(watch, AbortSignal.timeout(timeoutMs));
}

/** Every event, each connection hung up after the first that it brings. */
async function inPieces(app: App, jobId: string, timeoutMs: number): Promise<JobEvent[]> {
	const pieces: JobEvent[] = [];
	while (!endsJob(pieces.at(-1)?.type ?? ''))
		for await (const { events } of watching(app, jobId, pieces.at(-1)?.seq ?? 0, timeoutMs)) {
			pieces.push(...events);
			if (events.length > 0) break;
		}
	return pieces;
}
