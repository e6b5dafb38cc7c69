import { expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import { ended, makeApp, runsOf, start, until } from '../../support/app.ts';
import { Gate, stepsThat } from '../../support/operations.ts';
import { FakeProvider } from './fake-provider.ts';

test('RS-11 a reader is sent each transient event once, whatever else comes after it', async () => {
	const go = new Gate();
	const run = stepsThat(async (ctx) => {
		ctx.transient('preview', { index: 1 });
		ctx.phase('first');
		await go.passed;
		for (let note = 1; note <= 5; note += 1) ctx.emit('note', { text: `${note}` });
		return { sum: 1 };
	});
	const app = await makeApp({ provider: new FakeProvider(), runs: runsOf(run) });
	const { id } = await start(app, 'steps', {});
	await until(app, id, ({ phase }) => phase === 'first');
	const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
	const seen: JobEvent[] = [];
	for await (const frame of app.live.watch(watch, AbortSignal.timeout(10_000))) {
		seen.push(...frame.transients);
		if (frame.kind === 'live') go.open();
	}
	await ended(app, id);
	expect(seen.filter(({ type }) => type === 'preview')).toHaveLength(1);
});
