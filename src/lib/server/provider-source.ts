import type { Provider, RunLog } from '../operations/operation.ts';
import type { Clock } from './clock.ts';
import { ConfigError, dataPaths, type Config } from './config.ts';
import { guarded, openProviders } from './providers/open.ts';
import type { Providers } from './providers/providers.ts';

/** What providers are opened with. */
interface SourceParts {
	config: Config;
	/** Instead of the configured provider or the demo. */
	provider?: Provider;
	corpusFolders?: string[];
	clock: Clock;
	log: RunLog;
}

/** Starts the demo; it shares no code with what reads it. */
type StartDemo<D> = (options: { dataDir: string; corpusFolders: string[]; pace: number; port: number }) => Promise<D>;

/** The providers that run the models; without a key or an address it is the demo, started here. */
export async function openSource<D extends { url: string }>(
	{ config, provider, corpusFolders, clock, log }: SourceParts,
	startDemo: StartDemo<D>
): Promise<{ demo: D | null; providers: Providers }> {
	if (provider) return { demo: null, providers: guarded([provider], config, clock) };
	const demo = config.providers.length > 0 ? null : await openDemo(config, startDemo, corpusFolders);
	return { demo, providers: guarded(openProviders(config, demo?.url ?? null, log), config, clock) };
}

async function openDemo<D>(
	config: Config,
	startDemo: StartDemo<D>,
	corpusFolders = ['docs', 'src/demo/corpus']
): Promise<D> {
	const { pace, port } = config.demo;
	const dataDir = dataPaths(config.dataDir).demo;
	return startDemo({ dataDir, corpusFolders, pace, port }).catch((error: unknown) => {
		const reason = error instanceof Error ? error.message : String(error);
		throw new ConfigError(
			`The demo provider cannot start (${reason}). Check HEADWAY_DEMO_PORT and the folder ${dataDir}, or set OPENAI_API_KEY.`
		);
	});
}
