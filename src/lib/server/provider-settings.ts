import { ConfigError } from './config-error.ts';
import { isPrivate } from './host-names.ts';
import type { VendorId } from './providers/vendors.ts';

/** Vendors that a person can configure. */
type RealVendor = Exclude<VendorId, 'demo'>;

/** One provider as it was configured. */
export interface ProviderSettings {
	/** Its vendor, of which a server has one at most: jobs name it by this. */
	id: RealVendor;
	label: string;
	/** Empty for a server without keys. */
	apiKey: string;
	baseURL: string;
	model: string;
	/** Null: it is not asked for pictures. */
	imageModel: string | null;
	/** Pictures are asked for at the provider's image paths, or of a model's image tool. */
	images: 'api' | 'tool';
	/** How answers are asked for; absent: as the vendor is known to take it, or as it is found out. */
	api?: 'responses' | 'chat';
}

/** What the environment says about providers. */
export interface ProviderVariables {
	HEADWAY_VENDOR?: RealVendor | undefined;
	HEADWAY_MODEL: string;
	HEADWAY_IMAGE_MODEL: string;
	HEADWAY_IMAGES: 'api' | 'tool';
	HEADWAY_PROVIDER?: RealVendor | undefined;
	OPENAI_API_KEY?: string | undefined;
	OPENAI_BASE_URL?: string | undefined;
	XAI_API_KEY?: string | undefined;
	XAI_BASE_URL: string;
	XAI_MODEL: string;
	XAI_IMAGE_MODEL?: string | undefined;
	OPENROUTER_API_KEY?: string | undefined;
	OPENROUTER_BASE_URL: string;
	OPENROUTER_MODEL: string;
	OPENROUTER_IMAGE_MODEL?: string | undefined;
	AZURE_OPENAI_API_KEY?: string | undefined;
	AZURE_OPENAI_ENDPOINT?: string | undefined;
	AZURE_OPENAI_MODEL?: string | undefined;
	AZURE_OPENAI_IMAGE_MODEL?: string | undefined;
	OLLAMA_BASE_URL?: string | undefined;
	OLLAMA_MODEL?: string | undefined;
	OLLAMA_IMAGE_MODEL?: string | undefined;
	VLLM_API_KEY?: string | undefined;
	VLLM_BASE_URL?: string | undefined;
	VLLM_MODEL?: string | undefined;
	LMSTUDIO_BASE_URL?: string | undefined;
	LMSTUDIO_MODEL?: string | undefined;
	CUSTOM_API_KEY?: string | undefined;
	CUSTOM_BASE_URL?: string | undefined;
	CUSTOM_API?: 'responses' | 'chat' | undefined;
	CUSTOM_LABEL?: string | undefined;
	CUSTOM_MODEL?: string | undefined;
	CUSTOM_IMAGE_MODEL?: string | undefined;
}

/** What people call the vendors. */
export const labels: Record<VendorId, string> = {
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

/** Which vendor answers at an address, by its host, or near by its port; any other is a compatible server of which little is assumed. */
export function vendorAt(baseURL: string): RealVendor {
	const { hostname, port } = new URL(baseURL);
	if (hostname === 'api.openai.com') return 'openai';
	if (hostname === 'api.x.ai') return 'xai';
	if (hostname === 'openrouter.ai') return 'openrouter';
	if (hostname.endsWith('.openai.azure.com')) return 'azure';
	if (!isPrivate(hostname)) return 'custom';
	const byPort: Record<string, RealVendor> = { '11434': 'ollama', '8000': 'vllm', '1234': 'lmstudio' };
	return byPort[port] ?? 'custom';
}

/** Every provider that is configured, the default one first; none: the demo runs. Throws a `ConfigError`. */
export function readProviders(v: ProviderVariables): ProviderSettings[] {
	const all = [first(v), xai(v), openrouter(v), azure(v), ollama(v), vllm(v), lmstudio(v), custom(v)];
	const found = all.filter((one) => one !== null);
	const twice = found.find(({ id }, place) => found.findIndex((other) => other.id === id) < place);
	if (twice)
		throw new ConfigError(
			`OPENAI_BASE_URL and the variables of ${twice.label} both say where "${twice.id}" is. Unset one of them, or set HEADWAY_VENDOR.`
		);
	const wanted = v.HEADWAY_PROVIDER;
	if (wanted === undefined) return found;
	const chosen = found.filter(({ id }) => id === wanted);
	if (chosen.length > 0) return [...chosen, ...found.filter(({ id }) => id !== wanted)];
	// The demo in its place would be taken for it.
	const names = found.map(({ id }) => id).join(', ') || 'none';
	const missing = new Intl.ListFormat('en').format(needs[wanted]);
	throw new ConfigError(
		`${missing} must be set, because HEADWAY_PROVIDER is "${wanted}"; what is configured is ${names}.`
	);
}

/** What makes each of them one that is configured. */
const needs: Record<RealVendor, readonly string[]> = {
	openai: ['OPENAI_API_KEY'],
	xai: ['XAI_API_KEY'],
	openrouter: ['OPENROUTER_API_KEY'],
	azure: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_MODEL'],
	ollama: ['OLLAMA_BASE_URL', 'OLLAMA_MODEL'],
	vllm: ['VLLM_BASE_URL', 'VLLM_MODEL'],
	lmstudio: ['LMSTUDIO_BASE_URL', 'LMSTUDIO_MODEL'],
	custom: ['CUSTOM_BASE_URL', 'CUSTOM_MODEL']
};

type Found = ProviderSettings | null;

function first(v: ProviderVariables): Found {
	// It says who answers at an address: without one, the key of another vendor would go to OpenAI.
	if ((v.HEADWAY_VENDOR ?? 'openai') !== 'openai') required('OPENAI_BASE_URL', v.OPENAI_BASE_URL, 'HEADWAY_VENDOR');
	if (!v.OPENAI_API_KEY && !v.OPENAI_BASE_URL) return null;
	const baseURL = v.OPENAI_BASE_URL ?? 'https://api.openai.com/v1';
	const id = v.HEADWAY_VENDOR ?? vendorAt(baseURL);
	return {
		...{ id, label: labels[id], apiKey: v.OPENAI_API_KEY ?? 'local', baseURL },
		...{ model: v.HEADWAY_MODEL, imageModel: v.HEADWAY_IMAGE_MODEL, images: v.HEADWAY_IMAGES }
	};
}

function xai(v: ProviderVariables): Found {
	if (!v.XAI_API_KEY) return null;
	const models = { model: v.XAI_MODEL, imageModel: v.XAI_IMAGE_MODEL };
	return further('xai', { apiKey: v.XAI_API_KEY, baseURL: v.XAI_BASE_URL, ...models });
}

function openrouter(v: ProviderVariables): Found {
	if (!v.OPENROUTER_API_KEY) return null;
	const models = { model: v.OPENROUTER_MODEL, imageModel: v.OPENROUTER_IMAGE_MODEL };
	return further('openrouter', { apiKey: v.OPENROUTER_API_KEY, baseURL: v.OPENROUTER_BASE_URL, ...models });
}

function azure(v: ProviderVariables): Found {
	if (!v.AZURE_OPENAI_API_KEY && !v.AZURE_OPENAI_ENDPOINT) return null;
	const apiKey = required('AZURE_OPENAI_API_KEY', v.AZURE_OPENAI_API_KEY, 'AZURE_OPENAI_ENDPOINT');
	const endpoint = required('AZURE_OPENAI_ENDPOINT', v.AZURE_OPENAI_ENDPOINT, 'AZURE_OPENAI_API_KEY');
	const model = required('AZURE_OPENAI_MODEL', v.AZURE_OPENAI_MODEL, 'AZURE_OPENAI_ENDPOINT');
	// The endpoint is the resource's own address, as Azure's portal shows it.
	const baseURL = /\/openai(\/|$)/.test(endpoint) ? endpoint : `${endpoint.replace(/\/$/, '')}/openai/v1`;
	return further('azure', { apiKey, baseURL, model, imageModel: v.AZURE_OPENAI_IMAGE_MODEL });
}

function ollama(v: ProviderVariables): Found {
	if (!v.OLLAMA_BASE_URL) return null;
	const model = required('OLLAMA_MODEL', v.OLLAMA_MODEL, 'OLLAMA_BASE_URL');
	return further('ollama', { baseURL: withPath(v.OLLAMA_BASE_URL), model, imageModel: v.OLLAMA_IMAGE_MODEL });
}

function vllm(v: ProviderVariables): Found {
	if (!v.VLLM_BASE_URL && !v.VLLM_API_KEY) return null;
	const baseURL = required('VLLM_BASE_URL', v.VLLM_BASE_URL, 'VLLM_API_KEY');
	const model = required('VLLM_MODEL', v.VLLM_MODEL, 'VLLM_BASE_URL');
	return further('vllm', { apiKey: v.VLLM_API_KEY, baseURL: withPath(baseURL), model });
}

function lmstudio(v: ProviderVariables): Found {
	if (!v.LMSTUDIO_BASE_URL) return null;
	const model = required('LMSTUDIO_MODEL', v.LMSTUDIO_MODEL, 'LMSTUDIO_BASE_URL');
	return further('lmstudio', { baseURL: withPath(v.LMSTUDIO_BASE_URL), model });
}

function custom(v: ProviderVariables): Found {
	if (!v.CUSTOM_BASE_URL && !v.CUSTOM_API_KEY) return null;
	const baseURL = required('CUSTOM_BASE_URL', v.CUSTOM_BASE_URL, 'CUSTOM_API_KEY');
	const model = required('CUSTOM_MODEL', v.CUSTOM_MODEL, 'CUSTOM_BASE_URL');
	const found = { apiKey: v.CUSTOM_API_KEY, baseURL, model, imageModel: v.CUSTOM_IMAGE_MODEL };
	const settings = further('custom', { ...found, label: v.CUSTOM_LABEL });
	return { ...settings, ...(v.CUSTOM_API && { api: v.CUSTOM_API }) };
}

/** What these servers print at their start is the address without the path at which they speak OpenAI's protocol. */
function withPath(address: string): string {
	return new URL(address).pathname === '/' ? new URL('/v1', address).href : address;
}

function further(
	id: RealVendor,
	said: { baseURL: string; model: string } & Partial<Record<'apiKey' | 'imageModel' | 'label', string | undefined>>
): ProviderSettings {
	const { apiKey = '', imageModel = null, label = labels[id], baseURL, model } = said;
	return { id, label, apiKey, baseURL, model, imageModel, images: 'api' };
}

function required(name: string, value: string | undefined, because: string): string {
	if (value) return value;
	throw new ConfigError(`${name} must be set, because ${because} is.`);
}
