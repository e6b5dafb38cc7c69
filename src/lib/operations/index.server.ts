import { operations } from './index.ts';
import type { OperationRun } from './operation.ts';

const found = import.meta.glob<{ default: OperationRun }>('./*/run.server.ts', { eager: true });

/** Every listed operation with its work, found in its folder. Throws at start-up when a folder has none. */
export function operationRuns(): Record<string, OperationRun> {
	return Object.fromEntries(
		Object.keys(operations).map((id) => {
			const run = found[`./${id}/run.server.ts`]?.default;
			if (!run) throw new Error(`operations/${id}/run.server.ts is missing or has no default export`);
			return [id, run];
		})
	);
}
