// A process that is killed in the middle of something with files: what, is its first argument; where, its second.
import { join } from 'node:path';
import { Artifacts } from '../../../../src/lib/server/blobs/artifacts.ts';
import type { Blobs } from '../../../../src/lib/server/blobs/blobs.ts';
import { LocalBlobs } from '../../../../src/lib/server/blobs/local-blobs.ts';
import { LooseKeys } from '../../../../src/lib/server/blobs/loose-keys.ts';
import { Uploads } from '../../../../src/lib/server/blobs/uploads.ts';
import { openDb } from '../../../../src/lib/server/db/open.ts';
import { JobStore } from '../../../../src/lib/server/job-store.ts';
import { Bell } from '../../../../src/lib/server/bell.ts';
import { systemClock as clock } from '../../../../src/lib/server/clock.ts';
import { EventLog } from '../../../../src/lib/server/event-log.ts';
import { Snapshots } from '../../../../src/lib/server/snapshots.ts';

const [what = '', dataDir = '', jobId = ''] = process.argv.slice(2);
const { db, logEpoch } = openDb(join(dataDir, 'headway.db'));
const local = new LocalBlobs(join(dataDir, 'artifacts'));
const never = new Promise<never>(() => {});
setInterval(() => {}, 1_000);

/** Says that the moment has come, and waits to be killed. */
async function die(): Promise<never> {
	console.log('now');
	return never;
}

async function* halfOfIt(): AsyncGenerator<Uint8Array> {
	yield Buffer.alloc(200_000, 'x');
	yield await die();
}

const files = (blobs: Blobs) => {
	const loose = new LooseKeys({ blobs, db, clock, log: { warn: () => undefined } });
	return { blobs, loose, db, clock };
};
const withPut = (put: Blobs['put']): Blobs => ({
	put,
	read: (...args) => local.read(...args),
	remove: (keys) => local.remove(keys),
	list: (prefix) => local.list(prefix),
	sweep: () => local.sweep(),
	check: () => local.check()
});

const deeds: Record<string, () => Promise<unknown>> = {
	'in the middle of a file': () => {
		const halved = withPut((key, _body, facts) => local.put(key, halfOfIt(), facts));
		return new Artifacts(files(halved)).put(jobId, { name: 'a.bin', mediaType: 'x/y', bytes: 'x' });
	},
	'after the bytes and before the row': () => {
		const whole = withPut(async (...args) => {
			await local.put(...args);
			return die();
		});
		return new Artifacts(files(whole)).put(jobId, { name: 'a.bin', mediaType: 'x/y', bytes: 'whole' });
	},
	'in the middle of an upload': () =>
		new Uploads({ ...files(local), models: {}, maxBytes: 1e9 }).put('local', { name: 'a.csv', body: halfOfIt() }),
	'after the row is gone and before the bytes are': async () => {
		const bell = new Bell();
		const snapshots = new Snapshots(new EventLog(db, bell, clock), {}, logEpoch);
		await new JobStore(db, bell, clock, { snapshots }).remove('local', jobId);
		await die();
	}
};
await deeds[what]?.();
