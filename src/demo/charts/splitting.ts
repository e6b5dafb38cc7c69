import { boundsIn } from './bounds.ts';
import { timesIn } from './conditions.ts';
import type { Condition } from './conditions.ts';
import type { Asked } from './coverage.ts';
import { labelOf, leadsTo } from './joins.ts';
import { withoutLimit } from './limits.ts';
import type { Limit } from './limits.ts';
import type { ColumnMention, ValueMention } from './mentions.ts';
import { denying, isOpen } from './negations.ts';
import { AVERAGE, GROUPING, LEAST, MOST, SKIPPED } from './patterns.ts';
import type { Reading } from './reading.ts';
import { isFlag, isMeasure, isTime, isYear } from './schema.ts';
import type { Column, Table } from './schema.ts';
import type { Entity, Subject } from './subject.ts';

/** More different numbers than these are no groups. */
const MOST_STEPS = 30;

/** How a question splits the rows: by what, and which of them. */
export class Splitting {
	readonly #asked: Asked;
	readonly #subject: Subject;
	/** The question without the limit of its groups. */
	readonly #rest: string;

	constructor(asked: Asked, subject: Subject, limit: Limit | null) {
		[this.#asked, this.#subject, this.#rest] = [asked, subject, withoutLimit(asked.text, limit)];
	}

	/** The columns that rows are told apart by, two at most, and what the rows have to be. */
	of(
		fact: Table,
		{ measure, entity, time }: { measure: Column | null; entity: Entity | null; time: Reading['time'] },
		timeColumn: Column | null
	): { groups: Column[]; conditions: Condition[] } {
		const groups = new Set<Column>();
		const conditions: Condition[] = [];
		const reached = (column: Column) => leadsTo(fact, column.table, this.#asked.tables);
		for (const mention of this.named(fact)) {
			const { column } = mention;
			const isEntity = entity !== null && 'column' in entity && entity.column === column;
			if (column === time?.column && column.hasGaps) conditions.push({ column, is: 'there' });
			if (column === measure || column === time?.column || !reached(column)) continue;
			// Each moment would be a group of its own; and the word `year` of `each year` names a time already.
			const isGroup = isTime(column)
				? isYear(column) && !time && this.isGrouped(mention)
				: isEntity || this.isGrouped(mention);
			// `the average per ride` is that of all: each ride is a row.
			if (isGroup && column.different === fact.rows && AVERAGE.test(this.#asked.text)) continue;
			if (isGroup) groups.add(this.#shown(column));
			else conditions.push(...this.presence(mention, entity));
		}
		for (const mention of this.#subject.measures())
			if (reached(mention.column)) conditions.push(...this.presence(mention, entity));
		for (const column of this.#steps(measure)) if (reached(column)) groups.add(column);
		const things = this.#asked.mentions.tables.filter(
			(mention) => mention.table !== fact && (mention === entity || this.isGrouped(mention))
		);
		if (groups.size === 0)
			for (const { table } of things) if (leadsTo(fact, table.name, this.#asked.tables)) groups.add(labelOf(table));
		for (const [column, values] of this.#values(reached)) {
			const denied = values.filter((value) => this.#denying(value, entity).length > 0);
			const meant = values.filter((value) => !denied.includes(value));
			const isAll = column.different === meant.length;
			if (meant.length > 1) groups.add(column);
			if (meant.length > 0 && !isAll) conditions.push({ column, values: meant.map(({ value }) => value) });
			const not = [...new Set(denied.flatMap((value) => this.#denying(value, entity)))];
			if (denied.length > 0) conditions.push({ column, values: denied.map(({ value }) => value), not });
		}
		conditions.push(...timesIn(this.#rest, timeColumn), ...boundsIn(this.#rest, fact, measure));
		return { groups: [...groups].slice(0, 2), conditions };
	}

	/** Whether a column has to be true or false, or to be there or not, where a question says so: `with a note`, `not returned`. */
	presence(mention: ColumnMention, entity: Entity | null): Condition[] {
		const { column, from } = mention;
		const not = this.#denying(mention, entity);
		if (isFlag(column)) return [{ column, is: not.length > 0 ? 'false' : 'true', not }];
		if (!column.hasGaps) return [];
		if (not.length > 0) return [{ column, is: 'missing', not }];
		const said = this.#asked.tokens.slice(Math.max(0, from - 2), from).map(({ word }) => word);
		const isHad = /^(?:\w+ )?(?:with|have|has|had|having) (?:an?|any)$|\b(?:with|have|has|had|having)$/.test(
			said.join(' ')
		);
		return isTime(column) || isHad ? [{ column, is: 'there' }] : [];
	}

	/** The places of the words that deny a value or a column of single rows; none where nothing does, or it cannot be said of what. */
	#denying(mention: ColumnMention | ValueMention, entity: Entity | null): number[] {
		const { tokens, mentions, text } = this.#asked;
		const places = denying(tokens, mentions, mention);
		const words = places.map((place) => tokens[place]?.word ?? '');
		// `which stations had no rides in the snow` asks for stations, whatever else their other rides were.
		const isOfGroups = entity !== null && !MOST.test(text) && !LEAST.test(text);
		const isUnsure = isOfGroups && words.some((word) => !/^(?:except|excluding)$/.test(word));
		const isNever = 'value' in mention && words.includes('never');
		return isUnsure || isNever || ('value' in mention && isOpen(tokens, mentions, mention)) ? [] : places;
	}

	/** Whether `by`, `per` or `each` stands before it. */
	isGrouped({ from }: { from: number }): boolean {
		const word = this.#before(from);
		if (word !== 'and') return GROUPING.has(word);
		// `by kind and city`
		const and = this.#asked.tokens.findLastIndex((token) => token.place < from && token.word === 'and');
		const before = [...this.#asked.mentions.columns, ...this.#asked.mentions.tables].find(({ to }) => to === and - 1);
		return before !== undefined && this.isGrouped(before);
	}

	/** The word before a place that says how it belongs to the rest. */
	#before(place: number): string {
		let at = place - 1;
		while (at > 0 && SKIPPED.has(this.#asked.tokens[at]?.word ?? '')) at -= 1;
		return this.#asked.tokens[at]?.word ?? '';
	}

	/** A reference is shown as what it refers to is called. */
	#shown(column: Column): Column {
		const table = this.#asked.tables.find(({ name }) => name === column.refersTo?.[0]);
		return table ? labelOf(table) : column;
	}

	/** Few numbers that rows are told apart by, such as the stars of `by stars`; `per night` is a rate. */
	#steps(measure: Column | null): Column[] {
		return this.#subject
			.measures()
			.filter(
				(mention) => mention.column !== measure && this.isGrouped(mention) && this.#before(mention.from) !== 'per'
			)
			.map(({ column }) => column)
			.filter(({ type, different }) => type === 'integer' && different !== null && different <= MOST_STEPS);
	}

	/** Columns that are no numbers, one for each word that names any: the fact's own, or one of a table that is named too. */
	named(fact: Table): ColumnMention[] {
		const rank = ({ column, sure }: ColumnMention) =>
			sure +
			(column.table === fact.name ? 0.15 : 0) +
			(this.#asked.mentions.tables.some(({ table }) => table.name === column.table) ? 0.2 : 0);
		const all = this.#asked.mentions.columns
			.filter(({ column }) => !isMeasure(column) && !column.isKey)
			.toSorted((a, b) => rank(b) - rank(a));
		return all.filter((one, at) => !all.slice(0, at).some((better) => better.from <= one.to && one.from <= better.to));
	}

	#values(reached: (column: Column) => boolean): Map<Column, ValueMention[]> {
		const found = new Map<Column, ValueMention[]>();
		for (const value of this.#asked.mentions.values) {
			const { column, from, to } = value;
			const isColumn = this.#asked.mentions.columns.some(
				(mention) => mention.sure === 1 && mention.column !== column && mention.from <= to && from <= mention.to
			);
			if (!isColumn && reached(column)) found.set(column, [...(found.get(column) ?? []), value]);
		}
		return found;
	}
}
