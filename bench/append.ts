import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Bell } from '../src/lib/server/bell.ts';
import { systemClock } from '../src/lib/server/clock.ts';
import { openDb } from '../src/lib/server/db/open.ts';
import { jobs } from '../src/lib/server/db/schema.ts';
import { EventLog } from '../src/lib/server/event-log.ts';
import { EventWriter } from '../src/lib/server/event-writer.ts';
import { temporaryFolder } from './built-app.ts';
import type { Context, Figure, Measure } from './measure.ts';
import { note } from './note.ts';

const each = 'bare better-sqlite3, a commit for each event';
const turn = 'bare better-sqlite3, a commit for each turn';
const migrationsFolder = join(import.meta.dirname, '..', 'drizzle');

/** One way to write: so many turns, in each of which every job has so many events. Resolves when all are committed. */
type Write = (turns: number, events: number) => Promise<void>;

interface Store {
	write: Write;
	/** Rows that are there: a figure for events that were not written would be worth nothing. */
	rows(): number;
	close(): void;
}

/** Headway's log, on jobs that run. */
function openLog(folder: string, count: number, through: 'log' | 'writer'): Store {
	const { db, close } = openDb(join(folder, `${through}-${count}.db`), migrationsFolder);
	const ids = Array.from({ length: count }, (_, n) => `job_${n}`);
	for (const id of ids) {
		const now = Date.now();
		const what = { id, owner: 'local', operation: 'bench', title: 'Bench', input: {}, options: {}, requestHash: id };
		db.insert(jobs)
			.values({ ...what, status: 'running', epoch: 1, createdAt: now, updatedAt: now } as typeof jobs.$inferInsert)
			.run();
	}
	const log = new EventLog(db, new Bell(), systemClock);
	const write = through === 'log' ? throughLog(log, ids) : throughWriter(log, ids);
	const rows = () => db.$client.prepare('select count(*) from events').pluck().get() as number;
	return { write, rows, close };
}

const throughLog =
	(log: EventLog, ids: string[]): Write =>
	async (turns, events) => {
		for (let n = 0; n < turns; n += 1)
			await Promise.all(
				ids.map((id) =>
					log.append(
						id,
						1,
						Array.from({ length: events }, () => ({ type: 'note', data: note(n) }))
					)
				)
			);
	};

/** As a run writes: `add` for each event, and the end of a turn is when all of it is in the log. */
function throughWriter(log: EventLog, ids: string[]): Write {
	const failed = (error: unknown) => {
		throw error;
	};
	const writers = ids.map((jobId) => new EventWriter({ log, clock: systemClock, jobId, epoch: 1, onFailure: failed }));
	return async (turns, events) => {
		for (let n = 0; n < turns; n += 1) {
			for (const writer of writers)
				for (let added = 0; added < events; added += 1) writer.add({ type: 'note', data: note(n) });
			await Promise.all(writers.map((writer) => writer.flush()));
		}
	};
}

/** The same rows into the same table with the same pragmas, and nothing around it: no fencing, no jobs, nobody to tell. */
function openBare(folder: string, count: number, commits: 'each' | 'turn', name: string): Store {
	const db = new Database(join(folder, `bare-${name}-${commits}-${count}.db`));
	for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'busy_timeout = 5000']) db.pragma(pragma);
	db.exec(
		'create table events (job_id text not null, seq integer not null, at integer not null, type text not null, data text not null, primary key (job_id, seq))'
	);
	const insert = db.prepare('insert into events values (?, ?, ?, ?, ?)');
	const ids = Array.from({ length: count }, (_, n) => `job_${n}`);
	let seq = 0;
	const writeTurn = (n: number, events: number) => {
		for (const id of ids)
			for (let added = 1; added <= events; added += 1)
				insert.run(id, seq + added, Date.now(), 'note', JSON.stringify(note(n)));
		seq += events;
	};
	const atOnce = db.transaction(writeTurn);
	const write: Write = async (turns, events) => {
		for (let n = 0; n < turns; n += 1) {
			(commits === 'turn' ? atOnce : writeTurn)(n, events);
			// Headway's appends resolve in a turn of their own; so do these.
			await Promise.resolve();
		}
	};
	const rows = () => db.prepare('select count(*) from events').pluck().get() as number;
	return { write, rows, close: () => db.close() };
}

interface Case {
	what: string;
	jobs: number;
	through: 'log' | 'writer';
	/** Of each job in a turn. */
	events: number;
	turns: number;
	times?: number;
}

async function compare(context: Context, folder: string, given: Case): Promise<Figure> {
	const turns = context.quick ? Math.ceil(given.turns / 5) : given.turns;
	const names = [given.through, String(given.events)].join('-');
	const stores = [
		openLog(folder, given.jobs, given.through),
		openBare(folder, given.jobs, 'each', names),
		openBare(folder, given.jobs, 'turn', names)
	];
	const total = turns * given.events * given.jobs;
	const once = async ({ write, rows }: Store) => {
		const before = rows();
		const began = performance.now();
		await write(turns, given.events);
		const ms = performance.now() - began;
		if (rows() - before !== total) throw new Error(`${rows() - before} of ${total} events were stored`);
		return (1_000 * ms) / total;
	};
	try {
		// The first round of each fills caches and compiles; it is not counted.
		for (const store of stores) await once(store);
		const tasks = stores.map((store) => () => once(store));
		const [ours = [], byEach = [], byTurn = []] = await context.interleaved(tasks, context.quick ? 3 : 7);
		const peers = [
			{ name: each, rounds: byEach },
			{ name: turn, rounds: byTurn }
		];
		const targets = given.times === undefined ? [] : [{ against: each, times: given.times }];
		return { what: given.what, unit: 'µs', better: 'lower', ours, peers, targets };
	} finally {
		for (const store of stores) store.close();
	}
}

const cases: Case[] = [
	{ what: 'append, one job, for each event', jobs: 1, through: 'log', events: 1, turns: 3_000 },
	{ what: 'append, 100 jobs, for each event', jobs: 100, through: 'log', events: 1, turns: 60, times: 1.5 },
	{ what: 'emit, 100 jobs, 10 events a turn, for each event', jobs: 100, through: 'writer', events: 10, turns: 10 }
];

const append: Measure = {
	name: 'append',
	about: 'What it costs to have an event in the log, against bare better-sqlite3 with the same rows and durability.',
	async run(context) {
		const folder = temporaryFolder();
		try {
			const figures: Figure[] = [];
			for (const given of cases) figures.push(await compare(context, folder, given));
			return figures;
		} finally {
			rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
		}
	}
};
export default append;
