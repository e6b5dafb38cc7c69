import { expect, test } from 'vitest';
import { readConfig } from '$lib/server/config.ts';
import { openProvider, vendorAt } from '$lib/server/providers/open.ts';
import { KeptLog } from './wiring.ts';

const at = (environment: Record<string, string>) =>
	openProvider(readConfig(environment), 'http://127.0.0.1:1', new KeptLog());

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

test('TS-01 without a key or an address the demo runs, whatever vendor is named', () => {
	expect(at({ HEADWAY_VENDOR: 'ollama' })).toMatchObject({ id: 'demo', demo: true });
});

test('IM-01 HEADWAY_IMAGE_MODEL draws for runs that name no model; the demo draws with its own', () => {
	expect(at({ OPENAI_API_KEY: 'key' }).defaultImageModel).toBe('gpt-image-2');
	const other = { HEADWAY_IMAGE_MODEL: 'gpt-image-2.6-flare' };
	expect(at({ OPENAI_API_KEY: 'key', ...other }).defaultImageModel).toBe('gpt-image-2.6-flare');
	expect(at(other).defaultImageModel).toBe('demo-image-1');
});

test('IM-01 HEADWAY_IMAGES=tool lets a server without image paths draw by its image tool', () => {
	const vllm = { OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' };
	expect(at(vllm).can.images).toBe(false);
	expect(at({ ...vllm, HEADWAY_IMAGES: 'tool' }).can.images).toBe(true);
});
