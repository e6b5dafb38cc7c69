import { expect, test } from 'vitest';
import { idleSettings, unknownSettings } from '$lib/server/unknown-settings.ts';

test('DC-06 a variable in Headway’s name that no setting has is told, and no other', () => {
	const environment = {
		...{ HEADWAY_DTA_SOURCES: 'sales=postgres://db/x', HEADWAY_PORT: '3001', HEADWAY_EMPTY: '', PATH: '/bin' },
		...{ HEADWAY_DATA_SOURCES: '', HEADWAY_MODEL: 'm', HEADWAY_CHAOS_SEED: '7' },
		...{ HEADWAY_MCP_SERVERS: 'my-files=https://files.example/mcp', HEADWAY_MCP_MY_FILES_TOKEN: 't' }
	};
	expect(unknownSettings(environment)).toEqual(['HEADWAY_DTA_SOURCES', 'HEADWAY_PORT']);
	expect(
		unknownSettings({ HEADWAY_MCP_FILE_TOKEN: 't', HEADWAY_MCP_SERVERS: 'files=https://files.example/mcp' })
	).toEqual(['HEADWAY_MCP_FILE_TOKEN']);
});

test('DC-06 a setting that does nothing without another one is told with that one, until that one is there', () => {
	const environment = {
		...{ OLLAMA_MODEL: 'llama', OLLAMA_HOST: '127.0.0.1', XAI_MODEL: 'grok', XAI_IMAGE_MODEL: '', XFF_DEPTH: '2' },
		...{ HEADWAY_MODEL: 'm', HEADWAY_S3_BUCKET: 'b', HEADWAY_BLOBS: 'files', HEADWAY_DEMO_PACE: '2' }
	};
	expect(idleSettings(environment)).toEqual([
		{ variable: 'HEADWAY_MODEL', needs: 'OPENAI_API_KEY or OPENAI_BASE_URL' },
		{ variable: 'HEADWAY_S3_BUCKET', needs: 'HEADWAY_BLOBS=s3' },
		{ variable: 'OLLAMA_MODEL', needs: 'OLLAMA_BASE_URL' },
		{ variable: 'XAI_MODEL', needs: 'XAI_API_KEY' },
		{ variable: 'XFF_DEPTH', needs: 'ADDRESS_HEADER' }
	]);
	const beside = { OLLAMA_BASE_URL: 'http://ollama:11434/v1', XAI_API_KEY: 'x', OPENAI_BASE_URL: 'http://gpu:8000/v1' };
	const all = { ...environment, ...beside, HEADWAY_BLOBS: 's3', ADDRESS_HEADER: 'x-forwarded-for' };
	expect(idleSettings(all)).toEqual([]);
});
