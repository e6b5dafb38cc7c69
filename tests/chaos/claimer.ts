// One of several processes that claim from one database: prints what it got, `job epoch`, a line each.
import { join } from 'node:path';
import { Bell } from '../../src/lib/server/bell.ts';
import { systemClock as clock } from '../../src/lib/server/clock.ts';
import { openDb } from '../../src/lib/server/db/open.ts';
import { EventLog } from '../../src/lib/server/event-log.ts';
import { JobStore } from '../../src/lib/server/job-store.ts';
import { Snapshots } from '../../src/lib/server/snapshots.ts';

const [folder = ''] = process.argv.slice(2);
const { db, logEpoch } = openDb(join(folder, 'headway.db'));
const bell = new Bell();
const store = new JobStore(db, bell, clock, { snapshots: new Snapshots(new EventLog(db, bell, clock), {}, logEpoch) });
const limits = { server: 100, owner: 100, operation: {}, provider: null, defaultProvider: 'fake' };
const terms = { runner: `claimer:${process.pid}:a`, leaseMs: 15_000, limits, isGone: () => false };
try {
	for (let row = await store.claim(terms); row; row = await store.claim(terms)) {
		console.log(`${row.id} ${row.epoch}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
} catch (error) {
	console.log(`error ${String(error)}`);
}
