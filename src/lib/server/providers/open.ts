import type { Provider, RunLog } from '../../operations/operation.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { labels, type ProviderSettings } from '../provider-settings.ts';
import { usualPollMs } from './attachment.ts';
import { GuardedProvider } from './guarded-provider.ts';
import { OpenAICompatible } from './openai-compatible.ts';
import { Providers } from './providers.ts';
import { vendors } from './vendors.ts';

/** The providers that the configuration names, the default one first, the model for vectors at the first that has any; with none the demo at its address. */
export function openProviders(config: Config, demoUrl: string | null, log: RunLog): Provider[] {
	const taking = config.providers.findIndex(({ id }) => vendors[id].embeddings !== null);
	const real = config.providers.map((settings, place) =>
		realProvider(settings, place === taking ? config.embeddingModel : null, log)
	);
	return real.length > 0 ? real : [demoProvider(config.demo.pace, demoUrl ?? '', log)];
}

/** Each behind its breaker; the first is the default. */
export function guarded(all: readonly Provider[], config: Config, clock: Clock): Providers {
	const [first, ...others] = all.map((one) => new GuardedProvider(one, { clock, pauseMs: config.providerPauseMs }));
	if (!first) throw new Error('a server needs a provider');
	return new Providers([first, ...others]);
}

function realProvider(
	{ id, model, imageModel, images, api, ...settings }: ProviderSettings,
	embeddingModel: string | null,
	log: RunLog
): Provider {
	const vendor = { ...vendors[id], ...(api && { api }) };
	return new OpenAICompatible({
		...{ ...settings, id, log, imageRoute: images, embeddingModel },
		// Without a model for pictures it is not asked for any.
		vendor: imageModel === null ? { ...vendor, images: null } : vendor,
		...{ defaultModel: model, defaultImageModel: imageModel ?? '' }
	});
}

function demoProvider(pace: number, baseURL: string, log: RunLog): Provider {
	return new OpenAICompatible({
		...{ id: 'demo', label: labels.demo, vendor: vendors.demo, baseURL, apiKey: 'no-key-needed' },
		...{ defaultModel: 'demo-research-1', defaultImageModel: 'demo-image-1' },
		...{ demo: true, typicalMs: demoMs(pace), pollMs: usualPollMs.map((ms) => ms / pace), log }
	});
}

/** At its ordinary pace the demo takes 20 to 40 s for a research or a document, and 8 to 14 s for a picture. */
function demoMs(pace: number): { text: number; images: number } {
	return { text: 30_000 / pace, images: 11_000 / pace };
}
