import { batchesRouter } from './batches.ts';
import { conversationsRouter } from './conversations.ts';
import { router } from './init.ts';
import { jobsRouter } from './jobs.ts';
import { knowledgeRouter } from './knowledge.ts';
import { liveRouter } from './live.ts';
import { memoriesRouter } from './memories.ts';
import { operationsRouter } from './operations.ts';
import { preferencesRouter } from './preferences.ts';
import { projectsRouter } from './projects.ts';
import { providersRouter } from './providers.ts';
import { systemRouter } from './system.ts';
import { toolsRouter } from './tools.ts';

/** The typed door. */
export const appRouter = router({
	operations: operationsRouter,
	jobs: jobsRouter,
	batches: batchesRouter,
	knowledge: knowledgeRouter,
	live: liveRouter,
	conversations: conversationsRouter,
	projects: projectsRouter,
	memories: memoriesRouter,
	preferences: preferencesRouter,
	providers: providersRouter,
	system: systemRouter,
	tools: toolsRouter
});
export type AppRouter = typeof appRouter;
