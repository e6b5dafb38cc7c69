import { z } from 'zod';
import { HeadwayError } from '../jobs/error.ts';
import type { AvailableTool, ListedTool, ReadyCall } from './available.ts';
import type { AnyTool, ToolRun } from './tool.ts';

/** A tool of the app as lists know it. */
export function listed({ id, title, description, icon, input, limits, confirm }: AnyTool): ListedTool {
	const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' }) as Record<string, unknown>;
	return { id, title, description, icon, schema, asks: confirm !== undefined, server: null, limits };
}

/** A tool of the app, ready to be called. What it starts is found again by its key, so that all of them may run again. */
export function shippedTool(tool: ToolRun): AvailableTool {
	const read = (args: Record<string, unknown>) => {
		const parsed = tool.model.input.safeParse(args);
		return parsed.success ? ready(tool, parsed.data) : { problems: problemsOf(parsed.error) };
	};
	return { ...listed(tool.model), repeatable: true, read };
}

function ready({ model, run }: ToolRun, input: unknown): ReadyCall {
	return {
		title: model.titleOf(input),
		confirm: model.confirm?.(input) ?? null,
		files: model.filesOf?.(input) ?? [],
		async run(ctx) {
			const given = model.output.safeParse(await run(input, ctx));
			if (!given.success)
				throw new HeadwayError('internal', 'the result does not fit the schema of its tool', { cause: given.error });
			return { summary: model.summaryOf(given.data), text: model.textOf(given.data) };
		}
	};
}

/** What a schema refused: `path: message` each, at most 5. */
export function problemsOf(error: z.ZodError): string[] {
	return error.issues
		.slice(0, 5)
		.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
}
