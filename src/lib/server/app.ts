import { pino } from 'pino';
import { startDemo, type Demo } from '../../demo/server.ts';
import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel, OperationRun, Provider } from '../operations/operation.ts';
import { Bell } from './bell.ts';
import { Blobs } from './blobs.ts';
import { systemClock, type Clock } from './clock.ts';
import { checkOperations, ConfigError, dataPaths, type Config } from './config.ts';
import { openDb } from './db/open.ts';
import type { JobRow } from './db/schema.ts';
import { Expectation } from './estimator.ts';
import { EventLog } from './event-log.ts';
import { takeFolder } from './folder-lock.ts';
import { Jobs } from './jobs.ts';
import { JobQueries } from './job-queries.ts';
import type { Ending } from './ending.ts';
import { JobStore } from './job-store.ts';
import { Live, type LiveSources } from './live.ts';
import { Metrics } from './metrics.ts';
import { openProvider } from './providers/open.ts';
import { Runner } from './runner.ts';
import { Snapshots } from './snapshots.ts';
import { readStatistics, type Statistics } from './statistics.ts';
import { Transients } from './transients.ts';

export type Logger = ReturnType<typeof pino>;

/** What every page knows about the server it talks to. */
export interface SystemInfo {
	provider: { id: string; label: string; demo: boolean; model: string };
	version: string;
	serverNow: number;
}

/** What an app is made from; all but the first two are for tests. */
export interface AppOptions {
	config: Config;
	runs: Record<string, OperationRun>;
	version?: string;
	clock?: Clock;
	log?: Logger;
	/** Instead of the configured provider or the demo. */
	provider?: Provider;
	migrationsFolder?: string;
	corpusFolders?: string[];
}

/** The running app, as doors and pages see it. */
export interface App {
	readonly config: Config;
	readonly log: Logger;
	readonly clock: Clock;
	readonly models: Record<string, AnyModel>;
	readonly jobs: Jobs;
	readonly live: Live;
	readonly queries: JobQueries;
	readonly blobs: Blobs;
	readonly metrics: Metrics;
	readonly bell: Bell;
	readonly runner: Runner;
	readonly demo: Demo | null;
	readonly logEpoch: string;
	/** The range that such a run usually takes, in ms; nulls without enough history. */
	forecast(
		owner: string,
		operation: string,
		variant: string
	): Promise<{ low: number; high: number; runs: number } | { low: null; high: null; runs: number }>;
	statistics(owner: string): Promise<Statistics>;
	system(): SystemInfo;
	/** What to print once it listens. */
	banner(address: string): string[];
	/** Ends every stream so that clients come back, and claims nothing more. */
	drain(): Promise<void>;
	close(): Promise<void>;
}

/** Wires everything; nothing else does. Rejects with a `ConfigError` when the data folder or database cannot be used. */
export async function createApp(options: AppOptions): Promise<App> {
	const { config, runs, version = '0', clock = systemClock } = options;
	checkOperations(config, Object.keys(runs));
	const log = options.log ?? pino({ level: config.logLevel, base: null });
	const store = await openStorage(options, clock);
	const { demo, provider } = await openSource(options, log);
	const { bell, queries } = store;

	const ended = (row: JobRow, ending: Ending) => {
		metrics.ended(row, ending, (clock.now() - (row.startedAt ?? clock.now())) / 1_000);
		log.info({ jobId: row.id, operation: row.operation, status: ending.status }, 'job ended');
	};
	const runner: Runner = new Runner(
		{
			...store,
			...{ clock, log, idleMs: config.idleMs, quietAfterMs: config.quietAfterMs },
			providerFor: (id) => theOne(provider, id),
			timeoutFor: (operation, declaredMs) => config.timeLimits[operation] ?? declaredMs,
			ended
		},
		runs,
		config.limits
	);
	const knowsProvider = (id: string) => id === provider.id;
	const jobs = new Jobs({
		...store,
		clock,
		log,
		runner,
		knowsProvider,
		ended,
		maxUnfinished: config.limits.unfinished
	});
	const live = openLive(store, jobs, { clock, logger: log });
	const metrics = new Metrics(queries, live);
	runner.start();
	const drain = async () => {
		live.drain();
		await runner.stop();
	};
	return {
		...{ config, log, clock, jobs, live, metrics, runner, demo, drain },
		...{ models: store.models, queries, blobs: store.blobs, bell, logEpoch: store.logEpoch },
		...facts({ provider, version, clock, queries, models: store.models }),
		async close() {
			await drain();
			await demo?.close();
			store.close();
		}
	};
}

/** Streams over the log, for all doors. */
function openLive(
	store: Pick<LiveSources, 'bell' | 'transients'> & { events: EventLog },
	jobs: Jobs,
	tools: Pick<LiveSources, 'clock' | 'logger'>
): Live {
	const { events, bell, transients } = store;
	return new Live({
		...{ log: events, bell, transients, ...tools },
		head: (owner, id) => jobs.head(owner, id),
		snapshot: (owner, id) => jobs.snapshot(owner, id),
		feed: (owner, since) => jobs.changed(owner, since)
	});
}

/** The database and what reads and writes it. */
async function openStorage({ config, runs, migrationsFolder }: AppOptions, clock: Clock) {
	const paths = dataPaths(config.dataDir);
	const leave = takeFolder(config.dataDir);
	const { db, logEpoch, close: closeDb } = openDb(paths.database, migrationsFolder);
	const close = () => {
		closeDb();
		leave();
	};
	const models: Record<string, AnyModel> = Object.fromEntries(
		Object.entries(runs).map(([id, { model }]) => [id, model])
	);
	const bell = new Bell();
	const events = new EventLog(db, bell, clock);
	const snapshots = new Snapshots(events, models, logEpoch);
	const blobs = new Blobs(paths.artifacts, db, clock);
	await blobs.sweep();
	const store = new JobStore(db, bell, clock, snapshots);
	return {
		store,
		queries: new JobQueries(db, clock),
		events,
		snapshots,
		transients: new Transients(bell, clock),
		blobs,
		bell,
		models,
		logEpoch,
		close
	};
}

/** The provider that runs the models; without a key or an address it is the demo, started here. */
async function openSource(
	{ config, provider, corpusFolders }: AppOptions,
	log: Logger
): Promise<{ demo: Demo | null; provider: Provider }> {
	if (provider) return { demo: null, provider };
	const demo = config.openai ? null : await openDemo(config, corpusFolders);
	return { demo, provider: openProvider(config, demo?.url ?? null, log) };
}

async function openDemo(config: Config, corpusFolders = ['docs', 'src/demo/corpus']): Promise<Demo> {
	const { pace, port } = config.demo;
	const dataDir = dataPaths(config.dataDir).demo;
	return startDemo({ dataDir, corpusFolders, pace, port }).catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		throw new ConfigError(
			`The demo provider cannot start (${reason}). Check HEADWAY_DEMO_PORT and the folder ${dataDir}, or set OPENAI_API_KEY.`
		);
	});
}

function theOne(provider: Provider, id: string | undefined): Provider {
	if (id === undefined || id === provider.id) return provider;
	throw new HeadwayError('provider_unreachable', `This job ran at "${id}", which this server does not use any more.`);
}

interface FactSources {
	provider: Provider;
	version: string;
	clock: Clock;
	queries: JobQueries;
	models: Record<string, AnyModel>;
}

/** What can be asked about the server and its history. */
function facts({
	provider,
	version,
	clock,
	queries,
	models
}: FactSources): Pick<App, 'forecast' | 'statistics' | 'system' | 'banner'> {
	const { id, label, demo, defaultModel: model } = provider;
	return {
		async forecast(_owner, operation, variant) {
			const found = Object.hasOwn(models, operation) ? models[operation] : undefined;
			if (!found) throw new HeadwayError('unknown_operation', `There is no operation "${operation}".`);
			const expectation = new Expectation(found, queries, { operation, model, variant });
			return expectation.forecast() ?? { low: null, high: null, runs: expectation.runs };
		},
		statistics: (owner) => readStatistics(queries, Object.values(models), owner),
		system: () => ({ provider: { id, label, demo, model }, version, serverNow: clock.now() }),
		banner: (address) => [`Headway is ready at ${address}`, demo ? demoLine : `Provider: ${label} (${model})`]
	};
}

const demoLine =
	'Provider: the demo (no OPENAI_API_KEY is set). It is no language model: it arranges what a small library says.';
