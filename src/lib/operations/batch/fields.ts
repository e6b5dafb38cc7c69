import { z } from 'zod';
import { shortened } from '../../text/shortened.ts';
import type { AnyModel } from '../operation.ts';

/** What a form for many inputs of one operation asks for. */
export interface BatchFields {
	/** The field that says what each part is about; null where the operation has none. */
	text: string | null;
	/** Fields that may vary, with their known values; `model` has none, and is written. */
	choices: { name: string; values: string[] }[];
}

/** The field for puzzles that ship, which are chosen and not known by their ids. */
export const PUZZLES = 'puzzleId';

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

/** Whether lines of text, or a choice of puzzles, make whole inputs of an operation: nothing else is required, and nobody writes ids. */
export function isWritten(model: AnyModel): boolean {
	const { text } = fieldsOf(model);
	const { required = [] } = z.toJSONSchema(model.input, { io: 'input', unrepresentable: 'any' });
	const isChosen = text === null || (text.endsWith('Id') && text !== PUZZLES);
	return !isChosen && required.every((name) => name === text);
}

function valuesOf({ enum: values, examples }: Field): string[] {
	return (values ?? examples ?? []).filter((value) => typeof value === 'string');
}

/** Values that a person wrote with commas between, each once. */
export function valuesIn(text: string): string[] {
	const values = text.split(',').map((value) => value.trim());
	return [...new Set(values.filter((value) => value !== ''))];
}

/** What a text of values with commas between can become with one more of those that are known, or with the last one written out. */
export function completionsOf(text: string, known: readonly string[]): string[] {
	const before = valuesIn(text.slice(0, text.lastIndexOf(',') + 1));
	return known.filter((value) => !before.includes(value)).map((value) => [...before, value].join(', '));
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

/** The input of the batch where the lines were chosen and not written: they are one more thing that varies. */
export function choiceOf(draft: Draft): Record<string, unknown> {
	const { operation, text, lines, chosen } = draft;
	if (lines.length === 1) return inputOf(draft);
	return { operation, input: {}, vary: { [text]: lines, ...Object.fromEntries(variesOf(chosen)) } };
}

/** So many characters of a value are shown to tell one part from another. */
const LONGEST_WORD = 40;

/** What tells each of several inputs from the others beside its text, e.g. `1536x1024, high`; empty where nothing does. */
export function variantsOf(inputs: readonly Record<string, unknown>[], text: string | null): string[] {
	const subjects = subjectsIn(inputs, text);
	const varying = varyingIn(inputs).filter((name) => !subjects.includes(name));
	const shown = (input: Record<string, unknown>) => varying.map((name) => shortened(said(input[name]), LONGEST_WORD));
	return inputs.map((input) => shown(input).filter(Boolean).join(', '));
}

/** The fields that say what several inputs are about: the operation's text, and things that no word stands for, such as a whole puzzle. */
export function subjectsIn(inputs: readonly Record<string, unknown>[], text: string | null): string[] {
	const isWhole = (value: unknown) =>
		typeof value === 'object' && !Array.isArray(value) && said(value).length > LONGEST_WORD;
	return namesIn(inputs).filter((name) => name === text || inputs.some((input) => isWhole(input[name])));
}

/** What an input is about, as a key. */
export function subjectOf(input: Record<string, unknown>, subjects: readonly string[]): string {
	return subjects
		.map((name) => said(input[name]))
		.filter(Boolean)
		.join(', ');
}

const namesIn = (inputs: readonly Record<string, unknown>[]) => [...new Set(inputs.flatMap(Object.keys))];

/** The fields that are not the same in all of several inputs. */
export function varyingIn(inputs: readonly Record<string, unknown>[]): string[] {
	return namesIn(inputs).filter((name) => new Set(inputs.map((input) => said(input[name]))).size > 1);
}

/** A value in short: words as they are, a switch or a list as it is written; nothing for one that was not given. */
export function said(value: unknown): string {
	if (value === undefined) return '';
	return typeof value === 'string' ? value : JSON.stringify(value);
}

function variesOf(chosen: Draft['chosen']): [string, readonly string[]][] {
	return Object.entries(chosen).filter(([, values]) => values.length > 0);
}
