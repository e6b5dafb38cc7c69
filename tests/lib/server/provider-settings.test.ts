import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '$lib/server/config.ts';
import { vendorAt } from '$lib/server/provider-settings.ts';

const providers = (environment: Record<string, string>) => readConfig(environment).providers;
const ids = (environment: Record<string, string>) => providers(environment).map(({ id }) => id);

function refusal(environment: Record<string, string>): string {
	try {
		readConfig(environment);
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
	return 'accepted';
}

const local = { OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1', OLLAMA_MODEL: 'llama' };

test.each([
	['https://api.openai.com/v1', 'openai'],
	['https://api.x.ai/v1', 'xai'],
	['https://openrouter.ai/api/v1', 'openrouter'],
	['https://me.openai.azure.com/openai/v1', 'azure'],
	['http://127.0.0.1:11434/v1', 'ollama'],
	['http://127.9.9.9:8000/v1', 'vllm'],
	['http://localhost:1234/v1', 'lmstudio'],
	['http://[::1]:11434/v1', 'ollama'],
	['http://10.1.2.3:11434/v1', 'ollama'],
	['http://192.168.1.5:8000/v1', 'vllm'],
	['http://172.16.0.1:8000/v1', 'vllm'],
	['http://172.31.0.1:8000/v1', 'vllm'],
	['http://ollama:11434/v1', 'ollama'],
	['http://host.docker.internal:1234/v1', 'lmstudio'],
	['http://172.32.0.1:8000/v1', 'custom'],
	['http://8.8.8.8:8000/v1', 'custom'],
	['https://models.example:8000/v1', 'custom'],
	['http://10.evil.example:11434/v1', 'custom'],
	['http://127.0.0.1:9999/v1', 'custom']
])('TS-01 at %s answers %s: a port tells something of a near server only', (address, vendor) => {
	expect(vendorAt(address)).toBe(vendor);
});

describe('which providers a server has', () => {
	test('TS-01 a key alone is for OpenAI, with the models that were chosen', () => {
		const [openai] = providers({ OPENAI_API_KEY: ' key ' });
		expect(openai).toEqual({
			...{ id: 'openai', label: 'OpenAI', apiKey: 'key', baseURL: 'https://api.openai.com/v1' },
			...{ model: 'gpt-6-astra', imageModel: 'gpt-image-2', images: 'api' }
		});
		const chosen = { HEADWAY_MODEL: 'other', HEADWAY_IMAGE_MODEL: 'gpt-image-2.6-flare', HEADWAY_IMAGES: 'tool' };
		expect(providers({ OPENAI_API_KEY: 'key', ...chosen })).toMatchObject([
			{ model: 'other', imageModel: 'gpt-image-2.6-flare', images: 'tool' }
		]);
	});

	test('TS-01 an address alone is for a server without keys', () => {
		const address = { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' };
		expect(providers(address)).toMatchObject([{ id: 'ollama', apiKey: 'local', baseURL: 'http://127.0.0.1:11434/v1' }]);
		expect(ids({ ...address, HEADWAY_VENDOR: 'vllm' })).toEqual(['vllm']);
	});

	test.each<[string, Record<string, string>, object]>([
		[
			'xAI',
			{ XAI_API_KEY: 'xai-1' },
			{ id: 'xai', apiKey: 'xai-1', baseURL: 'https://api.x.ai/v1', model: 'grok-4.7', imageModel: null }
		],
		[
			'OpenRouter',
			{ OPENROUTER_API_KEY: 'or-1', OPENROUTER_MODEL: 'mistral/large', OPENROUTER_IMAGE_MODEL: 'flux' },
			{ id: 'openrouter', baseURL: 'https://openrouter.ai/api/v1', model: 'mistral/large', imageModel: 'flux' }
		],
		[
			'Azure',
			{
				...{ AZURE_OPENAI_API_KEY: 'az-1', AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com/' },
				AZURE_OPENAI_MODEL: 'my-deployment'
			},
			{ id: 'azure', apiKey: 'az-1', baseURL: 'https://me.openai.azure.com/openai/v1', model: 'my-deployment' }
		],
		['Ollama', local, { id: 'ollama', apiKey: '', baseURL: local.OLLAMA_BASE_URL, model: 'llama' }],
		[
			'vLLM',
			{ VLLM_BASE_URL: 'http://gpu:8000/v1', VLLM_MODEL: 'qwen', VLLM_API_KEY: 'k' },
			{ id: 'vllm', apiKey: 'k', baseURL: 'http://gpu:8000/v1', model: 'qwen' }
		],
		[
			'LM Studio',
			{ LMSTUDIO_BASE_URL: 'http://127.0.0.1:1234/v1', LMSTUDIO_MODEL: 'gemma' },
			{ id: 'lmstudio', baseURL: 'http://127.0.0.1:1234/v1', model: 'gemma' }
		],
		[
			'a server of one’s own',
			{
				...{ CUSTOM_BASE_URL: 'https://models.example/v1', CUSTOM_API_KEY: 'c', CUSTOM_LABEL: 'The lab' },
				...{ CUSTOM_MODEL: 'm', CUSTOM_IMAGE_MODEL: 'i' }
			},
			{ id: 'custom', label: 'The lab', apiKey: 'c', model: 'm', imageModel: 'i' }
		]
	])('TS-01 %s is configured by its own variables, and alone it is the default', (_name, environment, expected) => {
		expect(providers(environment)).toMatchObject([expected]);
		expect(providers(environment)).toHaveLength(1);
	});

	test.each([
		['OLLAMA', 'http://localhost:11434', 'http://localhost:11434/v1'],
		['VLLM', 'http://gpu:8000/', 'http://gpu:8000/v1'],
		['LMSTUDIO', 'http://127.0.0.1:1234/', 'http://127.0.0.1:1234/v1'],
		['OLLAMA', 'https://gpu.example/ollama/v1', 'https://gpu.example/ollama/v1']
	])('TS-01 %s at %s is asked at %s', (vendor, address, baseURL) => {
		const environment = { [`${vendor}_BASE_URL`]: address, [`${vendor}_MODEL`]: 'm' };
		expect(providers(environment)).toMatchObject([{ baseURL }]);
	});

	test('TS-01 several stand side by side; the default is OpenAI’s, or the one that HEADWAY_PROVIDER names', () => {
		const all = { ...local, XAI_API_KEY: 'x', OPENAI_API_KEY: 'o' };
		expect(ids(all)).toEqual(['openai', 'xai', 'ollama']);
		expect(ids({ ...all, HEADWAY_PROVIDER: 'ollama' })).toEqual(['ollama', 'openai', 'xai']);
		expect(ids({ ...local, XAI_API_KEY: 'x' })).toEqual(['xai', 'ollama']);
	});

	test('TS-01 without a key or an address there is none, and the demo runs', () => {
		expect(ids({ HEADWAY_VENDOR: 'openai', XAI_MODEL: 'grok', OLLAMA_MODEL: 'llama' })).toEqual([]);
	});

	test.each([
		['openai', 'OPENAI_API_KEY'],
		['xai', 'XAI_API_KEY'],
		['openrouter', 'OPENROUTER_API_KEY'],
		['azure', 'AZURE_OPENAI_API_KEY, AZURE_OPENAI_ENDPOINT, and AZURE_OPENAI_MODEL'],
		['ollama', 'OLLAMA_BASE_URL and OLLAMA_MODEL'],
		['vllm', 'VLLM_BASE_URL and VLLM_MODEL'],
		['lmstudio', 'LMSTUDIO_BASE_URL and LMSTUDIO_MODEL'],
		['custom', 'CUSTOM_BASE_URL and CUSTOM_MODEL']
	])('DC-06 HEADWAY_PROVIDER=%s without %s ends the start: the demo would be taken for it', (vendor, missing) => {
		expect(refusal({ HEADWAY_PROVIDER: vendor })).toBe(
			`${missing} must be set, because HEADWAY_PROVIDER is "${vendor}"; what is configured is none.`
		);
	});

	test('TS-01 HEADWAY_PROVIDER is also content with a vendor that OPENAI_BASE_URL leads to', () => {
		const address = { OPENAI_BASE_URL: 'https://api.x.ai/v1', OPENAI_API_KEY: 'x' };
		expect(ids({ ...address, HEADWAY_PROVIDER: 'xai' })).toEqual(['xai']);
	});

	test.each<[string, Record<string, string>]>([
		['OLLAMA_MODEL must be set, because OLLAMA_BASE_URL is.', { OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' }],
		['VLLM_MODEL must be set, because VLLM_BASE_URL is.', { VLLM_BASE_URL: 'http://gpu:8000/v1' }],
		['LMSTUDIO_MODEL must be set, because LMSTUDIO_BASE_URL is.', { LMSTUDIO_BASE_URL: 'http://127.0.0.1:1234' }],
		['CUSTOM_MODEL must be set, because CUSTOM_BASE_URL is.', { CUSTOM_BASE_URL: 'https://models.example' }],
		['AZURE_OPENAI_ENDPOINT must be set, because AZURE_OPENAI_API_KEY is.', { AZURE_OPENAI_API_KEY: 'secret-1' }],
		[
			'AZURE_OPENAI_API_KEY must be set, because AZURE_OPENAI_ENDPOINT is.',
			{ AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com' }
		],
		['VLLM_BASE_URL must be set, because VLLM_API_KEY is.', { VLLM_API_KEY: 'secret-1', VLLM_MODEL: 'qwen' }],
		['CUSTOM_BASE_URL must be set, because CUSTOM_API_KEY is.', { CUSTOM_API_KEY: 'secret-1', CUSTOM_MODEL: 'm' }],
		['OPENAI_BASE_URL must be set, because HEADWAY_VENDOR is.', { HEADWAY_VENDOR: 'xai', OPENAI_API_KEY: 'secret-1' }],
		['OPENAI_BASE_URL must be set, because HEADWAY_VENDOR is.', { HEADWAY_VENDOR: 'ollama' }],
		[
			'OPENAI_API_KEY must be set, because HEADWAY_PROVIDER is "openai"; what is configured is xai, ollama.',
			{ ...local, XAI_API_KEY: 'secret-1', HEADWAY_PROVIDER: 'openai' }
		],
		[
			'OPENAI_BASE_URL and the variables of Ollama both say where "ollama" is. Unset one of them, or set HEADWAY_VENDOR.',
			{ ...local, OPENAI_BASE_URL: 'http://10.0.0.1:11434/v1' }
		]
	])('DC-06 %s', (message, environment) => {
		expect(refusal(environment)).toBe(message);
	});
});
