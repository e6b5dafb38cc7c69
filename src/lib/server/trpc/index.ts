import { batchesRouter } from './batches.ts';
import { router } from './init.ts';
import { jobsRouter } from './jobs.ts';
import { liveRouter } from './live.ts';
import { operationsRouter } from './operations.ts';
import { preferencesRouter } from './preferences.ts';
import { providersRouter } from './providers.ts';
import { systemRouter } from './system.ts';

/** The typed door. */
export const appRouter = router({
	operations: operationsRouter,
	jobs: jobsRouter,
	batches: batchesRouter,
	live: liveRouter,
	preferences: preferencesRouter,
	providers: providersRouter,
	system: systemRouter
});
export type AppRouter = typeof appRouter;
