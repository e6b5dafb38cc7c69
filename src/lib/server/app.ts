import { pino } from 'pino';
import { startDemo, type Demo } from '../../demo/server.ts';
import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel, OperationRun, Provider } from '../operations/operation.ts';
import { Bell } from './bell.ts';
import { Blobs } from './blobs.ts';
import { systemClock, type Clock } from './clock.ts';
import { dataPaths, type Config } from './config.ts';
import { openDb } from './db/open.ts';
import { Expectation } from './estimator.ts';
import { EventLog } from './event-log.ts';
import { Jobs } from './jobs.ts';
import { JobQueries } from './job-queries.ts';
import { JobStore } from './job-store.ts';
import { Live } from './live.ts';
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
	forecast(owner: string, operation: string, variant: string): Promise<{ low: number; high: number; runs: number } | { low: null; high: null; runs: number }>;
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
	const log = options.log ?? pino({ level: config.logLevel, base: null });
	const paths = dataPaths(config.dataDir);
	const { db, logEpoch, close } = openDb(paths.database, options.migrationsFolder);
	const models = Object.fromEntries(Object.entries(runs).map(([id, { model }]) => [id, model]));
	const bell = new Bell();
	const events = new EventLog(db, bell, clock);
	const snapshots = new Snapshots(events, models, logEpoch);
	const store = new JobStore(db, bell, clock, snapshots);
	const queries = new JobQueries(db, clock);
	const transients = new Transients(bell, clock);
	const blobs = new Blobs(paths.artifacts, db, clock);
	await blobs.sweep();

	const needsDemo = !options.provider && !config.openai;
	const demo = needsDemo ? await openDemo(config, paths.demo, options.corpusFolders) : null;
	const provider = options.provider ?? openProvider(config, demo?.url ?? null, log);
	const providerFor = (id: string | undefined) => {
		if (id === undefined || id === provider.id) return provider;
		throw new HeadwayError('provider_unreachable', `This job ran at "${id}", which this server does not use any more.`);
	};

	const runner: Runner = new Runner(
		{
			...{ store, queries, events, snapshots, transients, blobs, bell, clock, log, providerFor },
			...{ idleMs: config.idleMs, quietAfterMs: config.quietAfterMs },
			timeoutFor: (operation, declaredMs) => config.timeLimits[operation] ?? declaredMs,
			ended(row, ending) {
				metrics.ended(row, ending, (clock.now() - (row.startedAt ?? clock.now())) / 1_000);
				log.info({ jobId: row.id, operation: row.operation, status: ending.status }, 'job ended');
			}
		},
		runs,
		config.limits
	);
	const knowsProvider = (id: string) => id === provider.id;
	const jobs = new Jobs({ ...{ store, queries, snapshots, transients, blobs, bell, clock, runner, models, knowsProvider }, maxUnfinished: config.limits.unfinished });
	const live = new Live({
		...{ log: events, bell, transients, clock },
		head: (owner, id) => jobs.head(owner, id),
		snapshot: (owner, id) => jobs.snapshot(owner, id),
		feed: (owner, since) => jobs.changed(owner, since)
	});
	const metrics = new Metrics(queries, live);
	runner.start();

	const { id, label, defaultModel: model } = provider;
	return {
		...{ config, log, clock, models, jobs, live, queries, blobs, metrics, bell, runner, demo, logEpoch },
		forecast: async (_owner, operation, variant) => {
			const found = models[operation];
			if (!found) throw new HeadwayError('unknown_operation', `There is no operation "${operation}".`);
			const expectation = new Expectation(found, queries, { operation, model, variant });
			return expectation.forecast() ?? { low: null, high: null, runs: expectation.runs };
		},
		statistics: (owner) => readStatistics(queries, Object.values(models), owner),
		system: () => ({ provider: { id, label, demo: provider.demo, model }, version, serverNow: clock.now() }),
		banner: (address) => [`Headway is ready at ${address}`, provider.demo ? demoLine : `Provider: ${label} (${model})`],
		async drain() {
			live.drain();
			await runner.stop();
		},
		async close() {
			live.drain();
			await runner.stop();
			await demo?.close();
			close();
		}
	};
}

const demoLine = 'Provider: the demo (no OPENAI_API_KEY is set). It is no language model: it arranges what a small library says.';

function openDemo(config: Config, dataDir: string, corpusFolders = ['docs', 'src/demo/corpus']): Promise<Demo> {
	return startDemo({ dataDir, corpusFolders, pace: config.demo.pace, port: config.demo.port });
}
