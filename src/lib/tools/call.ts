import { z } from 'zod';

/** The most calls that one plan may have. */
export const MOST_CALLS = 12;

/** One call of a tool as it is asked for. */
export const toolCall = z.object({
	/** Names it among the calls of one run. */
	id: z.string().regex(/^[a-z0-9_-]{1,40}$/i, 'An id has 1 to 40 letters, digits, "_" or "-".'),
	/** `calculator`, or `server.tool` of an MCP server. */
	tool: z.string().min(1).max(120),
	arguments: z.record(z.string(), z.unknown()),
	/** The calls that must have ended before it begins; those without one run side by side. */
	after: z.array(z.string().max(40)).max(20).default([]),
	/** Why, in a few words. */
	why: z.string().max(500).default('')
});
export type ToolCall = z.infer<typeof toolCall>;

/** How a call stands. `waiting`: for calls before it; `asking`: for the person; `skipped`: the person said no, or what it needed failed. */
export const toolState = z.enum(['waiting', 'asking', 'executing', 'completed', 'failed', 'skipped']);
export type ToolState = z.infer<typeof toolState>;

/** Whether a call will not change any more. */
export function hasEnded(state: ToolState): boolean {
	return state === 'completed' || state === 'failed' || state === 'skipped';
}

/** The event that a call sends at each change of its state. */
export const toolEvent = z.object({
	id: z.string(),
	tool: z.string(),
	/** One line: what it is about to do. */
	title: z.string(),
	state: toolState,
	arguments: z.record(z.string(), z.unknown()),
	/** One line of what it gave; null until then. */
	summary: z.string().nullable(),
	/** What the model reads of it. */
	text: z.string().nullable(),
	/** A sentence; null unless it failed or was skipped. */
	problem: z.string().nullable(),
	/** The job that it started, where it started one. */
	jobId: z.string().nullable(),
	/** The passages that it made known for citing, best first; absent where it made none known. */
	cites: z.array(z.object({ documentId: z.string(), ordinal: z.number().int() })).optional(),
	/** How long it executed, in ms; null until it has ended. */
	ms: z.number().nullable()
});
export type ToolEvent = z.infer<typeof toolEvent>;

/** How far a call has come; live only. */
export const toolProgress = z.object({
	id: z.string(),
	fraction: z.number().min(0).max(1).nullable(),
	message: z.string()
});
export type ToolProgress = z.infer<typeof toolProgress>;

/** How a call stands, with the times of its changes (ms since 1970). */
export type ToolView = ToolEvent & {
	at: number;
	endedAt: number | null;
	progress: { fraction: number | null; message: string } | null;
};

/** The calls with this one's change in its place. */
export function mergeTool(calls: readonly ToolView[], event: ToolEvent, at: number): ToolView[] {
	const known = calls.find(({ id }) => id === event.id);
	const endedAt = hasEnded(event.state) ? at : null;
	const next: ToolView = {
		...event,
		at: known?.at ?? at,
		endedAt,
		progress: endedAt ? null : (known?.progress ?? null)
	};
	return known ? calls.map((call) => (call === known ? next : call)) : [...calls, next];
}
