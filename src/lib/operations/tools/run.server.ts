import type { ToolEvent } from '../../tools/call.ts';
import { execute } from '../../tools/execute.server.ts';
import { Toolbox } from '../../tools/toolbox.server.ts';
import { defineRun } from '../operation.ts';
import { tools, type ToolsResult } from './model.ts';

/** Runs the calls and reports each. The bar is the share of those that have ended (OP-04). */
export default defineRun(tools, async ({ calls, files, projectId }, ctx) => {
	ctx.phase('executing');
	// Measured from the start: a usual time would fill the bar while no tool has ended yet.
	ctx.progress(0, 'measured');
	const toolbox = new Toolbox(ctx, { projectId: projectId ?? null, files });
	const ends = await execute(calls, toolbox, {
		tool: (event) => ctx.emit('tool', event),
		progress: (progress) => ctx.transient('tool_progress', progress),
		ended(done, total) {
			ctx.progress(done / total, 'measured');
			ctx.activity(`${done} of ${total} tools ended`);
		},
		resumed: ctx.resumed?.state.tools ?? []
	});
	const result = reportOf(ends);
	const { failed } = result;
	if (failed > 0) ctx.notice('warning', 'tools_failed', `${failed} of ${ends.length} tools failed.`);
	return result;
});

function reportOf(ends: ToolEvent[]): ToolsResult {
	const count = (state: string) => ends.filter((end) => end.state === state).length;
	const [completed, failed, skipped] = [count('completed'), count('failed'), count('skipped')];
	return { tools: ends, completed, failed, skipped, complete: completed === ends.length };
}
