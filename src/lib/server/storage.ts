import type { AnyModel, RunLog } from '../operations/operation.ts';
import { Bell } from './bell.ts';
import { openFiles } from './blobs/open.ts';
import { Corrections } from './corrections.ts';
import { Checkpoints } from './checkpoints.ts';
import { Conversations } from './conversations/conversations.ts';
import type { Clock } from './clock.ts';
import { dataPaths, type Config } from './config.ts';
import { folderFault } from './data-folder.ts';
import { KnowledgeBase } from './knowledge/knowledge-base.ts';
import { LogMark } from './db/log-mark.ts';
import { openDb } from './db/open.ts';
import { EventLog } from './event-log.ts';
import { takeFolder, type FolderHold } from './folder-lock.ts';
import { Gallery } from './gallery.ts';
import { JobQueries } from './job-queries.ts';
import { JobStore } from './job-store.ts';
import { interactiveOf } from './limit-settings.ts';
import { Preferences } from './preferences.ts';
import { Slots } from './slots.ts';
import type { Alongside } from './store-parts.ts';
import { Snapshots } from './snapshots.ts';
import { TemporaryFolders } from './temporary-folders.ts';
import { Transients } from './transients.ts';

/** What storage is opened with. */
interface StorageOptions {
	config: Config;
	models: Record<string, AnyModel>;
	migrationsFolder?: string | undefined;
	clock: Clock;
	log: RunLog;
	/** Names the code that runs. */
	version?: string | undefined;
}

/** Everything that outlives a run. */
export type Storage = Awaited<ReturnType<typeof openStorage>>;

/** Opens the database, the files and what reads and writes them; what a killed process left half-made is removed. Rejects with a `ConfigError`. */
export async function openStorage(options: StorageOptions) {
	const { dataDir } = options.config;
	try {
		const database = openDatabase(dataPaths(dataDir), takeFolder(dataDir), options);
		return await openParts(database, options).catch(closing(database));
	} catch (error) {
		throw folderFault(dataDir, error);
	}
}

/** For what fails after it was opened: closes it and passes the error on. Left open, it would look like one whose server was killed, and the next start would look through all of it. */
export function closing({ close }: { close(): void }): (error: unknown) => never {
	return (error) => {
		close();
		throw error;
	};
}

/** What stands on the database. */
async function openParts(
	{ db, mark, vectors, close }: ReturnType<typeof openDatabase>,
	{ config, models, clock, log, version = '0' }: StorageOptions
) {
	const paths = dataPaths(config.dataDir);
	if (!vectors) log.warn({}, 'SQLite has no vectors on this machine: documents are found by their words only');
	const { logEpoch } = mark;
	const bell = new Bell();
	const events = new EventLog(db, bell, clock);
	const snapshots = new Snapshots(events, models, logEpoch, new Checkpoints(db, version));
	const files = await openFiles(config, paths.artifacts, { db, clock, log, models });
	const folders = new TemporaryFolders(paths.temporary);
	await folders.sweep();
	const preferences = new Preferences(db);
	const conversations = new Conversations({ db, clock, snapshots, preferences });
	return {
		store: new JobStore(db, bell, clock, {
			snapshots,
			alongside: ended(conversations),
			interactive: interactiveOf(models)
		}),
		conversations,
		knowledge: new KnowledgeBase(db, clock, vectors),
		slots: new Slots(db, bell, clock),
		corrections: new Corrections(db, bell, clock),
		folders,
		queries: new JobQueries(db, clock),
		...{ gallery: new Gallery(db), preferences },
		events,
		snapshots,
		transients: new Transients(bell, clock),
		...files,
		bell,
		models,
		logEpoch,
		close
	};
}

/** What is written beside the end of a job, by its operation. */
function ended(conversations: Conversations): Record<string, Alongside> {
	return { chat: (tx, row, snapshot) => conversations.ended(tx, row, snapshot) };
}

/** The database of a folder that is held. It is let go when the database closes, or cannot be opened. */
function openDatabase(
	paths: { database: string; mark: string },
	{ unclean, release }: FolderHold,
	{ migrationsFolder, clock }: Pick<StorageOptions, 'migrationsFolder' | 'clock'>
) {
	try {
		const { db, logEpoch, vectors, close } = openDb(paths.database, migrationsFolder, { check: unclean });
		const mark = new LogMark(db, paths.mark, logEpoch);
		const closed = new AbortController();
		void mark.keep(clock, closed.signal);
		return {
			...{ db, mark, vectors },
			close() {
				closed.abort();
				mark.attempt();
				close();
				release();
			}
		};
	} catch (error) {
		release();
		throw error;
	}
}
