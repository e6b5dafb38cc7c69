import type { Asked } from './coverage.ts';
import { leadsTo } from './joins.ts';
import type { Limit } from './limits.ts';
import type { ColumnMention, Mentions, TableMention } from './mentions.ts';
import { AVERAGE, COUNT, LEAST, MOST, NUMBERS, SUM } from './patterns.ts';
import { isCategory, isMeasure } from './schema.ts';
import type { Table } from './schema.ts';
import type { Token } from './tokens.ts';

/** What is ranked or listed. */
export type Entity = ColumnMention | TableMention;

/** What a question is about: the thing that is ranked, the table that is counted, the numbers that are named. */
export class Subject {
	readonly #text: string;
	readonly #tokens: readonly Token[];
	readonly #mentions: Mentions;
	readonly #tables: readonly Table[];
	readonly #limit: Limit | null;

	constructor({ text, tokens, mentions, tables }: Asked, limit: Limit | null) {
		this.#limit = limit;
		this.#text = text;
		this.#tokens = tokens;
		this.#mentions = mentions;
		this.#tables = tables;
	}

	/** What is ranked or listed: the thing right after `which`, `who` or `top`, with or without a number; else the one before `with the most`. */
	entity(): Entity | null {
		const at = this.#tokens.findIndex(({ word }) => /^(?:which|what|who|top|bottom|list)$/.test(word));
		const said = at < 0 ? null : this.#thingAt(this.#afterWords(at + 1));
		if (said) return said;
		// `stations that have more than 100 rides`
		if (this.#limit) return this.#thingBefore(this.#limit.place);
		if (!(MOST.test(this.#text) || LEAST.test(this.#text))) return null;
		const having = this.#tokens.findIndex(({ word }) => /^(?:with|that|who|having)$/.test(word));
		return having < 1 ? null : this.#thingAt(having - 1);
	}

	#thingBefore(place: number): Entity | null {
		let at = place - 1;
		while (at > 0 && /^(?:that|which|who|have|has|had|where)$/.test(this.#tokens[at]?.word ?? '')) at -= 1;
		return this.#thingAt(at);
	}

	#afterWords(from: number): number {
		let next = from;
		const passes = (word: string) =>
			/^\d+$/.test(word) ||
			NUMBERS.includes(word) ||
			/^(?:the|top|best|most|least|popular|common|frequent|busiest|quietest|of|are|is|kinds?|types?|single|different)$/.test(
				word
			);
		while (next < this.#tokens.length && passes(this.#tokens[next]?.word ?? '') && !this.#thingAt(next)) next += 1;
		return next;
	}

	#thingAt(place: number): Entity | null {
		const isThere = ({ from, to }: { from: number; to: number }) => from <= place && place <= to;
		const columns = this.#mentions.columns.filter(
			(one) => isThere(one) && (isCategory(one.column) || one.column.refersTo)
		);
		const found = [...columns, ...this.#mentions.tables.filter(isThere)];
		return found.toSorted((a, b) => b.sure - a.sure)[0] ?? null;
	}

	/** The table that is counted: the one named after `how many` or `most`; else the measure's; else one that leads to all others. */
	fact(entity: Entity | null): Table | null {
		if (this.#tables.length === 1) return this.#tables[0] ?? null;
		if (this.#limit?.table) return this.#limit.table;
		const { tables } = this.#mentions;
		const counted = COUNT.test(this.#text) ? this.#after(tables, ['many', 'of', 'often', 'count', 'number']) : null;
		const most = this.#after(tables, ['most', 'fewest', 'least']);
		if (counted && counted !== entity && !AVERAGE.test(this.#text) && !SUM.test(this.#text)) return counted.table;
		if (most && most !== entity) return most.table;
		const measured = this.measures()[0]?.column.table;
		const table = this.#tables.find(({ name }) => name === measured);
		if (table) return table;
		const others = tables.filter((mention) => mention !== entity).map((mention) => mention.table);
		const named = tables.map((mention) => mention.table.name);
		const leading = (others.length > 0 ? others : tables.map((mention) => mention.table)).toSorted(
			(a, b) => reach(b, named, this.#tables) - reach(a, named, this.#tables)
		);
		const owner = this.#mentions.columns.toSorted((a, b) => b.sure - a.sure)[0]?.column.table;
		return leading[0] ?? this.#tables.find(({ name }) => name === owner) ?? null;
	}

	/** A table that is named within three words after one of these. */
	#after(tables: readonly TableMention[], words: readonly string[]): TableMention | null {
		const near = tables.filter(({ from }) =>
			this.#tokens.slice(Math.max(0, from - 3), from).some(({ word }) => words.includes(word))
		);
		return near.toSorted((a, b) => b.sure - a.sure)[0] ?? null;
	}

	/** Columns of numbers that are named, the surest first. */
	measures(): ColumnMention[] {
		return this.#mentions.columns.filter(({ column }) => isMeasure(column)).toSorted((a, b) => b.sure - a.sure);
	}
}

function reach(from: Table, names: readonly string[], tables: readonly Table[]): number {
	return names.filter((name) => leadsTo(from, name, tables)).length;
}
