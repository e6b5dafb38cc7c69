import type { AnyModel, Provider } from '../operations/operation.ts';

/** What an operation runs on when the person named no model; empty for one that asks no model itself. */
export function defaultModel(provider: Provider, { runsOn }: Pick<AnyModel, 'runsOn'>): string {
	if (runsOn === 'none') return '';
	return runsOn === 'images' ? provider.defaultImageModel : provider.defaultModel;
}
