import { operations } from './index.ts';
import type { OperationRun } from './operation.ts';

const found = import.meta.glob<OperationRun>('./*/run.server.ts', { import: 'default' });

/** Every listed operation with its work, found in its folder and loaded by its first run. Throws at start-up when a folder has none. */
export function operationRuns(): Record<string, OperationRun> {
	return Object.fromEntries(Object.entries(operations).map(([id, model]) => [id, { model, ...workOf(id) }]));
}

/** Loads the work of every operation, one after the other, so that no run waits for it. Rejects when one cannot be loaded. */
export async function loadOperations(): Promise<void> {
	for (const load of Object.values(found)) await load();
}

function workOf(id: string): Required<Omit<OperationRun, 'model'>> {
	const load = found[`./${id}/run.server.ts`];
	if (!load) throw new Error(`operations/${id}/run.server.ts is missing`);
	return {
		run: async (input, ctx) => (await load()).run(input, ctx),
		leaves: async (input, state) => (await load()).leaves?.(input, state) ?? []
	};
}
