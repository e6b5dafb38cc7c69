import { pino } from 'pino';
import { startDemo, type Demo } from '../../demo/server.ts';
import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel, OperationRun, Provider } from '../operations/operation.ts';
import { alongside } from './alongside.ts';
import type { Bell } from './bell.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import type { Uploads } from './blobs/uploads.ts';
import { Children } from './children.ts';
import { systemClock, type Clock } from './clock.ts';
import { checkOperations, dataPaths, type Config } from './config.ts';
import type { JobRow } from './db/schema.ts';
import { defaultModel } from './default-model.ts';
import type { Ending } from './ending.ts';
import { Expectation } from './estimator.ts';
import type { EventLog } from './event-log.ts';
import type { Gallery } from './gallery.ts';
import type { JobQueries } from './job-queries.ts';
import { Jobs, type JobsParts } from './jobs.ts';
import type { Conversations } from './conversations/conversations.ts';
import type { KnowledgeBase } from './knowledge/knowledge-base.ts';
import { LateUsage } from './late-usage.ts';
import { runningLimits } from './limit-settings.ts';
import { Live } from './live/live.ts';
import type { LiveSources } from './live/watch.ts';
import { McpServers } from './mcp/mcp-servers.ts';
import { Metrics } from './metrics.ts';
import { foreseeing, type Foreseeing } from './parts-forecast.ts';
import type { Preferences } from './preferences.ts';
import { sourceLine } from './source-line.ts';
import { RateLimits } from './rate-limits.ts';
import type { ProviderChoice, ProviderReport, Providers } from './providers/providers.ts';
import { ProgramSandbox } from './programs/program-sandbox.ts';
import { registerProviders } from './provider-metrics.ts';
import { openSource } from './provider-source.ts';
import type { RunDeps } from './run-deps.ts';
import { Runner } from './runner.ts';
import { readStatistics, type Statistics } from './statistics.ts';
import { DataSources } from './data-sources/data-sources.ts';
import { TableSandbox } from './tables/table-sandbox.ts';
import { closing, openStorage, type Storage } from './storage.ts';

export type Logger = ReturnType<typeof pino>;

/** What every page knows about the server it talks to. */
export interface SystemInfo {
	provider: { id: string; label: string; demo: boolean; model: string };
	/** What a run may be sent to, the default one first. */
	providers: ProviderChoice[];
	version: string;
	/** Whether live updates may also come over a WebSocket. */
	websocket: boolean;
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
	readonly artifacts: Artifacts;
	readonly uploads: Uploads;
	readonly gallery: Gallery;
	readonly conversations: Conversations;
	readonly knowledge: KnowledgeBase;
	readonly tables: TableSandbox;
	readonly mcp: McpServers;
	readonly preferences: Preferences;
	readonly metrics: Metrics;
	readonly rates: RateLimits;
	readonly providers: Providers;
	readonly bell: Bell;
	readonly runner: Runner;
	readonly demo: Demo | null;
	readonly logEpoch: string;
	/** The range that a run of that variant usually takes with the provider's own model, the default one's if none is named: in ms; nulls without enough history. */
	forecast(
		owner: string,
		operation: string,
		of: { variant: string; provider?: string | undefined }
	): Promise<{ low: number; high: number; runs: number } | { low: null; high: null; runs: number }>;
	/** What jobs that are started together will take and cost. */
	foresee: Foreseeing;
	statistics(owner: string): Promise<Statistics>;
	/** How each provider stands. */
	reports(): Promise<ProviderReport[]>;
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
	const store = await openStorage({ ...options, models: modelsOf(runs), clock, log });
	const { demo, providers } = await openSource({ ...options, clock, log }, startDemo).catch(closing(store));

	const ended = (row: JobRow, ending: Ending) => {
		metrics.ended(row, ending, (clock.now() - (row.startedAt ?? clock.now())) / 1_000);
		log.info({ jobId: row.id, operation: row.operation, status: ending.status }, 'job ended');
		late.ended(row, ending);
	};
	const children = new Children({ ...store, clock, jobs: () => jobs });
	const { mcp, tables, programs, foresee } = openTools(store, { config, log, clock, providers });
	const runner: Runner = openRunner({
		...{ ...store, config, runs, clock, log, providers, ended, children, mcp, tables, programs, foresee },
		interrupted: (of) => metrics.interrupted(of),
		jobs: () => jobs
	});
	const jobs: Jobs = openJobs({
		...{ ...store, config, clock, log, runner, providers, ended, sources: tables.sources },
		refused: () => metrics.throttled('unfinished')
	});
	const live = openLive(store, jobs, {
		...{ clock, logger: log, limits: config.limits, longestMs: config.streamMs },
		closed: (door, how) => metrics.closed(door, how),
		refused: () => metrics.throttled('streams')
	});
	const metrics = new Metrics(store.queries, live);
	const rates = new RateLimits(config.limits, (limit) => metrics.throttled(limit));
	registerProviders(metrics.registry, providers);
	const late = new LateUsage({ ...store, clock, log, providerFor: (id) => providers.get(id) });
	runner.start();
	void late.start().catch((error: unknown) => log.warn({ error: String(error) }, 'late usage not looked for'));
	const drain = async () => {
		live.drain();
		late.stop();
		await runner.stop();
	};
	return {
		...{ config, log, clock, jobs, live, metrics, rates, providers, runner, demo, foresee, drain },
		...{ ...kept(store), tables, mcp },
		...facts({ ...store, providers, version, clock, websocket: config.websocket }),
		async close() {
			await drain();
			await demo?.close();
			await Promise.all([mcp.close(), tables.close(), programs.close()]);
			store.close();
		}
	};
}

/** What runs reach beside the owner's own jobs and documents. */
function openTools(
	{ uploads, queries, models }: Storage,
	{ config, log, clock, providers }: Pick<App, 'config' | 'log' | 'clock' | 'providers'>
) {
	const folder = dataPaths(config.dataDir).tables;
	const sources = new DataSources(config.dataSources);
	const tables = new TableSandbox({ fileOf: (owner, id) => uploads.file(owner, id), folder, sources });
	const foresee = foreseeing({ queries, models, providers, limits: runningLimits(models, config.limits) });
	return { mcp: new McpServers(config.mcp, log, clock), tables, programs: new ProgramSandbox(), foresee };
}

/** What runs jobs. `jobs` is given late: it stands on the runner. */
function openRunner({
	config,
	runs,
	providers,
	jobs,
	mcp,
	tables,
	...store
}: Storage &
	ReturnType<typeof openTools> & {
		config: Config;
		runs: Record<string, OperationRun>;
		clock: Clock;
		log: Logger;
		providers: Providers;
		children: Children;
		ended(row: JobRow, ending: Ending): void;
		interrupted: RunDeps['interrupted'];
		jobs(): Jobs;
	}): Runner {
	const deps: RunDeps = {
		...store,
		...{ idleMs: config.idleMs, quietAfterMs: config.quietAfterMs, remoteTools: mcp },
		limits: runningLimits(store.models, config.limits),
		silenceFor: (model) => config.silence.byModel[model] ?? config.silence.ms,
		snapshotOf: (owner, id) => jobs().snapshot(owner, id),
		fileOf: (owner, id) => store.uploads.file(owner, id),
		knowledgeOf: (owner) => store.knowledge.of(owner),
		tablesOf: (owner) => tables.of(owner),
		conversationOf: (owner, id) => store.conversations.of(owner, id),
		providerFor: (id) => providers.get(id),
		timeoutFor: (operation, declaredMs) => config.timeLimits[operation] ?? declaredMs
	};
	return new Runner(deps, runs);
}

/** What outlives runs, as doors see it. */
function kept({ models, queries, artifacts, uploads, conversations, knowledge, bell, ...store }: Storage) {
	const { logEpoch, gallery, preferences } = store;
	return { models, queries, artifacts, uploads, conversations, knowledge, bell, logEpoch, gallery, preferences };
}

/** What doors ask about jobs. */
function openJobs(parts: Omit<JobsParts, 'alongside' | 'maxUnfinished'> & Pick<App, 'config' | 'conversations'>): Jobs {
	const maxUnfinished = parts.config.limits.unfinished;
	return new Jobs({ ...parts, alongside: alongside(parts.conversations), maxUnfinished });
}

function modelsOf(runs: Record<string, OperationRun>): Record<string, AnyModel> {
	return Object.fromEntries(Object.entries(runs).map(([id, { model }]) => [id, model]));
}

/** Streams over the log, for all doors. */
function openLive(
	store: Pick<LiveSources, 'bell' | 'transients'> & { events: EventLog },
	jobs: Jobs,
	tools: Pick<LiveSources, 'clock' | 'logger' | 'limits' | 'longestMs' | 'closed' | 'refused'>
): Live {
	const { events, bell, transients } = store;
	return new Live({
		...{ log: events, bell, transients, ...tools },
		head: (owner, id) => jobs.head(owner, id),
		snapshot: (owner, id) => jobs.snapshot(owner, id),
		feed: (owner, since) => jobs.changed(owner, since),
		removed: (owner, since) => jobs.removed(owner, since)
	});
}

interface FactSources {
	providers: Providers;
	version: string;
	clock: Clock;
	queries: JobQueries;
	models: Record<string, AnyModel>;
	websocket: boolean;
}

/** What can be asked about the server and its history. */
function facts({
	providers,
	version,
	clock,
	queries,
	models,
	websocket
}: FactSources): Pick<App, 'forecast' | 'statistics' | 'reports' | 'system' | 'banner'> {
	const { id, label, demo, defaultModel: model } = providers.default;
	const provider = { id, label, demo, model };
	return {
		async forecast(_owner, operation, { variant, provider: at }) {
			const found = Object.hasOwn(models, operation) ? models[operation] : undefined;
			if (!found) throw new HeadwayError('unknown_operation', `There is no operation "${operation}".`);
			const kind = { operation, model: defaultModel(providers.get(at), found), variant };
			const expectation = new Expectation(found, queries, kind);
			return expectation.forecast() ?? { low: null, high: null, runs: expectation.runs };
		},
		statistics: (owner) => readStatistics(queries, Object.values(models), owner),
		reports: async () => providers.reports(await queries.runningByProvider()),
		system: () => ({ provider, providers: providers.choices(), version, websocket, serverNow: clock.now() }),
		banner: (address) => [`Headway is ready at ${address}`, sourceLine(providers)]
	};
}
