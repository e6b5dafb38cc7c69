import { JSONParser, type ParsedElementInfo } from '@streamparser/json';
import type { OwnEventOf } from '../operation.ts';
import { confidenceOf } from '../../puzzles/confidence.ts';
import { cellsOf } from '../../puzzles/predicted.ts';
import type { analysis } from './model.ts';

/** A field of an answer that has just become complete, as the event that tells it. */
export type Field = Extract<
	OwnEventOf<typeof analysis>,
	{ type: 'pattern' | 'strategy' | 'hint' | 'row' | 'confidence' }
>;

/** So often it looks for the object behind a brace that turned out to be none, such as one in a sentence or a thought. */
const MOST_STARTS = 200;
/** What an answer has at the most. */
export const MOST = { hints: 100, tests: 5, rows: 30 };

/**
 * Reads the JSON of an analysis while it arrives, and tells each field as soon as it is complete. Words, fences and objects
 * without any of the fields, such as one around the answer, are passed over. What was complete before the JSON broke stays told.
 * The fields do not depend on how it was cut.
 */
export class FieldReader {
	/** The whole object, once it has ended; undefined before. */
	value: unknown;
	#parser: JSONParser | null = null;
	/** Everything since the last brace that was tried. */
	#tried = '';
	#starts = 0;
	#broken = false;
	#found: Field[] = [];
	#hasFields = false;

	/** Whether the text was no JSON from some place on. */
	get broken(): boolean {
		return this.#broken;
	}

	/** The fields that this piece completes, in their order. */
	push(piece: string): Field[] {
		this.#read(piece);
		const found = this.#found;
		this.#found = [];
		this.#hasFields ||= found.length > 0;
		return found;
	}

	#read(text: string): void {
		if (this.#broken || this.value !== undefined) return;
		if (this.#parser) this.#write(this.#parser, text);
		else this.#start(text);
	}

	#start(text: string): void {
		const brace = text.indexOf('{');
		if (brace === -1) return;
		if (this.#starts++ >= MOST_STARTS) return void (this.#broken = true);
		this.#tried = '';
		this.#parser = this.#newParser();
		this.#write(this.#parser, text.slice(brace));
	}

	#write(parser: JSONParser, text: string): void {
		if (!this.#hasFields) this.#tried += text;
		try {
			parser.write(text);
		} catch {
			// What follows the object is none of it.
			if (this.value === undefined) return this.#stumble();
		}
		if (this.value !== undefined && !this.#tellsSomething) this.#stumble();
	}

	get #tellsSomething(): boolean {
		return this.#hasFields || this.#found.length > 0;
	}

	/** Begins again behind the brace, unless there was something in it. */
	#stumble(): void {
		if (this.#tellsSomething) return void (this.#broken = true);
		this.value = undefined;
		this.#parser = null;
		this.#start(this.#tried.slice(1));
	}

	#newParser(): JSONParser {
		const parser = new JSONParser();
		parser.onValue = (element) => this.#take(element);
		return parser;
	}

	#take({ value, key, stack }: ParsedElementInfo): void {
		const path = [...stack.slice(1).map((level) => level.key), key];
		if (stack.length === 0) this.value = value;
		else this.#found.push(...fieldAt(path, value));
	}
}

/** What a value at this path of the object tells. One grid alone stands for that of the only test. */
function fieldAt([name, ...path]: readonly (string | number | undefined)[], value: unknown): Field[] {
	const [first, second] = path.map(Number);
	if ((name === 'pattern' || name === 'strategy') && path.length === 0) return textField(name, value);
	if (name === 'confidence' && path.length === 0) return [{ type: 'confidence', data: confidenceOf(value) }];
	if (name === 'hints' && path.length === 1) return hintField(first ?? 0, value);
	if (name !== 'predictions' && name !== 'prediction') return [];
	if (path.length === 2) return rowField(first ?? 0, second ?? 0, value);
	return path.length === 1 ? rowField(0, first ?? 0, value) : [];
}

function textField(type: 'pattern' | 'strategy', value: unknown): Field[] {
	return typeof value === 'string' && value.trim() !== '' ? [{ type, data: { text: value.trim() } }] : [];
}

function hintField(index: number, value: unknown): Field[] {
	return typeof value === 'string' && index < MOST.hints ? [{ type: 'hint', data: { index, text: value.trim() } }] : [];
}

function rowField(test: number, row: number, value: unknown): Field[] {
	const cells = cellsOf(value);
	return cells && test < MOST.tests && row < MOST.rows ? [{ type: 'row', data: { test, row, cells } }] : [];
}
