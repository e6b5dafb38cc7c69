import { expect, test } from 'vitest';
import type { ProviderEvent } from '$lib/operations/operation.ts';
import { EventWriter, GROUP_MS } from '$lib/server/event-writer.ts';
import { ProviderLink } from '$lib/server/provider-link.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { aRunningJob, makeCore, notes } from './core.ts';
import { created, ended, FakeProvider } from './fake-provider.ts';
import { KeptLog } from './providers/wiring.ts';

const text = (cursor: number): ProviderEvent => ({ cursor, type: 'text', itemId: 'm', part: 0, text: 'x' });

test('BY-01 while an operation handles an event the stored cursor is that of the event before, however long it takes', async () => {
	const clock = new FakeClock();
	const core = makeCore({ clock });
	const row = await aRunningJob(core);
	const writer = new EventWriter({ log: core.log, clock, jobId: row.id, epoch: 1, onFailure: () => undefined });
	const link = new ProviderLink({
		...{ row, clock, writer, model: 'fake-1', streaming: true, idleMs: 60_000, silenceMs: 30_000 },
		provider: new FakeProvider([created(0), text(1), text(2), ended(3)]),
		signal: new AbortController().signal,
		log: new KeptLog(),
		heard: () => undefined
	});
	const stored = async () => (await core.queries.get('local', row.id)).cursor;
	const during: (number | null)[] = [];
	for await (const { cursor } of link.respond({ input: 'work' })) {
		await clock.advance(2 * GROUP_MS);
		during.push(await stored());
		for (const note of notes(1, cursor ?? 0)) writer.add(note);
	}
	await writer.flush();
	expect(during).toEqual([0, 0, 1, 2]);
	expect(await stored()).toBe(3);
});
