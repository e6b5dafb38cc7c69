import { tools } from './index.ts';
import type { ToolRun } from './tool.ts';

const found = import.meta.glob<ToolRun>('./*/run.server.ts', { import: 'default' });

/** Every listed tool with its work, found in its folder and loaded by its first call. Throws when a folder has none. */
export function toolRuns(): readonly ToolRun[] {
	return tools.map((model) => ({ model, run: workOf(model.id) }));
}

function workOf(id: string): ToolRun['run'] {
	const load = found[`./${id}/run.server.ts`];
	if (!load) throw new Error(`tools/${id}/run.server.ts is missing`);
	return async (input, ctx) => (await load()).run(input, ctx);
}
