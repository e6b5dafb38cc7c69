import type { AnyModel } from '$lib/operations/operation.ts';
import type { App } from '$lib/server/app.ts';
import { z } from 'zod';

/** What runs of an operation usually take, by variant: times in ms, nulls without enough history. */
export type Forecasts = Record<string, Awaited<ReturnType<App['forecast']>>>;

/** The forecast of each variant that the choices of an operation's input can make; `''` where all runs are alike. */
export async function forecastsOf(app: App, owner: string, model: AnyModel): Promise<Forecasts> {
	const found = variantsOf(model).map(
		async (variant) => [variant, await app.forecast(owner, model.id, variant)] as const
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
