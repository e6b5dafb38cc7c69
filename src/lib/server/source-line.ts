import type { Providers } from './providers/providers.ts';

const demoLine =
	'Provider: the demo (no OPENAI_API_KEY is set). It is no language model: it arranges what a small library says.';

/** What runs are sent to, as it is printed at the start. */
export function sourceLine(providers: Providers): string {
	if (providers.default.demo) return demoLine;
	const [first = '', ...others] = providers.all().map(({ label, defaultModel: model }) => `${label} (${model})`);
	return others.length > 0 ? `Providers: ${first} by default, ${others.join(', ')}` : `Provider: ${first}`;
}
