import { z } from 'zod';
import { shortened } from '../../jobs/shortened.ts';
import type { AnyModel } from '../operation.ts';

/** What a form for many inputs of one operation asks for. */
export interface BatchFields {
	/** The field that says what each part is about; null where the operation has none. */
	text: string | null;
	/** Fields that may vary, with their known values; `model` has none, and is written. */
	choices: { name: string; values: string[] }[];
}

interface Field {
	type?: string;
	enum?: unknown[];
	examples?: unknown[];
	default?: unknown;
}

/** Reads an operation's input schema; `providers` are those that a part can run at, by their ids. */
export function fieldsOf(model: AnyModel, providers: readonly string[] = []): BatchFields {
	const schema = z.toJSONSchema(model.input, { io: 'input', unrepresentable: 'any' });
	const fields = Object.entries((schema.properties ?? {}) as Record<string, Field>);
	const texts = fields.filter(([, field]) => field.type === 'string' && !field.enum).map(([name]) => name);
	const text = texts.find((name) => schema.required?.includes(name)) ?? texts[0] ?? null;
	const choices = fields
		.filter(([name]) => name !== text)
		.map(([name, field]) => ({ name, values: name === 'provider' ? [...providers] : valuesOf(field) }))
		.filter(({ name, values }) => values.length > 1 || name === 'model');
	return { text, choices };
}

function valuesOf({ enum: values, examples }: Field): string[] {
	return (values ?? examples ?? []).filter((value) => typeof value === 'string');
}

/** Values that a person wrote with commas between, each once. */
export function valuesIn(text: string): string[] {
	const values = text.split(',').map((value) => value.trim());
	return [...new Set(values.filter((value) => value !== ''))];
}

/** What a person wrote, a part a line, blank lines left out. */
export function linesOf(text: string): string[] {
	return text
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '');
}

/** What a person composed: the lines, and the values chosen for each field that varies. */
export interface Draft {
	operation: string;
	text: string;
	lines: readonly string[];
	chosen: Readonly<Record<string, readonly string[]>>;
}

/** How many parts a draft makes: each line with each combination of the chosen values. */
export function countOf({ lines, chosen }: Pick<Draft, 'lines' | 'chosen'>): number {
	return lines.length * variesOf(chosen).reduce((count, [, values]) => count * values.length, 1);
}

/** The input of the batch: what varies, for one line; a list of inputs for several. */
export function inputOf({ operation, text, lines, chosen }: Draft): Record<string, unknown> {
	const varies = variesOf(chosen);
	const [only] = lines;
	if (lines.length === 1 && varies.length > 0)
		return { operation, input: { [text]: only }, vary: Object.fromEntries(varies) };
	const inputs = varies.reduce<Record<string, unknown>[]>(
		(all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
		lines.map((line) => ({ [text]: line }))
	);
	return { operation, inputs };
}

/** What tells each of several inputs from the others beside its text, e.g. `1536x1024, high`; empty where nothing does. */
export function variantsOf(inputs: readonly Record<string, unknown>[], text: string | null): string[] {
	const names = [...new Set(inputs.flatMap((input) => Object.keys(input)))];
	const varying = names.filter((name) => name !== text && new Set(inputs.map((input) => said(input[name]))).size > 1);
	const shown = (input: Record<string, unknown>) => varying.map((name) => shortened(said(input[name]), 40));
	return inputs.map((input) => shown(input).filter(Boolean).join(', '));
}

/** A value in short: words as they are, a switch or a list as it is written. */
function said(value: unknown): string {
	if (value === undefined) return '';
	return typeof value === 'string' ? value : JSON.stringify(value);
}

function variesOf(chosen: Draft['chosen']): [string, readonly string[]][] {
	return Object.entries(chosen).filter(([, values]) => values.length > 0);
}
