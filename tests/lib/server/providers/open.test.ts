import { expect, test } from 'vitest';
import type { Provider } from '$lib/operations/operation.ts';
import { readConfig } from '$lib/server/config.ts';
import { openProviders } from '$lib/server/providers/open.ts';
import { ReplayServer } from '../../../support/replay-server.ts';
import { collect, KeptLog, never, request } from './wiring.ts';

const all = (environment: Record<string, string>) =>
	openProviders(readConfig(environment), 'http://127.0.0.1:1', new KeptLog());
const at = (environment: Record<string, string>) => all(environment)[0];

test('TS-01 HEADWAY_VENDOR says who answers where the address does not, and overrules what it seems to say', () => {
	const far = { OPENAI_BASE_URL: 'https://models.example:8000/v1' };
	expect(at(far)).toMatchObject({ id: 'custom', can: { webSearch: false, background: false } });
	expect(at({ ...far, HEADWAY_VENDOR: 'vllm' })).toMatchObject({
		id: 'vllm',
		label: 'vLLM',
		can: { background: true }
	});
	const near = { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' };
	expect(at({ ...near, HEADWAY_VENDOR: 'openai' })).toMatchObject({ id: 'openai', can: { webSearch: true } });
});

test('TS-01 without a key or an address the demo runs', () => {
	expect(at({})).toMatchObject({ id: 'demo', demo: true, host: '127.0.0.1:1' });
});

test('OP-06 the demo is asked how it stands as often as its pace is high, and a real provider at the usual times', () => {
	expect(at({ HEADWAY_DEMO_PACE: '4' })?.pollMs).toEqual([500, 1_250, 2_500]);
	expect(at({ HEADWAY_DEMO_PACE: '4', OPENAI_API_KEY: 'key' })?.pollMs).toBeUndefined();
});

test('TS-01 each configured provider is opened with its own model and what it can do; the demo stays away', () => {
	const opened = all({
		...{ OPENAI_API_KEY: 'key', XAI_API_KEY: 'key', XAI_IMAGE_MODEL: 'grok-draws' },
		...{ OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1', OLLAMA_MODEL: 'llama' }
	});
	expect(opened).toMatchObject([
		{ id: 'openai', host: 'api.openai.com', defaultModel: 'gpt-6-astra', can: { background: true, images: true } },
		{ id: 'xai', host: 'api.x.ai', defaultImageModel: 'grok-draws', can: { background: false, images: true } },
		// No model of it draws, as far as was said.
		{ id: 'ollama', host: '127.0.0.1:11434', defaultModel: 'llama', can: { webSearch: false, images: false } }
	]);
});

test('IM-01 HEADWAY_IMAGE_MODEL draws for runs that name no model; the demo draws with its own', () => {
	expect(at({ OPENAI_API_KEY: 'key' })?.defaultImageModel).toBe('gpt-image-2');
	const other = { HEADWAY_IMAGE_MODEL: 'gpt-image-2.6-flare' };
	expect(at({ OPENAI_API_KEY: 'key', ...other })?.defaultImageModel).toBe('gpt-image-2.6-flare');
	expect(at(other)?.defaultImageModel).toBe('demo-image-1');
});

test('IM-01 HEADWAY_IMAGES=tool lets a server without image paths draw by its image tool', () => {
	const vllm = { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' };
	expect(at(vllm)?.can.images).toBe(false);
	expect(at({ ...vllm, HEADWAY_IMAGES: 'tool' })?.can.images).toBe(true);
});

test('TS-01 CUSTOM_API=chat asks a server of one’s own by chat from the start, whatever its Responses path says', async () => {
	const server = await ReplayServer.start(() => ({ status: 500 }));
	const custom = { CUSTOM_BASE_URL: server.baseURL, CUSTOM_MODEL: 'm' };
	const paths = async (more: Record<string, string>) => {
		server.requests.length = 0;
		const [provider] = all({ ...custom, ...more }) as [Provider];
		await collect(provider.create({ ...request, background: false }, never));
		return server.requests.map(({ url }) => url.pathname);
	};
	expect(await paths({})).toEqual(['/v1/responses']);
	expect(await paths({ CUSTOM_API: 'chat' })).toEqual(['/v1/chat/completions']);
	await server.close();
});
