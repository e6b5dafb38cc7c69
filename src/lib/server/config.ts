import { join } from 'node:path';
import { z } from 'zod';
import { bytes, counts, durations, httpUrl, modelDurations, origin, SIZE, whole } from './config-values.ts';
import { ConfigError } from './config-error.ts';
import { readDataSources, type DataSourceSettings } from './data-sources/data-source-settings.ts';
import { readLimits, type LimitSettings } from './limit-settings.ts';
import { readMcpServers, type McpServerSettings } from './mcp/mcp-settings.ts';
import { readProviders, type ProviderSettings } from './provider-settings.ts';
import { vendors, type VendorId } from './providers/vendors.ts';

export { ConfigError } from './config-error.ts';

/** A silence that lasts a day is no silence that anybody waits for. */
const DAY_S = 86_400;
const vendorIds = Object.keys(vendors).filter((id): id is Exclude<VendorId, 'demo'> => id !== 'demo');
const oneOfVendors = { error: `must be one of ${vendorIds.join(', ')}` };
const text = z.string().trim().min(1, 'must not be blank');
// It goes out in a header, which takes nothing else.
const key = text.regex(/^[\x21-\x7e]+$/, 'must be a key without spaces, of plain letters, digits and signs');
const variables = z.object({
	HOST: z.string().default('127.0.0.1'),
	PORT: whole(0, 65_535).default(3000),
	ORIGIN: origin.optional(),
	HEADWAY_DATA: z.string().default('./data'),
	HEADWAY_WEBSOCKET: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
	HEADWAY_CORS_ORIGINS: z.string().default(''),
	LOG_LEVEL: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
		.default('info'),
	OPENAI_API_KEY: key.optional(),
	OPENAI_BASE_URL: httpUrl.optional(),
	HEADWAY_VENDOR: z.enum(vendorIds, oneOfVendors).optional(),
	HEADWAY_MODEL: z.string().trim().min(1).default('gpt-6-astra'),
	HEADWAY_IMAGE_MODEL: z.string().trim().min(1).default('gpt-image-2'),
	HEADWAY_IMAGES: z.enum(['api', 'tool'], { error: 'must be api or tool' }).default('api'),
	XAI_API_KEY: key.optional(),
	XAI_BASE_URL: httpUrl.default('https://api.x.ai/v1'),
	XAI_MODEL: text.default('grok-4.7'),
	XAI_IMAGE_MODEL: text.optional(),
	OPENROUTER_API_KEY: key.optional(),
	OPENROUTER_BASE_URL: httpUrl.default('https://openrouter.ai/api/v1'),
	OPENROUTER_MODEL: text.default('openai/gpt-6-astra'),
	OPENROUTER_IMAGE_MODEL: text.optional(),
	AZURE_OPENAI_API_KEY: key.optional(),
	AZURE_OPENAI_ENDPOINT: httpUrl.optional(),
	AZURE_OPENAI_MODEL: text.optional(),
	AZURE_OPENAI_IMAGE_MODEL: text.optional(),
	OLLAMA_BASE_URL: httpUrl.optional(),
	OLLAMA_MODEL: text.optional(),
	OLLAMA_IMAGE_MODEL: text.optional(),
	VLLM_BASE_URL: httpUrl.optional(),
	VLLM_API_KEY: key.optional(),
	VLLM_MODEL: text.optional(),
	LMSTUDIO_BASE_URL: httpUrl.optional(),
	LMSTUDIO_MODEL: text.optional(),
	CUSTOM_BASE_URL: httpUrl.optional(),
	CUSTOM_API_KEY: key.optional(),
	CUSTOM_API: z.enum(['responses', 'chat'], { error: 'must be responses or chat' }).optional(),
	CUSTOM_LABEL: text.optional(),
	CUSTOM_MODEL: text.optional(),
	CUSTOM_IMAGE_MODEL: text.optional(),
	HEADWAY_PROVIDER: z.enum(vendorIds, oneOfVendors).optional(),
	HEADWAY_PROVIDER_PAUSE: whole(1, 3_600).default(30),
	HEADWAY_TIME_LIMITS: durations.optional(),
	HEADWAY_MAX_RUNNING: whole(1, 1_000).default(8),
	HEADWAY_MAX_RUNNING_PER_OWNER: whole(1, 1_000).default(8),
	HEADWAY_MAX_RUNNING_PER_PROVIDER: whole(1, 1_000).optional(),
	HEADWAY_MAX_RUNNING_BY_OPERATION: counts.optional(),
	HEADWAY_MAX_UNFINISHED: whole(1, 100_000).default(100),
	HEADWAY_STARTS_PER_MINUTE: whole(0, 1_000_000).default(120),
	HEADWAY_REQUESTS_PER_MINUTE: whole(0, 1_000_000).default(6_000),
	HEADWAY_MAX_STREAMS: whole(0, 100_000).default(5_000),
	HEADWAY_MAX_STREAMS_PER_OWNER: whole(0, 100_000).default(2_000),
	HEADWAY_STREAM_MINUTES: whole(1, 1_440).default(5),
	HEADWAY_STALL_TIMEOUT: whole(20, DAY_S).default(60),
	HEADWAY_SILENCE: whole(5, DAY_S).default(30),
	HEADWAY_SILENCE_BY_MODEL: modelDurations.optional(),
	HEADWAY_EMBEDDING_MODEL: text.optional(),
	HEADWAY_MCP_SERVERS: z.string().trim().default(''),
	HEADWAY_DATA_SOURCES: z.string().trim().default(''),
	HEADWAY_BLOBS: z.enum(['files', 's3', 'vercel'], { error: 'must be files, s3 or vercel' }).default('files'),
	HEADWAY_S3_BUCKET: z.string().trim().optional(),
	HEADWAY_S3_ENDPOINT: httpUrl.optional(),
	HEADWAY_S3_REGION: z.string().trim().default('us-east-1'),
	HEADWAY_S3_PREFIX: z
		.string()
		.regex(/^([\w.-]+\/)+$/, 'must be one or more folders, each with a slash after it, such as headway/')
		.default('headway/'),
	BLOB_READ_WRITE_TOKEN: z.string().trim().optional(),
	HEADWAY_VERCEL_ACCESS: z
		.enum(['private', 'public'], { error: 'must be private or public, as the store is' })
		.default('private'),
	HEADWAY_MAX_UPLOAD: bytes.default(SIZE.G),
	HEADWAY_IDLE_TIMEOUT: whole(1, DAY_S).default(120),
	HEADWAY_QUIET_AFTER: whole(1, DAY_S).default(60),
	HEADWAY_DEMO_PACE: z
		.string()
		.trim()
		.regex(/^\d+(\.\d+)?$/, 'must be a number such as 2 or 0.5')
		.transform(Number)
		.refine((pace) => pace > 0, 'must be above 0')
		.default(1),
	HEADWAY_DEMO_PORT: whole(0, 65_535).default(0)
});

/** The variables that are read. */
export const settingNames: readonly string[] = Object.keys(variables.shape);

/** A bucket, and where it is. Credentials come by the SDK's own standard variables and files. */
export interface S3Settings {
	bucket: string;
	/** Another server than Amazon's; then buckets are addressed by path. */
	endpoint: string | null;
	region: string;
	/** Before every key, such as `headway/`: nobody else may write under it. */
	prefix: string;
}

/** A store, named by its token. Its access was chosen when it was made: in a public one, who knows a file's address can read it. */
export interface VercelSettings {
	token: string;
	access: 'private' | 'public';
}

/** Everything that can be set, read once (README, "Configuration"). Times in ms. */
export interface Config {
	host: string;
	port: number;
	origin: string | null;
	dataDir: string;
	corsOrigins: string[];
	/** Whether events also go over WebSockets. */
	websocket: boolean;
	logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
	/** The default one first; none: the demo provider runs. */
	providers: ProviderSettings[];
	/** How long a provider that failed five times in a row is left alone at first. */
	providerPauseMs: number;
	timeLimits: Record<string, number>;
	limits: LimitSettings;
	/** How long a stream lasts until it is renewed, give or take a tenth. */
	streamMs: number;
	/** How long a stream's reader may take nothing until its connection is cut. */
	stallMs: number;
	/** Where files lie. */
	blobs: { kind: 'files' } | ({ kind: 's3' } & S3Settings) | ({ kind: 'vercel' } & VercelSettings);
	/** The largest file that a person may bring, in bytes. */
	maxUpload: number;
	/** The MCP servers whose tools may be used. */
	mcp: McpServerSettings[];
	/** The databases that charts may be made from. */
	dataSources: DataSourceSettings[];
	/** Milliseconds of silence after which an answering call is given up, and by model where that differs (CH-07). */
	silence: { ms: number; byModel: Record<string, number> };
	/** The model that turns texts into vectors; null: the provider's own default. */
	embeddingModel: string | null;
	idleMs: number;
	quietAfterMs: number;
	demo: { pace: number; port: number };
}

/** Reads the environment. Throws a `ConfigError` that names the variable and what it must be. */
export function readConfig(environment: Record<string, string | undefined>): Config {
	// An empty variable is an unset one: that is how compose files leave things out.
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
	const parsed = variables.safeParse(given);
	if (!parsed.success) throw new ConfigError(sentence(parsed.error, given));
	const v = parsed.data;
	return {
		...{
			host: v.HOST,
			port: v.PORT,
			origin: v.ORIGIN ? new URL(v.ORIGIN).origin : null,
			dataDir: v.HEADWAY_DATA,
			logLevel: v.LOG_LEVEL
		},
		corsOrigins: readOrigins(v.HEADWAY_CORS_ORIGINS),
		websocket: v.HEADWAY_WEBSOCKET === 'on',
		providers: readProviders(v),
		providerPauseMs: v.HEADWAY_PROVIDER_PAUSE * 1_000,
		timeLimits: v.HEADWAY_TIME_LIMITS ?? {},
		limits: readLimits(v),
		streamMs: v.HEADWAY_STREAM_MINUTES * 60_000,
		stallMs: v.HEADWAY_STALL_TIMEOUT * 1_000,
		blobs: readBlobs(v),
		maxUpload: v.HEADWAY_MAX_UPLOAD,
		mcp: readMcpServers(v.HEADWAY_MCP_SERVERS, given),
		dataSources: readDataSources(v.HEADWAY_DATA_SOURCES),
		silence: { ms: v.HEADWAY_SILENCE * 1_000, byModel: v.HEADWAY_SILENCE_BY_MODEL ?? {} },
		embeddingModel: v.HEADWAY_EMBEDDING_MODEL ?? null,
		idleMs: v.HEADWAY_IDLE_TIMEOUT * 1_000,
		quietAfterMs: v.HEADWAY_QUIET_AFTER * 1_000,
		demo: { pace: v.HEADWAY_DEMO_PACE, port: v.HEADWAY_DEMO_PORT }
	};
}

/** Throws a `ConfigError` when a setting names an operation that is none of `ids`. */
export function checkOperations({ timeLimits, limits }: Config, ids: readonly string[]): void {
	const named = { HEADWAY_TIME_LIMITS: timeLimits, HEADWAY_MAX_RUNNING_BY_OPERATION: limits.operation };
	for (const [variable, byOperation] of Object.entries(named)) {
		const unknown = Object.keys(byOperation).find((id) => !ids.includes(id));
		if (unknown !== undefined)
			throw new ConfigError(`${variable} names "${unknown}", but the operations are ${ids.join(', ')}.`);
	}
}

function readBlobs(v: z.output<typeof variables>): Config['blobs'] {
	if (v.HEADWAY_BLOBS === 'files') return { kind: 'files' };
	if (v.HEADWAY_BLOBS === 's3') {
		const { HEADWAY_S3_BUCKET: bucket, HEADWAY_S3_REGION: region, HEADWAY_S3_PREFIX: prefix } = v;
		if (bucket) return { kind: 's3', bucket, endpoint: v.HEADWAY_S3_ENDPOINT ?? null, region, prefix };
		throw new ConfigError('HEADWAY_S3_BUCKET must name a bucket, because HEADWAY_BLOBS is s3.');
	}
	const { BLOB_READ_WRITE_TOKEN: token, HEADWAY_VERCEL_ACCESS: access } = v;
	if (token) return { kind: 'vercel', token, access };
	throw new ConfigError("BLOB_READ_WRITE_TOKEN must be the store's token, because HEADWAY_BLOBS is vercel.");
}

function readOrigins(list: string): string[] {
	const origins = list.split(',').flatMap((part) => part.trim() || []);
	return origins.map((origin) => {
		if (!httpUrl.safeParse(origin).success)
			throw new ConfigError(
				`HEADWAY_CORS_ORIGINS must be a comma-separated list of http or https origins; "${origin}" is not one.`
			);
		return new URL(origin).origin;
	});
}

const isSecret = (name: string) => /_(API_KEY|TOKEN)$/.test(name);

function sentence(error: z.ZodError, given: Record<string, string | undefined>): string {
	const issue = error.issues[0];
	const name = String(issue?.path[0] ?? 'The configuration');
	const value = isSecret(name) ? '' : `; it is "${given[name] ?? ''}"`;
	return `${name} ${issue?.message ?? 'is not valid'}${value}.`;
}

/** Where things lie in the data folder. */
export function dataPaths(dataDir: string) {
	return {
		database: join(dataDir, 'headway.db'),
		mark: join(dataDir, 'headway.mark'),
		artifacts: join(dataDir, 'artifacts'),
		temporary: join(dataDir, 'tmp'),
		tables: join(dataDir, 'tables'),
		demo: join(dataDir, 'demo')
	};
}
