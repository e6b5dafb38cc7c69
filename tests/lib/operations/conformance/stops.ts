import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { App } from '$lib/server/app.ts';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, start, until } from '../../../support/app.ts';
import { stillRunning, type Subject } from './subject.ts';
import type { Rule } from './rule.ts';

/** A run that is told to stop has stopped within this time; what takes 5 s is left behind. Milliseconds. */
const PROMPT_MS = 4_000;
/** Slow enough that no run ends within its limit of one second. */
const CRAWL = 1;

/** Rules about how it is stopped, and what is left of it then. */
export const stops: Rule[] = [
	{
		rows: 'CX-01 CX-06',
		says: 'cancelled in the phase %s leaves nothing behind',
		each: ({ phases }) => phases,
		async check(subject, phase) {
			const app = await subject.make(undefined, subject.pace);
			const before = await heldBy(app);
			const id = await cancelIn(app, subject, phase);
			const { status, error, receipt } = await ended(app, id);
			expect(await phasesOf(app, id), `the phase never came${subject.why(error)}`).toContain(phase);
			expect([status, receipt?.reason], `the cancel did not end it${subject.why(error)}`).toEqual([
				'cancelled',
				'user'
			]);
			expect(Number(receipt?.stoppedAt) - Number(receipt?.requestedAt), 'it was slow to stop').toBeLessThan(PROMPT_MS);
			expect(
				receipt?.cleanedUp.filter(({ ok }) => !ok),
				'a cleanup failed'
			).toEqual([]);
			await expectNothingLeft(app, before);
		}
	},
	{
		rows: 'OP-07',
		says: 'ends at its time limit with an error that says so, and leaves nothing behind',
		async check(subject) {
			const { model, input } = subject;
			const app = await subject.make(undefined, CRAWL);
			const before = await heldBy(app);
			// Where it asks nobody, it is not slow by itself.
			subject.brake.hold(subject.phases.at(-1) ?? '');
			const { id } = await start(app, model.id, input, { timeLimit: 1 });
			const { error, receipt, result } = await ended(app, id).finally(() => subject.brake.release());
			expect(error?.code, `the time limit did not end it${subject.why(error)}`).toBe('timeout');
			expect(error?.message).toMatch(/time limit/);
			expect(result).toBeNull();
			expect(Number(receipt?.stoppedAt) - Number(receipt?.requestedAt), 'it was slow to stop').toBeLessThan(PROMPT_MS);
			await expectNothingLeft(app, before);
		}
	},
	{
		rows: 'BY-06',
		says: 'finishes early with a result of its schema, and says at most what that will ask',
		asked: ({ model }) => model.can.finishNow,
		async check(subject) {
			const { model, input, pace } = subject;
			const app = await subject.make(undefined, pace);
			const { id } = await start(app, model.id, input);
			expect(model.finishingOf, 'it does not say what finishing will ask').toBeDefined();
			const quoteOf = ({ input: parsed, state, content }: JobSnapshot) =>
				model.finishingOf?.(parsed, state, content) ?? {};
			// Before there is anything to finish from, it may refuse.
			const there = await until(app, id, (job) => job.phase !== null && !('refused' in quoteOf(job)));
			const tokens: unknown[] = Object.values(quoteOf(there));
			expect(
				tokens.every((each) => Number.isFinite(each) && Number(each) >= 0),
				'it asks no number of tokens'
			).toBe(true);
			await app.jobs.finish('local', id);
			const snapshot = await ended(app, id);
			expect(subject.brake.asked.has('finishing'), 'it never looks whether it is to finish').toBe(true);
			subject.expectResult(snapshot, 'finishing early');
		}
	},
	{
		rows: 'BY-06',
		says: 'refuses to be finished early, for it cannot',
		asked: ({ model }) => !model.can.finishNow,
		async check(subject) {
			const app = await subject.make(undefined, subject.pace);
			const { id } = await start(app, subject.model.id, subject.input);
			await expect(app.jobs.finish('local', id)).rejects.toMatchObject({ code: 'not_supported' });
			await app.jobs.cancel('local', id);
			expect((await ended(app, id)).status).toBe('cancelled');
		}
	}
];

/** Starts a job and cancels it in this phase; its id. */
async function cancelIn(app: App, { model, input, brake }: Subject, phase: string): Promise<string> {
	brake.hold(phase);
	const { id } = await start(app, model.id, input);
	const there = await until(app, id, (snapshot) => snapshot.phase === phase || snapshot.endedAt !== null);
	if (there.phase === phase) await app.jobs.cancel('local', id);
	brake.release();
	if (there.phase === phase) return id;
	// It waits for nothing there and was through before it could be seen: caught at the threshold.
	await ended(app, id);
	brake.atEntry(phase, (jobId) => void app.jobs.cancel('local', jobId));
	const again = await start(app, model.id, input);
	await ended(app, again.id).finally(() => brake.release());
	return again.id;
}

async function phasesOf(app: App, id: string): Promise<string[]> {
	const events = await allEvents(app, id);
	return events.flatMap(({ type, data }) => (type === 'phase' ? [(data as { phase: string }).phase] : []));
}

/** What a run may hold: listeners at the bell, and timers that keep the process alive. The least of some looks: others come and go. */
async function heldBy(app: App): Promise<{ listeners: number; timers: number }> {
	const least = { listeners: Infinity, timers: Infinity };
	for (let looks = 0; looks < 6; looks += 1) {
		const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
		least.listeners = Math.min(least.listeners, app.bell.size);
		least.timers = Math.min(least.timers, timers.length);
		await sleep(20, undefined, { ref: false });
	}
	return least;
}

/** No file, no row without an owner, no slot, no listener, no timer, nothing at the provider. */
async function expectNothingLeft(app: App, before: { listeners: number; timers: number }): Promise<void> {
	await app.runner.idle();
	expect(app.runner.running, 'a slot is held').toBe(0);
	expect(filesLeft(app), 'files are left').toEqual([]);
	expect(await stillRunning(app), 'the provider goes on').toEqual([]);
	let after = await heldBy(app);
	for (let tries = 0; tries < 8 && after.timers > before.timers; tries += 1) after = await heldBy(app);
	expect(after.listeners, 'listeners are left').toBeLessThanOrEqual(before.listeners);
	expect(after.timers, 'timers are left').toBeLessThanOrEqual(before.timers);
}

/** Half-written files, temporary folders, and what lies in the store without a row. */
function filesLeft(app: App): string[] {
	const { artifacts, temporary, database } = dataPaths(app.config.dataDir);
	const db = new Database(database, { readonly: true });
	try {
		const pathsOf = (table: string) => db.prepare(`select path from ${table}`).pluck().all() as string[];
		const owned = new Set([...pathsOf('artifacts'), ...pathsOf('files')]);
		const stored = filesIn(artifacts).filter((path) => !owned.has(path));
		return [...stored, ...filesIn(temporary), ...pathsOf('loose_blobs')];
	} finally {
		db.close();
	}
}

function filesIn(folder: string): string[] {
	try {
		const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
		const files = entries.filter((entry) => entry.isFile());
		return files.map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.length + 1));
	} catch {
		return [];
	}
}
