import { argumentsOf, schemaFields, written, type FieldValues, type SchemaField } from './schema-fields.ts';

/** A tool as the form offers it. */
export interface OfferedTool {
	id: string;
	title: string;
	description: string;
	icon: string;
	/** JSON Schema of its arguments. */
	schema: Readonly<Record<string, unknown>>;
}

/** One call in the form. */
export interface Step {
	/** Its id in the job. */
	id: string;
	tool: string;
	values: FieldValues;
	/** The ids of the steps that it waits for. */
	after: readonly string[];
	/** The file that came for it. */
	file: { fileId: string; name: string } | null;
}

/** The argument that names an attached file: it is chosen, not written. */
export const FILE = 'fileId';

/** The fields that are written; a file is chosen instead. */
export function writtenFields(tool: OfferedTool): SchemaField[] {
	return schemaFields(tool.schema).filter(({ name }) => name !== FILE);
}

/** Whether the tool reads an attached file. */
export function readsFile(tool: OfferedTool): boolean {
	return schemaFields(tool.schema).some(({ name }) => name === FILE);
}

/** A step for a tool, with an id that none of these has. */
export function newStep(steps: readonly Step[], tool: string): Step {
	const highest = Math.max(0, ...steps.map(({ id }) => Number(/^step-(\d+)$/.exec(id)?.[1] ?? 0)));
	return { id: `step-${highest + 1}`, tool, values: {}, after: [], file: null };
}

/** The steps without this one; nothing waits for it any more. */
export function withoutStep(steps: readonly Step[], id: string): Step[] {
	return steps
		.filter((step) => step.id !== id)
		.map((step) => ({ ...step, after: step.after.filter((other) => other !== id) }));
}

interface Call {
	id: string;
	tool: string;
	arguments: Record<string, unknown>;
	after?: readonly string[] | undefined;
}

/** The steps of an earlier job's calls. */
export function stepsOf(calls: readonly Call[]): Step[] {
	return calls.map(({ id, tool, arguments: given, after = [] }) => {
		const { [FILE]: fileId, ...rest } = given;
		const values = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, written(value)]));
		const file = typeof fileId === 'string' ? { fileId, name: 'The file of the job before' } : null;
		return { id, tool, values, after, file };
	});
}

/** What the steps come to: the operation's input, and what is wrong with each step's fields. */
export function inputOf(
	steps: readonly Step[],
	offered: readonly OfferedTool[]
): { input: { calls: Required<Call>[]; files: string[] }; wrong: Record<string, Record<string, string>> } {
	const wrong: Record<string, Record<string, string>> = {};
	const calls = steps.map(({ id, tool, values, after, file }) => {
		const model = offered.find((each) => each.id === tool);
		const made = argumentsOf(model ? writtenFields(model) : [], values);
		if (model && readsFile(model) && !file) made.wrong[FILE] = 'Choose the file.';
		if (Object.keys(made.wrong).length > 0) wrong[id] = made.wrong;
		return { id, tool, arguments: { ...(file && { [FILE]: file.fileId }), ...made.arguments }, after };
	});
	return { input: { calls, files: [...new Set(steps.flatMap(({ file }) => file?.fileId ?? []))] }, wrong };
}
