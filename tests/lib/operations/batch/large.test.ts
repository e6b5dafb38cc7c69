import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { MOST_PARTS, type BatchPart, type BatchState } from '$lib/operations/batch/model.ts';
import batch from '$lib/operations/batch/run.server.ts';
import { makeApp, runsOf, start } from '../../../support/app.ts';
import { stepsThat } from '../../../support/operations.ts';

const KB = 1024;
const sizeOf = (value: unknown) => JSON.stringify(value).length;

test('TS-18 OP-08 the largest batch costs two events a part, small ticks, and a state that a page can take at once', async () => {
	const work = stepsThat(
		async (ctx, { name }) => {
			for (const phase of ['first', 'second', 'third'] as const) {
				ctx.phase(phase);
				await new Promise<void>((resolve) => void ctx.after(150, resolve));
			}
			return { sum: name.length };
		},
		{ scoreOf: ({ sum }: { sum: number }) => sum / 10, limits: { timeoutMs: 60_000, running: 8 } }
	);
	const app = await makeApp({ runs: runsOf(batch, work) });
	const names = Array.from({ length: MOST_PARTS / 4 }, (_, index) => `puzzle number ${index}`);
	const began = performance.now();
	const vary = { name: names, model: ['model-a', 'model-b', 'model-c', 'model-d'] };
	const { id } = await start(app, 'batch', { operation: 'steps', input: {}, vary });
	const acceptedMs = performance.now() - began;
	const events: JobEvent[] = [];
	const ticks: number[] = [];
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
	for await (const frame of app.live.watch(watch, AbortSignal.timeout(110_000))) {
		events.push(...frame.events);
		ticks.push(...frame.transients.filter(({ type }) => type === 'parts').map(sizeOf));
	}
	const snapshot = await app.jobs.snapshot('local', id);
	const parts = events.filter(({ type }) => type === 'part').map(({ data }) => data as BatchPart);
	console.log(
		`batch of ${MOST_PARTS}: accepted in ${acceptedMs.toFixed(0)} ms, over after ${snapshot.elapsedMs} ms; ${events.length} events of ${sizeOf(events)} characters; ` +
			`${ticks.length} ticks, the largest ${Math.max(...ticks)}; a snapshot of ${sizeOf(snapshot)}`
	);
	expect(snapshot.status).toBe('succeeded');
	expect((snapshot.state as BatchState).parts.map(({ key }) => Number(key))).toEqual(
		Array.from({ length: MOST_PARTS }, (_, index) => index + 1)
	);
	expect(parts).toHaveLength(2 * MOST_PARTS);
	expect(events.length).toBeLessThan(2 * MOST_PARTS + 20);
	expect(ticks.length).toBeGreaterThan(0);
	// Those that move: at most 50 could be open, and 8 run.
	expect(Math.max(...ticks)).toBeLessThan(4 * KB);
	expect(sizeOf(snapshot)).toBeLessThan(256 * KB);
}, 120_000);
