import { describe, expect, test } from 'vitest';
import { checkOperations, ConfigError, readConfig } from '$lib/server/config.ts';

function refusal(environment: Record<string, string>): string {
	try {
		readConfig(environment);
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
	return 'accepted';
}

describe('configuration', () => {
	test('DC-06 with nothing set it listens on loopback, port 3000, keeps its data in ./data and uses the demo', () => {
		expect(readConfig({})).toEqual({
			...{
				host: '127.0.0.1',
				port: 3000,
				origin: null,
				dataDir: './data',
				corsOrigins: [],
				websocket: false,
				logLevel: 'info',
				providers: [],
				providerPauseMs: 30_000
			},
			...{
				timeLimits: {},
				limits: {
					...{ server: 8, owner: 8, provider: null, operation: {}, unfinished: 100 },
					...{ starts: 120, requests: 6_000, streams: 5_000, streamsPerOwner: 2_000 }
				},
				...{ streamMs: 300_000, stallMs: 60_000 },
				blobs: { kind: 'files' },
				maxUpload: 1_073_741_824,
				idleMs: 120_000
			},
			...{
				quietAfterMs: 60_000,
				embeddingModel: null,
				mcp: [],
				dataSources: [],
				silence: { ms: 30_000, byModel: {} },
				demo: { pace: 1, port: 0 }
			}
		});
	});

	test.each([
		['HOST', '0.0.0.0', { host: '0.0.0.0' }],
		['PORT', '8080', { port: 8080 }],
		['ORIGIN', 'https://headway.example/', { origin: 'https://headway.example' }],
		['HEADWAY_DATA', '/srv/headway', { dataDir: '/srv/headway' }],
		[
			'HEADWAY_CORS_ORIGINS',
			'https://a.example, http://b.example:8080/x',
			{ corsOrigins: ['https://a.example', 'http://b.example:8080'] }
		],
		['HEADWAY_WEBSOCKET', 'on', { websocket: true }],
		['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
		['HEADWAY_PROVIDER_PAUSE', '5', { providerPauseMs: 5_000 }],
		[
			'HEADWAY_TIME_LIMITS',
			'research=30m, image=90s,solver=2h',
			{ timeLimits: { research: 1_800_000, image: 90_000, solver: 7_200_000 } }
		],
		['HEADWAY_TIME_LIMITS', 'research=720h,image=1s', { timeLimits: { research: 2_592_000_000, image: 1_000 } }],
		['HEADWAY_MAX_RUNNING', '3', { limits: { server: 3, owner: 8 } }],
		['HEADWAY_MAX_RUNNING_PER_OWNER', '2', { limits: { server: 8, owner: 2 } }],
		['HEADWAY_MAX_RUNNING_PER_PROVIDER', '4', { limits: { server: 8, provider: 4 } }],
		['HEADWAY_MAX_RUNNING_BY_OPERATION', 'research=2, image=4', { limits: { operation: { research: 2, image: 4 } } }],
		['HEADWAY_MAX_UNFINISHED', '7', { limits: { unfinished: 7 } }],
		['HEADWAY_STARTS_PER_MINUTE', '0', { limits: { starts: 0 } }],
		['HEADWAY_REQUESTS_PER_MINUTE', '50', { limits: { requests: 50 } }],
		['HEADWAY_MAX_STREAMS', '10', { limits: { streams: 10 } }],
		['HEADWAY_MAX_STREAMS_PER_OWNER', '3', { limits: { streamsPerOwner: 3 } }],
		['HEADWAY_STREAM_MINUTES', '15', { streamMs: 900_000 }],
		['HEADWAY_STALL_TIMEOUT', '30', { stallMs: 30_000 }],
		['HEADWAY_BLOBS', 'files', { blobs: { kind: 'files' } }],
		['HEADWAY_MAX_UPLOAD', '200M', { maxUpload: 209_715_200 }],
		['HEADWAY_MAX_UPLOAD', '40G', { maxUpload: 42_949_672_960 }],
		['HEADWAY_MAX_UPLOAD', '7', { maxUpload: 7 }],
		['HEADWAY_IDLE_TIMEOUT', '86400', { idleMs: 86_400_000 }],
		['HEADWAY_IDLE_TIMEOUT', '30', { idleMs: 30_000 }],
		['HEADWAY_QUIET_AFTER', '5', { quietAfterMs: 5_000 }],
		['HEADWAY_DEMO_PACE', '2.5', { demo: { pace: 2.5, port: 0 } }],
		['HEADWAY_DEMO_PORT', '4010', { demo: { pace: 1, port: 4010 } }]
	])('DC-06 OP-12 %s=%s is read', (name, value, expected) =>
		expect(readConfig({ [name]: value })).toMatchObject(expected)
	);

	test.each([
		['PORT', 'abc'],
		['PORT', '-1'],
		['PORT', '65536'],
		['PORT', '3000.5'],
		['PORT', '0x1F90'],
		['PORT', '1e3'],
		['PORT', '+80'],
		['ORIGIN', 'headway.example'],
		['ORIGIN', 'ftp://headway.example'],
		['ORIGIN', 'https://headway.example/app'],
		['ORIGIN', 'https://headway.example/?a=1'],
		['ORIGIN', 'https://headway.example/#top'],
		['ORIGIN', 'https://me@headway.example'],
		['HOST', ' '],
		['HEADWAY_DATA', ' '],
		['PROTOCOL_HEADER', 'x forwarded proto'],
		['ADDRESS_HEADER', 'X-Forwarded-For:'],
		['XFF_DEPTH', '0'],
		['XFF_DEPTH', 'two'],
		['HEADWAY_VENDOR', 'demo'],
		['HEADWAY_VENDOR', 'OpenAI'],
		['HEADWAY_WEBSOCKET', 'yes'],
		['HEADWAY_CORS_ORIGINS', 'https://a.example,nonsense'],
		['LOG_LEVEL', 'loud'],
		['OPENAI_BASE_URL', 'localhost:11434'],
		['OPENAI_BASE_URL', 'https://me@models.example/v1'],
		['CUSTOM_BASE_URL', 'https://models.example/v1#top'],
		['HEADWAY_MODEL', '   '],
		['HEADWAY_IMAGE_MODEL', ' '],
		['HEADWAY_IMAGES', 'both'],
		['HEADWAY_PROVIDER', 'demo'],
		['HEADWAY_PROVIDER_PAUSE', '0'],
		['HEADWAY_PROVIDER_PAUSE', '3601'],
		['XAI_MODEL', ' '],
		['CUSTOM_API', 'completions'],
		['OLLAMA_BASE_URL', 'localhost:11434'],
		['AZURE_OPENAI_ENDPOINT', 'me.openai.azure.com'],
		['AZURE_OPENAI_ENDPOINT', 'https://me.openai.azure.com/openai/responses?api-version=2025-04-01-preview'],
		['HEADWAY_MAX_RUNNING_BY_OPERATION', 'research'],
		['HEADWAY_MAX_RUNNING_BY_OPERATION', 'research=0'],
		['HEADWAY_MAX_RUNNING_BY_OPERATION', 'research=1001'],
		['HEADWAY_MAX_RUNNING_PER_PROVIDER', '0'],
		['HEADWAY_STARTS_PER_MINUTE', '-1'],
		['HEADWAY_REQUESTS_PER_MINUTE', 'many'],
		['HEADWAY_MAX_STREAMS', '1e3'],
		['HEADWAY_STREAM_MINUTES', '0'],
		['HEADWAY_STALL_TIMEOUT', '15'],
		['HEADWAY_TIME_LIMITS', 'research'],
		['HEADWAY_TIME_LIMITS', 'research=30 parsecs'],
		['HEADWAY_TIME_LIMITS', 'research=0s'],
		['HEADWAY_TIME_LIMITS', 'image=1m,research=721h'],
		['HEADWAY_TIME_LIMITS', `research=${'9'.repeat(400)}h`],
		['HEADWAY_MAX_RUNNING', '0'],
		['HEADWAY_MAX_RUNNING', '1001'],
		['HEADWAY_MAX_RUNNING_PER_OWNER', '0'],
		['HEADWAY_MAX_UNFINISHED', 'many'],
		['HEADWAY_SILENCE', '4'],
		['HEADWAY_SILENCE_BY_MODEL', 'gpt-6-astra'],
		['HEADWAY_SILENCE_BY_MODEL', 'gpt-6-astra=0s'],
		['HEADWAY_SILENCE_BY_MODEL', 'gpt-6-astra=90s,llama4=25h'],
		['HEADWAY_BLOBS', 'azure'],
		['HEADWAY_S3_REGION', ' '],
		['HEADWAY_S3_ENDPOINT', 'localhost:9000'],
		['HEADWAY_S3_PREFIX', 'no-slash'],
		['HEADWAY_S3_PREFIX', '/headway/'],
		['HEADWAY_S3_PREFIX', 'head way/'],
		['HEADWAY_VERCEL_ACCESS', 'secret'],
		['HEADWAY_MAX_UPLOAD', '0'],
		['HEADWAY_MAX_UPLOAD', '1.5G'],
		['HEADWAY_MAX_UPLOAD', '41G'],
		['HEADWAY_MAX_UPLOAD', '1GB'],
		['HEADWAY_IDLE_TIMEOUT', '0'],
		['HEADWAY_IDLE_TIMEOUT', '86401'],
		['HEADWAY_QUIET_AFTER', '-3'],
		['HEADWAY_QUIET_AFTER', '86401'],
		['HEADWAY_DEMO_PACE', '0'],
		['HEADWAY_DEMO_PACE', 'fast'],
		['HEADWAY_DEMO_PACE', '1e3'],
		['HEADWAY_DEMO_PORT', '99999'],
		['HEADWAY_DEMO_PORT', '3000']
	])('DC-06 %s=%s ends the start with one line that names it and its value', (name, value) => {
		const message = refusal({ [name]: value });
		expect(message).toMatch(new RegExp(`^${name} .+\\.$`));
		expect(message).not.toContain('\n');
		expect(message).toContain(name === 'HEADWAY_CORS_ORIGINS' ? 'nonsense' : value);
	});

	test.each(['OPENAI_API_KEY', 'BLOB_READ_WRITE_TOKEN', 'HEADWAY_MCP_FILES_TOKEN'])(
		'BY-02 a key in %s that no header can carry ends the start, before a request fails on it; it is not repeated',
		(name) => {
			for (const key of ['sk-“abc”', 'sk-ab cd', 'sk-ab\ncd']) {
				const message = refusal({ HEADWAY_MCP_SERVERS: 'files=https://files.example/mcp', [name]: key });
				expect(message).toMatch(new RegExp(`^${name} must be a key without spaces`));
				expect(message).not.toContain('ab');
			}
		}
	);

	test('BY-02 an address with a password in it ends the start, for nothing could be sent there; it is not repeated', () => {
		const address = 'https://me:top-secret@models.example';
		for (const name of ['OPENAI_BASE_URL', 'HEADWAY_S3_ENDPOINT', 'ORIGIN']) {
			const message = refusal({ [name]: `${address}/v1` });
			expect(message).toMatch(new RegExp(`^${name} must be .+\\.$`));
			expect(message).not.toContain('secret');
		}
		const message = refusal({ HEADWAY_MCP_SERVERS: `files=${address}/mcp` });
		expect(message).toMatch(/^HEADWAY_MCP_SERVERS must look like .+; the address of "files" does not\.$/);
		expect(message).not.toContain('secret');
	});

	test('CX-07 files lie in a bucket, at Amazon or elsewhere, when that is set', () => {
		const s3 = { HEADWAY_BLOBS: 's3', HEADWAY_S3_BUCKET: 'headway-files' };
		const amazon = { kind: 's3', bucket: 'headway-files', endpoint: null, region: 'us-east-1', prefix: 'headway/' };
		expect(readConfig(s3).blobs).toEqual(amazon);
		const elsewhere = {
			HEADWAY_S3_ENDPOINT: 'http://127.0.0.1:9000',
			HEADWAY_S3_REGION: 'eu',
			HEADWAY_S3_PREFIX: 'a/b/'
		};
		expect(readConfig({ ...s3, ...elsewhere }).blobs).toEqual({
			...amazon,
			...{ endpoint: 'http://127.0.0.1:9000', region: 'eu', prefix: 'a/b/' }
		});
		expect(refusal({ HEADWAY_BLOBS: 's3' })).toBe('HEADWAY_S3_BUCKET must name a bucket, because HEADWAY_BLOBS is s3.');
	});

	test('CX-07 files lie at Vercel when that is set, privately unless the store is public', () => {
		const vercel = { HEADWAY_BLOBS: 'vercel', BLOB_READ_WRITE_TOKEN: 'vercel_blob_rw_store_secret' };
		const token = 'vercel_blob_rw_store_secret';
		expect(readConfig(vercel).blobs).toEqual({ kind: 'vercel', token, access: 'private' });
		const open = { ...vercel, HEADWAY_VERCEL_ACCESS: 'public' };
		expect(readConfig(open).blobs).toEqual({ kind: 'vercel', token, access: 'public' });
		expect(refusal({ HEADWAY_BLOBS: 'vercel' })).toMatch(/^BLOB_READ_WRITE_TOKEN must be .+\.$/);
	});

	test('DC-06 an empty variable is an unset one', () => {
		expect(readConfig({ PORT: '', OPENAI_API_KEY: '', ORIGIN: '' })).toEqual(readConfig({}));
	});

	test('OP-07 a time limit is for whole numbers of s, m or h', () => {
		expect(refusal({ HEADWAY_TIME_LIMITS: 'research=1.5h' })).toContain('must look like research=30m');
	});

	test('OP-07 a time limit for an operation that does not exist ends the start with a line that names both', () => {
		const config = readConfig({ HEADWAY_TIME_LIMITS: 'research=30m,reserch=90s' });
		expect(() => checkOperations(config, ['research', 'image'])).toThrow(
			new ConfigError('HEADWAY_TIME_LIMITS names "reserch", but the operations are research, image.')
		);
		expect(() => checkOperations(config, ['reserch', 'research'])).not.toThrow();
	});

	test('TS-17 a limit of running jobs for an operation that does not exist ends the start alike', () => {
		const config = readConfig({ HEADWAY_MAX_RUNNING_BY_OPERATION: 'reserch=2' });
		expect(() => checkOperations(config, ['research'])).toThrow(/^HEADWAY_MAX_RUNNING_BY_OPERATION names "reserch"/);
	});
});
