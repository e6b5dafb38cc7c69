import { pino } from 'pino';
import { startDemo, type Demo } from '../../demo/server.ts';
import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel, OperationRun, Provider } from '../operations/operation.ts';
import type { Bell } from './bell.ts';
import type { Artifacts } from './blobs/artifacts.ts';
import type { Uploads } from './blobs/uploads.ts';
import { Children } from './children.ts';
import { systemClock, type Clock } from './clock.ts';
import { checkOperations, ConfigError, dataPaths, type Config } from './config.ts';
import type { JobRow } from './db/schema.ts';
import { defaultModel } from './default-model.ts';
import type { Ending } from './ending.ts';
import { Expectation } from './estimator.ts';
import type { EventLog } from './event-log.ts';
import type { Gallery } from './gallery.ts';
import type { JobQueries } from './job-queries.ts';
import { Jobs } from './jobs.ts';
import type { Conversations } from './conversations/conversations.ts';
import type { KnowledgeBase } from './knowledge/knowledge-base.ts';
import { LateUsage } from './late-usage.ts';
import { Live } from './live/live.ts';
import type { LiveSources } from './live/watch.ts';
import { McpServers } from './mcp/mcp-servers.ts';
import { Metrics } from './metrics.ts';
import type { Preferences } from './preferences.ts';
import { RateLimits } from './rate-limits.ts';
import { guarded, openProviders } from './providers/open.ts';
import type { ProviderChoice, ProviderReport, Providers } from './providers/providers.ts';
import { registerProviders } from './provider-metrics.ts';
import type { RunDeps } from './run-deps.ts';
import { Runner } from './runner.ts';
import { readStatistics, type Statistics } from './statistics.ts';
import { TableSandbox } from './tables/table-sandbox.ts';
import { openStorage, type Storage } from './storage.ts';

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
	const { demo, providers } = await openSource(options, clock, log);
	const { bell, queries } = store;

	const ended = (row: JobRow, ending: Ending) => {
		metrics.ended(row, ending, (clock.now() - (row.startedAt ?? clock.now())) / 1_000);
		log.info({ jobId: row.id, operation: row.operation, status: ending.status }, 'job ended');
		late.ended(row, ending);
	};
	const children = new Children({ queries, bell: store.bell, clock, jobs: () => jobs });
	const interrupted: RunDeps['interrupted'] = (of) => metrics.interrupted(of);
	const mcp = new McpServers(config.mcp, log, clock);
	const tables = new TableSandbox({
		fileOf: (owner, id) => store.uploads.file(owner, id),
		folder: dataPaths(config.dataDir).tables
	});
	const given = { ...store, config, runs, clock, log, providers, ended, interrupted, children, mcp, tables };
	const runner: Runner = openRunner({ ...given, jobs: () => jobs });
	const jobs: Jobs = new Jobs({
		...{ ...store, clock, log, runner, providers, ended },
		alongside: { chat: (tx, row) => store.conversations.join(tx, row) },
		refused: () => metrics.throttled('unfinished'),
		maxUnfinished: config.limits.unfinished
	});
	const live = openLive(store, jobs, {
		...{ clock, logger: log, limits: config.limits, longestMs: config.streamMs },
		closed: (door, how) => metrics.closed(door, how),
		refused: () => metrics.throttled('streams')
	});
	const metrics = new Metrics(queries, live);
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
		...{ config, log, clock, jobs, live, metrics, rates, providers, runner, demo, drain },
		...{ models: store.models, queries, artifacts: store.artifacts, uploads: store.uploads },
		...{ conversations: store.conversations, knowledge: store.knowledge, tables, mcp },
		...{ bell, logEpoch: store.logEpoch, gallery: store.gallery, preferences: store.preferences },
		...facts({ providers, version, clock, queries, models: store.models, websocket: config.websocket }),
		async close() {
			await drain();
			await demo?.close();
			await Promise.all([mcp.close(), tables.close()]);
			store.close();
		}
	};
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
}: Storage & {
	config: Config;
	runs: Record<string, OperationRun>;
	clock: Clock;
	log: Logger;
	providers: Providers;
	children: Children;
	ended(row: JobRow, ending: Ending): void;
	interrupted: RunDeps['interrupted'];
	mcp: McpServers;
	tables: TableSandbox;
	jobs(): Jobs;
}): Runner {
	const deps: RunDeps = {
		...store,
		...{ idleMs: config.idleMs, quietAfterMs: config.quietAfterMs },
		limits: { ...config.limits, operation: { ...declaredLimits(store.models), ...config.limits.operation } },
		silenceFor: (model) => config.silence.byModel[model] ?? config.silence.ms,
		snapshotOf: (owner, id) => jobs().snapshot(owner, id),
		fileOf: (owner, id) => store.uploads.file(owner, id),
		knowledgeOf: (owner) => store.knowledge.of(owner),
		tablesOf: (owner) => tables.of(owner),
		conversationOf: (owner, id) => store.conversations.of(owner, id),
		remoteTools: mcp,
		providerFor: (id) => providers.get(id),
		timeoutFor: (operation, declaredMs) => config.timeLimits[operation] ?? declaredMs
	};
	return new Runner(deps, runs);
}

function modelsOf(runs: Record<string, OperationRun>): Record<string, AnyModel> {
	return Object.fromEntries(Object.entries(runs).map(([id, { model }]) => [id, model]));
}

/** How many of each operation may run at once, by its own word. */
function declaredLimits(models: Record<string, AnyModel>): Record<string, number> {
	return Object.fromEntries(Object.entries(models).map(([id, { limits }]) => [id, limits.running]));
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

/** The providers that run the models; without a key or an address it is the demo, started here. */
async function openSource(
	{ config, provider, corpusFolders }: AppOptions,
	clock: Clock,
	log: Logger
): Promise<{ demo: Demo | null; providers: Providers }> {
	if (provider) return { demo: null, providers: guarded([provider], config, clock) };
	const demo = config.providers.length > 0 ? null : await openDemo(config, corpusFolders);
	return { demo, providers: guarded(openProviders(config, demo?.url ?? null, log), config, clock) };
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
		banner: (address) => [`Headway is ready at ${address}`, demo ? demoLine : providerLine(providers)]
	};
}

function providerLine(providers: Providers): string {
	const [first = '', ...others] = providers.all().map(({ label, defaultModel: model }) => `${label} (${model})`);
	return others.length > 0 ? `Providers: ${first} by default, ${others.join(', ')}` : `Provider: ${first}`;
}

const demoLine =
	'Provider: the demo (no OPENAI_API_KEY is set). It is no language model: it arranges what a small library says.';
