import { join } from 'node:path';
import { z } from 'zod';
import { vendors, type VendorId } from './providers/vendors.ts';

/** A setting, a folder or a file that keeps the server from starting. The message is one line that says what to do. */
export class ConfigError extends Error {
	readonly code = 'config';

	constructor(message: string) {
		super(message);
		this.name = 'ConfigError';
	}
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
/** The public address: a browser's origin has nothing after the port. */
const origin = httpUrl.refine((text) => {
	const url = URL.parse(text);
	return url !== null && url.href === `${url.origin}/`;
}, 'must be an origin without a path, a query or a hash, such as https://headway.example');
/** `research=30m,other=90s` → milliseconds by operation. */
const durations = z.string().transform((text, ctx): Record<string, number> => {
	const entries = text.split(',').map((part) => /^\s*([a-z][a-z-]*)\s*=\s*(\d+)\s*(s|m|h)\s*$/.exec(part));
	if (!entries.every((entry) => entry !== null)) ctx.addIssue('must look like research=30m,image=90s');
	else {
		const limits = entries.map(([, id, count, unit]) => [id, Number(count) * UNIT[unit as 's']] as const);
		if (limits.every(([, ms]) => ms >= UNIT.s && ms <= LONGEST_LIMIT_MS)) return Object.fromEntries(limits);
		ctx.addIssue('must give each operation a limit from 1s to 720h (30 days)');
	}
	return z.NEVER;
});
/** `512M` → bytes. */
const bytes = z
	.string()
	.trim()
	.regex(/^\d+[KMG]?$/, 'must be a number of bytes, such as 512M or 1G')
	.transform((text) => Number.parseInt(text, 10) * (SIZE[text.at(-1) as 'K'] ?? 1))
	.refine((size) => size >= 1 && size <= LARGEST_UPLOAD, 'must be from 1 to 40G');
const SIZE = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
/** S3 takes 10,000 parts, of which ours have 5 MB. */
const LARGEST_UPLOAD = 40 * SIZE.G;
const UNIT = { s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_LIMIT_MS = 720 * UNIT.h;
/** A silence that lasts a day is no silence that anybody waits for. */
const DAY_S = 86_400;

/** Decimal digits and nothing else: not `0x1F90`, not `1e3`. */
const whole = (least: number, most: number) =>
	z
		.string()
		.trim()
		.regex(/^\d+$/, 'must be a whole number in decimal digits')
		.transform(Number)
		.refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);
const vendorIds = Object.keys(vendors).filter((id): id is Exclude<VendorId, 'demo'> => id !== 'demo');
const variables = z.object({
	HOST: z.string().default('127.0.0.1'),
	PORT: whole(0, 65_535).default(3000),
	ORIGIN: origin.optional(),
	HEADWAY_DATA: z.string().default('./data'),
	HEADWAY_CORS_ORIGINS: z.string().default(''),
	LOG_LEVEL: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
		.default('info'),
	OPENAI_API_KEY: z.string().trim().optional(),
	OPENAI_BASE_URL: httpUrl.optional(),
	HEADWAY_VENDOR: z.enum(vendorIds, { error: `must be one of ${vendorIds.join(', ')}` }).optional(),
	HEADWAY_MODEL: z.string().trim().min(1).default('gpt-6-astra'),
	HEADWAY_IMAGE_MODEL: z.string().trim().min(1).default('gpt-image-2'),
	HEADWAY_IMAGES: z.enum(['api', 'tool'], { error: 'must be api or tool' }).default('api'),
	HEADWAY_TIME_LIMITS: durations.optional(),
	HEADWAY_MAX_RUNNING: whole(1, 1_000).default(8),
	HEADWAY_MAX_RUNNING_PER_OWNER: whole(1, 1_000).default(8),
	HEADWAY_MAX_UNFINISHED: whole(1, 100_000).default(100),
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
	logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
	/** Null: no key and no address of a server, so the demo provider runs. */
	openai: { apiKey: string; baseURL: string } | null;
	/** Which vendor answers at the address; null: told by the address. */
	vendor: Exclude<VendorId, 'demo'> | null;
	model: string;
	/** The model for pictures when a run names none. */
	imageModel: string;
	/** Pictures are asked for at the provider's image paths, or of a model's image tool. */
	images: 'api' | 'tool';
	timeLimits: Record<string, number>;
	limits: { server: number; owner: number; unfinished: number };
	/** Where files lie. */
	blobs: { kind: 'files' } | ({ kind: 's3' } & S3Settings) | ({ kind: 'vercel' } & VercelSettings);
	/** The largest file that a person may bring, in bytes. */
	maxUpload: number;
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
	const real = v.OPENAI_API_KEY || v.OPENAI_BASE_URL;
	return {
		...{
			host: v.HOST,
			port: v.PORT,
			origin: v.ORIGIN ? new URL(v.ORIGIN).origin : null,
			dataDir: v.HEADWAY_DATA,
			logLevel: v.LOG_LEVEL
		},
		corsOrigins: readOrigins(v.HEADWAY_CORS_ORIGINS),
		openai: real
			? { apiKey: v.OPENAI_API_KEY ?? 'local', baseURL: v.OPENAI_BASE_URL ?? 'https://api.openai.com/v1' }
			: null,
		vendor: v.HEADWAY_VENDOR ?? null,
		model: v.HEADWAY_MODEL,
		imageModel: v.HEADWAY_IMAGE_MODEL,
		images: v.HEADWAY_IMAGES,
		timeLimits: v.HEADWAY_TIME_LIMITS ?? {},
		limits: {
			server: v.HEADWAY_MAX_RUNNING,
			owner: v.HEADWAY_MAX_RUNNING_PER_OWNER,
			unfinished: v.HEADWAY_MAX_UNFINISHED
		},
		blobs: readBlobs(v),
		maxUpload: v.HEADWAY_MAX_UPLOAD,
		idleMs: v.HEADWAY_IDLE_TIMEOUT * 1_000,
		quietAfterMs: v.HEADWAY_QUIET_AFTER * 1_000,
		demo: { pace: v.HEADWAY_DEMO_PACE, port: v.HEADWAY_DEMO_PORT }
	};
}

/** Throws a `ConfigError` when a setting names an operation that is none of `ids`. */
export function checkOperations(config: Pick<Config, 'timeLimits'>, ids: readonly string[]): void {
	const unknown = Object.keys(config.timeLimits).find((id) => !ids.includes(id));
	if (unknown !== undefined)
		throw new ConfigError(`HEADWAY_TIME_LIMITS names "${unknown}", but the operations are ${ids.join(', ')}.`);
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

const secrets = new Set(['OPENAI_API_KEY', 'BLOB_READ_WRITE_TOKEN']);

function sentence(error: z.ZodError, given: Record<string, string | undefined>): string {
	const issue = error.issues[0];
	const name = String(issue?.path[0] ?? 'The configuration');
	const value = secrets.has(name) ? '' : `; it is "${given[name] ?? ''}"`;
	return `${name} ${issue?.message ?? 'is not valid'}${value}.`;
}

/** Where things lie in the data folder. */
export function dataPaths(dataDir: string) {
	return {
		database: join(dataDir, 'headway.db'),
		artifacts: join(dataDir, 'artifacts'),
		temporary: join(dataDir, 'tmp'),
		demo: join(dataDir, 'demo')
	};
}
