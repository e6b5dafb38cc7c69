import { join } from 'node:path';
import { z } from 'zod';
import { readBlobs, type BlobSettings } from './blobs/blob-settings.ts';
import {
	baseUrl,
	bytes,
	counts,
	durations,
	header,
	httpUrl,
	key,
	modelDurations,
	origin,
	SIZE,
	text,
	whole
} from './config-values.ts';
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
const variables = z.object({
	HOST: text.default('127.0.0.1'),
	PORT: whole(0, 65_535).default(3000),
	ORIGIN: origin.optional(),
	PROTOCOL_HEADER: header.optional(),
	ADDRESS_HEADER: header.optional(),
	XFF_DEPTH: whole(1, 100).default(1),
	HEADWAY_DATA: text.default('./data'),
	HEADWAY_WEBSOCKET: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
	HEADWAY_CORS_ORIGINS: z.string().default(''),
	LOG_LEVEL: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
		.default('info'),
	OPENAI_API_KEY: key.optional(),
	OPENAI_BASE_URL: baseUrl.optional(),
	HEADWAY_VENDOR: z.enum(vendorIds, oneOfVendors).optional(),
	HEADWAY_MODEL: text.default('gpt-6-astra'),
	HEADWAY_IMAGE_MODEL: text.default('gpt-image-2'),
	HEADWAY_IMAGES: z.enum(['api', 'tool'], { error: 'must be api or tool' }).default('api'),
	XAI_API_KEY: key.optional(),
	XAI_BASE_URL: baseUrl.default('https://api.x.ai/v1'),
	XAI_MODEL: text.default('grok-4.7'),
	XAI_IMAGE_MODEL: text.optional(),
	OPENROUTER_API_KEY: key.optional(),
	OPENROUTER_BASE_URL: baseUrl.default('https://openrouter.ai/api/v1'),
	OPENROUTER_MODEL: text.default('openai/gpt-6-astra'),
	OPENROUTER_IMAGE_MODEL: text.optional(),
	AZURE_OPENAI_API_KEY: key.optional(),
	AZURE_OPENAI_ENDPOINT: baseUrl.optional(),
	AZURE_OPENAI_MODEL: text.optional(),
	AZURE_OPENAI_IMAGE_MODEL: text.optional(),
	OLLAMA_BASE_URL: baseUrl.optional(),
	OLLAMA_MODEL: text.optional(),
	OLLAMA_IMAGE_MODEL: text.optional(),
	VLLM_BASE_URL: baseUrl.optional(),
	VLLM_API_KEY: key.optional(),
	VLLM_MODEL: text.optional(),
	LMSTUDIO_BASE_URL: baseUrl.optional(),
	LMSTUDIO_MODEL: text.optional(),
	CUSTOM_BASE_URL: baseUrl.optional(),
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
	HEADWAY_S3_BUCKET: text.optional(),
	HEADWAY_S3_ENDPOINT: baseUrl.optional(),
	HEADWAY_S3_REGION: text.default('us-east-1'),
	HEADWAY_S3_PREFIX: z
		.string()
		.regex(/^([\w.-]+\/)+$/, 'must be one or more folders, each with a slash after it, such as headway/')
		.default('headway/'),
	BLOB_READ_WRITE_TOKEN: key.optional(),
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
	blobs: BlobSettings;
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
	if (v.PORT !== 0 && v.PORT === v.HEADWAY_DEMO_PORT)
		throw new ConfigError(`HEADWAY_DEMO_PORT must be another port than PORT; both are ${v.PORT}.`);
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

/** A key, a token, or an address with a password in it: whoever reads the console must not read them. */
const isSecret = (name: string, value: string) => /_(API_KEY|TOKEN)$/.test(name) || /:\/\/[^/?#]*:[^/?#]*@/.test(value);

function sentence(error: z.ZodError, given: Record<string, string | undefined>): string {
	const issue = error.issues[0];
	const name = String(issue?.path[0] ?? 'The configuration');
	const value = given[name] ?? '';
	const told = isSecret(name, value) ? '' : `; it is "${value}"`;
	return `${name} ${issue?.message ?? 'is not valid'}${told}.`;
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
