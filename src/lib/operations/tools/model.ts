import { z } from 'zod';
import { mergeTool, toolCall, toolEvent, toolProgress, type ToolView } from '../../tools/call.ts';
import { countedAny } from '../../text/counted.ts';
import { defineOperation } from '../operation.ts';
import { whereFields } from '../where.ts';

const input = z.strictObject({
	calls: z
		.array(toolCall)
		.min(1, 'Name at least one tool to run.')
		.max(20, 'At most 20 tools may run in one job.')
		.refine((calls) => new Set(calls.map(({ id }) => id)).size === calls.length, 'Each call needs an id of its own.'),
	/** Files that the tools may read. */
	files: z.array(z.string().min(1).max(64)).max(10).default([]),
	projectId: z.string().min(1).max(64).optional(),
	...whereFields
});

const result = z.object({
	tools: z.array(toolEvent),
	completed: z.number().int(),
	failed: z.number().int(),
	skipped: z.number().int(),
	/** False when a call failed or was skipped. */
	complete: z.boolean()
});
export type ToolsResult = z.infer<typeof result>;

const events = { tool: toolEvent, tool_progress: toolProgress };

/** How the calls stand. */
export interface ToolsState {
	tools: ToolView[];
}

/** Runs a list of tool calls; what one fails at does not end the others (OP-04). */
export const tools = defineOperation({
	id: 'tools',
	title: 'Tools',
	description: 'Runs several tools in one job, one after another or side by side, and reports each.',
	icon: 'wrench',
	input,
	result,
	phases: [{ name: 'executing', label: 'Running the tools', weight: 100 }],
	events,
	state: (): ToolsState => ({ tools: [] }),
	reduce: (state, event) =>
		event.type === 'tool'
			? { tools: mergeTool(state.tools, event.data, event.at) }
			: { tools: state.tools.map((tool) => (tool.id === event.data.id ? { ...tool, progress: event.data } : tool)) },
	titleOf: ({ calls }) =>
		calls
			.map(({ tool }) => tool)
			.join(', ')
			.slice(0, 80),
	refersTo: ({ files }) => ({ files }),
	keptOf({ tools: calls }) {
		return countedAny([calls.filter(({ state }) => state === 'completed').length, 'result']);
	},
	limits: { timeoutMs: 60 * 60_000, running: 4 },
	can: { finishNow: false, resumable: true, repeatable: false },
	typicalMs: 10_000
});
