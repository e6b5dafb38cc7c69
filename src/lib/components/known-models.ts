/** The models that these providers list, each once. One that does not answer adds none: a form goes on without. */
export async function knownModels(providers: readonly string[]): Promise<string[]> {
	const lists = await Promise.all(providers.map(modelsOf));
	return [...new Set(lists.flat())];
}

async function modelsOf(provider: string): Promise<string[]> {
	try {
		const answer = await fetch(`/api/providers/${encodeURIComponent(provider)}/models`);
		const { models = [] } = answer.ok ? ((await answer.json()) as { models?: string[] }) : {};
		return models;
	} catch {
		return [];
	}
}
