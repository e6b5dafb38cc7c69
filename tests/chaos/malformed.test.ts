import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import research from '$lib/operations/research/run.server.ts';
import { createApp } from '$lib/server/app.ts';
import { systemClock, type Clock } from '$lib/server/clock.ts';
import { readConfig } from '$lib/server/config.ts';
import { HostileServer } from './hostile-server.ts';
import { malformed } from './malformed.ts';
import { askedAt } from './researches.ts';

/** Waits pass 75 times faster: what is tested is not how long they are. */
const hasty: Clock = { now: systemClock.now, after: (ms, task) => systemClock.after(ms / 75, task) };
/** Longer than every wait that a hasty run can come to. */
const END_MS = 60_000;

/** Trials at once: a silent provider keeps its own waiting, and no other. */
const AT_ONCE = 8;

/** How a research at such a provider went. */
interface Trial {
	job: JobSnapshot;
	events: JobEvent[];
	server: HostileServer;
}

const folder = mkdtempSync(join(tmpdir(), 'headway-malformed-'));
const trials = new Map<string, Trial>();
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

/** A research at a provider that behaves like this, in an app of its own. */
async function tryOut([name, behaviour]: (typeof malformed)[number], index: number): Promise<Trial> {
	const server = await HostileServer.start(behaviour);
	const env = { HEADWAY_DATA: join(folder, String(index)), LOG_LEVEL: 'silent', HEADWAY_IDLE_TIMEOUT: '75' };
	const config = readConfig({ ...env, ...askedAt(server.url) });
	const app = await createApp({ config, runs: { research }, clock: hasty });
	try {
		const input = { query: `What comes of ${name}?`, depth: 'quick' };
		const { id } = (await app.jobs.start('local', { operation: 'research', input })).snapshot;
		const late = AbortSignal.timeout(END_MS);
		const job = await app.jobs.wait('local', id, END_MS * 75, late);
		const events: JobEvent[] = [];
		const watch = { owner: 'local', follow: [{ jobId: id, after: 0 }], feed: false, snapshots: false };
		for await (const frame of app.live.watch(watch, late)) events.push(...frame.events);
		return { job, events, server };
	} finally {
		await app.close();
		server.close();
	}
}

beforeAll(async () => {
	process.on('unhandledRejection', note);
	// The slow ones first.
	const waiting = malformed.map((one, index) => ({ one, index }));
	waiting.sort((a, b) => Number(a.one[0].includes('silence')) - Number(b.one[0].includes('silence')));
	const work = async () => {
		for (let next = waiting.pop(); next; next = waiting.pop())
			trials.set(next.one[0], await tryOut(next.one, next.index));
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}, 2 * END_MS);

afterAll(() => {
	process.off('unhandledRejection', note);
	rmSync(folder, { recursive: true, force: true });
});

test.each(malformed)(
	'RS-13 BY-02 TS-13 %s ends with the report or with a named error, created once',
	(name, _behaviour, expected) => {
		const { job, events, server } = trials.get(name)!;
		const ending = { status: job.status, code: job.error?.code ?? null, asked: server.asked.slice(-3) };
		if (expected === 'succeeded') {
			const { report } = trials.get('a stream with nothing')!.job.result as { report: string };
			expect(report).toMatch(/^# Battery/);
			expect(ending).toMatchObject({ status: 'succeeded', code: null });
			expect((job.result as { report: string }).report).toBe(report);
		} else {
			expect(ending).toMatchObject({ status: 'failed' });
			expect(expected).toContain(ending.code);
			expect(job.error?.message).toMatch(/^[A-Z].{20,}\.$/s);
		}
		// What may have begun is never sent again.
		expect(server.creates.slice(0, -1).filter((begun) => begun === 'maybe')).toEqual([]);
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
	}
);

test('TS-13 nothing that a provider says leaves a rejection that nobody handles, or changes what all objects are', () => {
	expect(trials.size).toBe(malformed.length);
	expect(unhandled).toEqual([]);
	expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
