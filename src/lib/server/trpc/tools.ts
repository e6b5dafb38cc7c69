import { toolList } from '../http/tool-door.ts';
import { procedure, router } from './init.ts';

/** What a plan may call. */
export const toolsRouter = router({
	list: procedure.query(({ ctx }) => toolList(ctx.app.mcp))
});
