import { join } from 'node:path';
import { z } from 'zod';

/** A setting, a folder or a file that keeps the server from starting. The message is one line that says what to do. */
export class ConfigError extends Error {
	readonly code = 'config';

	constructor(message: string) {
		super(message);
		this.name = 'ConfigError';
	}
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
/** `research=30m,other=90s` → milliseconds by operation. */
const durations = z.string().transform((text, ctx): Record<string, number> => {
	const entries = text.split(',').map((part) => /^\s*([a-z][a-z-]*)\s*=\s*(\d+)\s*(s|m|h)\s*$/.exec(part));
	if (entries.every((entry) => entry !== null))
		return Object.fromEntries(entries.map(([, id, count, unit]) => [id, Number(count) * UNIT[unit as 's']]));
	ctx.addIssue('must look like research=30m,image=90s');
	return z.NEVER;
});
const UNIT = { s: 1_000, m: 60_000, h: 3_600_000 };

const count = z.coerce.number({ error: 'must be a whole number' }).int('must be a whole number');
const variables = z.object({
	HOST: z.string().default('127.0.0.1'),
	PORT: count.min(0).max(65_535, 'must be at most 65535').default(3000),
	ORIGIN: httpUrl.optional(),
	HEADWAY_DATA: z.string().default('./data'),
	HEADWAY_CORS_ORIGINS: z.string().default(''),
	LOG_LEVEL: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
		.default('info'),
	OPENAI_API_KEY: z.string().trim().optional(),
	OPENAI_BASE_URL: httpUrl.optional(),
	HEADWAY_MODEL: z.string().trim().min(1).default('gpt-6-astra'),
	HEADWAY_TIME_LIMITS: durations.optional(),
	HEADWAY_MAX_RUNNING: count.min(1, 'must be at least 1').max(1_000).default(8),
	HEADWAY_MAX_RUNNING_PER_OWNER: count.min(1, 'must be at least 1').max(1_000).default(8),
	HEADWAY_MAX_UNFINISHED: count.min(1, 'must be at least 1').max(100_000).default(100),
	HEADWAY_IDLE_TIMEOUT: count.min(1, 'must be at least 1 second').default(120),
	HEADWAY_QUIET_AFTER: count.min(1, 'must be at least 1 second').default(60),
	HEADWAY_DEMO_PACE: z.coerce.number({ error: 'must be a number' }).positive('must be above 0').default(1),
	HEADWAY_DEMO_PORT: count.min(0).max(65_535).default(0)
});

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
	model: string;
	timeLimits: Record<string, number>;
	limits: { server: number; owner: number; unfinished: number };
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
		model: v.HEADWAY_MODEL,
		timeLimits: v.HEADWAY_TIME_LIMITS ?? {},
		limits: {
			server: v.HEADWAY_MAX_RUNNING,
			owner: v.HEADWAY_MAX_RUNNING_PER_OWNER,
			unfinished: v.HEADWAY_MAX_UNFINISHED
		},
		idleMs: v.HEADWAY_IDLE_TIMEOUT * 1_000,
		quietAfterMs: v.HEADWAY_QUIET_AFTER * 1_000,
		demo: { pace: v.HEADWAY_DEMO_PACE, port: v.HEADWAY_DEMO_PORT }
	};
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

const secrets = new Set(['OPENAI_API_KEY']);

function sentence(error: z.ZodError, given: Record<string, string | undefined>): string {
	const issue = error.issues[0];
	const name = String(issue?.path[0] ?? 'The configuration');
	const value = secrets.has(name) ? '' : `; it is "${given[name] ?? ''}"`;
	return `${name} ${issue?.message ?? 'is not valid'}${value}.`;
}

/** Where things lie in the data folder. */
export function dataPaths(dataDir: string) {
	return { database: join(dataDir, 'headway.db'), artifacts: join(dataDir, 'artifacts'), demo: join(dataDir, 'demo') };
}
