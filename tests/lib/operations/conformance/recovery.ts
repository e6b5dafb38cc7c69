import { cpSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { dataPaths } from '$lib/server/config.ts';
import { allEvents, ended, start, temporaryFolder, until } from '../../../support/app.ts';
import { folded } from './purity.ts';
import { creates, type Subject } from './subject.ts';
import type { Rule } from './rule.ts';

/** How the server goes. */
const ways = ['is restarted', 'is killed'] as const;

/** Rules about a server that goes in the middle of it. */
export const recovery: Rule[] = [
	{
		rows: 'BY-01 RS-13',
		says: 'goes on, or ends, as it declares when its server %s, and is never paid twice',
		each: () => ways,
		async check(subject, way) {
			const { model } = subject;
			const { id, before, dataDir } = await leftHalfway(subject, way === 'is killed');
			const app = await subject.make(dataDir, subject.pace);
			const snapshot = await ended(app, id);
			const events = await allEvents(app, id);
			expect(
				events.map(({ seq }) => seq),
				'its log has gaps'
			).toEqual(events.map((_, index) => index + 1));
			if (model.can.resumable || model.can.repeatable) subject.expectResult(snapshot, 'the run that was taken up');
			else expect(snapshot.error?.code, 'it declares that it cannot go on').toBe('interrupted');
			const { state, content } = folded(model, snapshot, events);
			expect({ state, content }, 'the log tells another story than the job').toEqual({
				state: snapshot.state,
				content: snapshot.content
			});
			const usual = await subject.witness();
			expect(doubled({ state, content }, usual.snapshot), 'what was shown before is shown twice').toEqual([]);
			expect(before + (await creates(app)), 'it was paid twice').toBeLessThanOrEqual(usual.creates);
		}
	}
];

/** Lists and texts that are longer than those of a run that was left alone: the demo says the same each time. */
function doubled(now: unknown, usual: unknown, path: string[] = []): string[] {
	if (typeof now === 'string')
		return path[0] === 'content' && now.length > String(usual ?? '').length ? [path.join('.')] : [];
	if (typeof now !== 'object' || now === null) return [];
	if (Array.isArray(now) && now.length > ((usual as unknown[] | null)?.length ?? 0)) return [path.join('.')];
	const beside = (usual ?? {}) as Record<string, unknown>;
	return Object.entries(now).flatMap(([name, value]) => doubled(value, beside[name], [...path, name]));
}

/** A job in the middle of its work, with the folder that its server left, and how many requests it had sent by then. */
async function leftHalfway(subject: Subject, killed: boolean) {
	const { model, input, phases, pace, brake } = subject;
	const dataDir = temporaryFolder();
	const app = await subject.make(dataDir, pace);
	const half = phases[Math.min(1, phases.length - 1)];
	// A phase that asks no provider may last only moments.
	brake.hold(half ?? '');
	const { id } = await start(app, model.id, input);
	const there = await until(app, id, ({ phase, endedAt }) => phase === half || endedAt !== null);
	expect(there.phase, 'it ended before it was halfway').toBe(half);
	if (killed)
		await expect.poll(() => creating(dataDir), { message: 'a create never had its answer', interval: 5 }).toBe(0);
	// What is in the files at one moment is what a killed process leaves: nothing is flushed and nothing is told to stop.
	const left = killed ? copyOf(dataDir) : dataDir;
	const before = killed ? 0 : await creates(app);
	await app.close();
	brake.release();
	return { id, before, dataDir: left };
}

/** Jobs whose create has not been answered: lost in that moment, each is an unknown outcome, and rightly so (BY-02). */
function creating(dataDir: string): number {
	const db = new Database(dataPaths(dataDir).database, { readonly: true });
	try {
		return db.prepare("select count(*) from jobs where provider_state = 'creating'").pluck().get() as number;
	} finally {
		db.close();
	}
}

/** Made in one turn of the event loop, so that no write of this process falls into it. The lock stays where it is held. */
function copyOf(folder: string): string {
	const copy = temporaryFolder();
	cpSync(folder, copy, { recursive: true, filter: (path) => !/(headway|folder)\.lock$/.test(path) });
	return copy;
}
