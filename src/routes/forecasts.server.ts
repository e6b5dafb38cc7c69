import type { AnyModel } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { z } from 'zod';

type Forecast = Awaited<ReturnType<App['forecast']>>;

/** What runs of an operation usually take, by provider and variant: times in ms, nulls without enough history. */
export type Forecasts = Record<string, Record<string, Forecast>>;

/** The forecast of each variant that the choices of an operation's input can make, with each provider's own model; the variant is `''` where all runs are alike. */
export async function forecastsOf(app: App, owner: string, model: AnyModel): Promise<Forecasts> {
	const providers = app
		.system()
		.providers.map(async ({ id }) => [id, await forecastsAt(app, owner, model, id)] as const);
	return Object.fromEntries(await Promise.all(providers));
}

async function forecastsAt(app: App, owner: string, model: AnyModel, provider: string) {
	const found = variantsOf(model).map(
		async (variant) => [variant, await app.forecast(owner, model.id, { variant, provider })] as const
	);
	return Object.fromEntries(await Promise.all(found));
}

function variantsOf(model: AnyModel): string[] {
	if (!model.variantOf) return [''];
	const { properties = {} } = z.toJSONSchema(model.input, { io: 'input', unrepresentable: 'any' });
	return Object.values(properties).flatMap((field) =>
		typeof field === 'object' && field.enum ? field.enum.map(String) : []
	);
}
