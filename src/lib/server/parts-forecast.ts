import { foresee, type PartKind, type PartsForecast } from '../jobs/parts-forecast.ts';
import type { AnyModel, Part } from '../operations/operation.ts';
import type { RunningLimits } from './claim.ts';
import { modelFor } from './default-model.ts';
import type { JobQueries, RunKind } from './job-queries.ts';
import { priceOf } from './providers/prices.ts';
import type { Providers } from './providers/providers.ts';

/** What the parts of a job will take and cost together; its input is as its operation has read it. */
export type Foreseeing = (operation: string, input: unknown) => PartsForecast;

interface Sources {
	queries: Pick<JobQueries, 'spent'>;
	models: Record<string, AnyModel>;
	providers: Providers;
	limits: RunningLimits;
}

/** Foresees from past runs of the same operation on the same model in the same variant. A part that is no job counts for nothing. */
export function foreseeing({ queries, models, providers, limits }: Sources): Foreseeing {
	return (operation, input) => {
		const { partsOf, partsAtOnce = Infinity } = models[operation] ?? {};
		const parts: readonly Part[] = partsOf?.(input) ?? [];
		const asked = parts.flatMap((part) => kindOf(part, models, providers) ?? []);
		const byName = new Map(asked.map((one) => [nameOf(one), one]));
		const names = [...byName.keys()];
		const kinds = [...byName.values()].map((kind): PartKind => {
			const past = queries.spent(kind);
			const { model, free } = kind;
			return { model, past, free, priced: isPriced(kind) || past.some(({ usd }) => usd !== null) };
		});
		const order = asked.map((one) => names.indexOf(nameOf(one)));
		return foresee(kinds, order, Math.min(partsAtOnce, placesFor(asked, limits)));
	};
}

interface Asked extends RunKind {
	provider: string;
	/** It costs nothing: it is the demo's, or asks no model. */
	free: boolean;
}

function kindOf({ operation, input }: Part, models: Record<string, AnyModel>, providers: Providers): Asked | null {
	const model = Object.hasOwn(models, operation) ? models[operation] : undefined;
	const parsed = model?.input.safeParse(input);
	if (!model || !parsed?.success) return null;
	const { provider: named } = parsed.data as { provider?: string };
	// One that is not configured any more fails that part, not what foresees it.
	if (named !== undefined && !providers.knows(named)) return null;
	const provider = providers.get(named);
	return {
		...{ operation, variant: model.variantOf?.(parsed.data) ?? '', provider: provider.id },
		free: provider.demo || model.asksModel?.(parsed.data) === false,
		model: modelFor(provider, model, parsed.data)
	};
}

const nameOf = ({ operation, provider, model, variant }: Asked) =>
	JSON.stringify([operation, provider, model, variant]);

function isPriced({ free, model }: Asked): boolean {
	const nothing = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: null, searches: 0 };
	return free || priceOf(model, nothing).usd !== null;
}

/** How many of them may run at once. */
function placesFor(asked: readonly Asked[], { server, owner, operation, provider }: RunningLimits): number {
	const operations = [...new Set(asked.map((one) => one.operation))];
	const ofOperations = operations.reduce((places, id) => places + (operation[id] ?? server), 0);
	const ofProviders = provider === null ? server : provider * new Set(asked.map((one) => one.provider)).size;
	return Math.max(1, Math.min(server, owner, ofOperations, ofProviders));
}
