import type { AnyModel } from '../operations/operation.ts';

/** What a job of this input is called; one that starts others may be called by what those will be. */
export function jobTitle(models: Readonly<Record<string, AnyModel>>, model: AnyModel, input: unknown): string {
	const parts = model.partsOf?.(input) ?? [];
	const titles = parts.map((part) => {
		const own = models[part.operation];
		const read = own?.input.safeParse(part.input);
		return own && read?.success ? jobTitle(models, own, read.data) : '';
	});
	return model.titleOf(input, titles);
}
