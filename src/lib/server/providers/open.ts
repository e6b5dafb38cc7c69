import type { Provider, RunLog } from '../../operations/operation.ts';
import type { Config } from '../config.ts';
import { isPrivate } from '../host-names.ts';
import { OpenAICompatible } from './openai-compatible.ts';
import { vendors, type VendorId } from './vendors.ts';

/** Which vendor answers at an address, by its host, or near by its port; any other is a compatible server of which little is assumed. */
export function vendorAt(baseURL: string): VendorId {
	const { hostname, port } = new URL(baseURL);
	if (hostname === 'api.openai.com') return 'openai';
	if (hostname === 'api.x.ai') return 'xai';
	if (hostname === 'openrouter.ai') return 'openrouter';
	if (hostname.endsWith('.openai.azure.com')) return 'azure';
	if (!isPrivate(hostname)) return 'custom';
	const byPort: Record<string, VendorId> = { '11434': 'ollama', '8000': 'vllm', '1234': 'lmstudio' };
	return byPort[port] ?? 'custom';
}

/** At its ordinary pace the demo takes 20 to 40 s for a research or a document, and 8 to 14 s for a picture. */
function demoMs(pace: number): { text: number; images: number } {
	return { text: 30_000 / pace, images: 11_000 / pace };
}

const labels: Record<VendorId, string> = {
	openai: 'OpenAI',
	xai: 'xAI',
	openrouter: 'OpenRouter',
	azure: 'Azure OpenAI',
	ollama: 'Ollama',
	vllm: 'vLLM',
	lmstudio: 'LM Studio',
	custom: 'the configured server',
	demo: 'the demo provider'
};

/** The provider that the configuration names: the real one where there is a key or an address, otherwise the demo. */
export function openProvider(config: Config, demoUrl: string | null, log: RunLog): Provider {
	const vendor = config.openai ? (config.vendor ?? vendorAt(config.openai.baseURL)) : 'demo';
	const at = config.openai ?? { apiKey: 'no-key-needed', baseURL: demoUrl ?? '' };
	return new OpenAICompatible({
		...at,
		id: vendor,
		label: labels[vendor],
		vendor: vendors[vendor],
		defaultModel: config.openai ? config.model : 'demo-research-1',
		defaultImageModel: config.openai ? config.imageModel : 'demo-image-1',
		imageRoute: config.images,
		demo: vendor === 'demo',
		...(vendor === 'demo' ? { typicalMs: demoMs(config.demo.pace) } : {}),
		log
	});
}
