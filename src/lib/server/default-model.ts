import type { AnyModel, Provider } from '../operations/operation.ts';

/** What an operation runs on when the person named no model. */
export function defaultModel(provider: Provider, { runsOn }: Pick<AnyModel, 'runsOn'>): string {
	return runsOn === 'images' ? provider.defaultImageModel : provider.defaultModel;
}

/** Whether a job of this input asks a model itself. */
export function asksModel({ runsOn, asksModel }: Pick<AnyModel, 'runsOn' | 'asksModel'>, input: unknown): boolean {
	return runsOn !== 'none' && (asksModel?.(input) ?? true);
}

/** What a job of this input runs on, which may name its model; empty for one that asks no model itself. */
export function modelFor(provider: Provider, operation: AnyModel, input: unknown): string {
	const { model } = input as { model?: string };
	return asksModel(operation, input) ? (model ?? defaultModel(provider, operation)) : '';
}
