import { boundsIn } from './bounds.ts';
import { leftOut } from './coverage.ts';
import type { Asked } from './coverage.ts';
import { foldOf } from './folds.ts';
import { leadsTo } from './joins.ts';
import { limitIn, withoutLimit } from './limits.ts';
import type { Limit } from './limits.ts';
import { mentionsIn } from './mentions.ts';
import type { Mentions } from './mentions.ts';
import {
	AVERAGE,
	COUNT,
	DIFFERENT,
	DISTRIBUTION,
	LEAST,
	MEDIAN,
	MOST,
	SHARE,
	STEP,
	SUM,
	TIME,
	TREND,
	WHICH_TIME
} from './patterns.ts';
import { topOf } from './ranking.ts';
import type { Reading } from './reading.ts';
import { hasHours, isCategory } from './schema.ts';
import type { Column, Table } from './schema.ts';
import { parted, shareOf } from './share.ts';
import { Splitting } from './splitting.ts';
import { Subject } from './subject.ts';
import type { Entity } from './subject.ts';
import { timeColumnOf, timeOf } from './times.ts';
import { tokensIn } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Reads a question by patterns; a sentence that says what is missing where they do not fit. */
export function readingOf(question: string, tables: readonly Table[]): Reading | string {
	return new Reader(plain(question), tables).read();
}

/** In small letters, figures without commas, units of time as one word. */
function plain(question: string): string {
	return question
		.toLowerCase()
		.replace(/n['’]t\b/g, ' not')
		.replace(/(?<=\d),(?=\d{3}\b)/g, '')
		.replace(/\bdays? of (?:the )?week\b|\bweek ?days?\b/g, 'weekday')
		.replace(/\bhours? of (?:the )?day\b/g, 'hour')
		.replace(/\b(?:leaving out|leave out|apart from|other than|not counting)\b/g, 'without');
}

class Reader {
	readonly #text: string;
	readonly #tables: readonly Table[];
	readonly #tokens: readonly Token[];
	readonly #mentions: Mentions;
	readonly #subject: Subject;
	readonly #splitting: Splitting;
	readonly #limit: Limit | null;

	constructor(question: string, tables: readonly Table[]) {
		this.#text = question;
		this.#tables = tables;
		this.#tokens = tokensIn(question);
		this.#mentions = mentionsIn(this.#tokens, tables);
		const asked = { text: question, tokens: this.#tokens, mentions: this.#mentions, tables };
		this.#limit = limitIn(question, this.#tokens, asked);
		this.#subject = new Subject(asked, this.#limit);
		this.#splitting = new Splitting(asked, this.#subject, this.#limit);
	}

	read(): Reading | string {
		const strange = this.#strange();
		if (strange) return strange;
		const reading = this.#reading();
		if (typeof reading === 'string') return reading;
		const words = [...new Set(leftOut(reading, this.#asked()))];
		// To pass over a word would be to answer another question.
		if (words.length > 0) return `I do not know what to make of ${words.map((word) => `“${word}”`).join(', ')}.`;
		return this.#isAsked(reading) ? reading : UNKNOWN;
	}

	#asked(): Asked {
		return { text: this.#text, tokens: this.#tokens, mentions: this.#mentions, tables: this.#tables };
	}

	/** `list the shops` counts nothing. */
	#isAsked({ kind, fold, groups, time }: Reading): boolean {
		return kind !== 'groups' || fold !== 'count' || groups.length > 0 || time !== null || COUNT.test(this.#text);
	}

	#reading(): Reading | string {
		const entity = this.#subject.entity();
		const fact = this.#subject.fact(entity);
		if (!fact) return 'I could not tell which of the tables the question is about.';
		const measure = this.#measure(fact, entity);
		const time = timeOf(this.#text, this.#timeColumn(fact));
		const { groups, conditions } = this.#splitting.of(fact, { measure, entity, time }, this.#timeColumn(fact));
		const top = topOf(this.#text, this.#tokens, entity);
		const base = {
			fact,
			time,
			conditions,
			groups,
			part: [],
			limit: this.#limit,
			top,
			step: this.#step(),
			...foldOf(this.#asked(), fact, measure)
		};
		if (DISTRIBUTION.test(this.#text)) return this.#distribution(base);
		if (SHARE.test(this.#text)) return this.#share(base);
		if (top && this.#areRows(fact, entity, groups, measure)) return { ...base, kind: 'rows', groups: [], measure };
		const isLimited = conditions.some((condition) => 'sign' in condition && condition.column === base.measure);
		if (isLimited && base.fold !== 'count' && groups.length + (time ? 1 : 0) > 0) return UNCLEAR_BOUND;
		const unlimited = this.#unlimited(base);
		if (unlimited) return unlimited;
		return top ? this.#ranking({ ...base, kind: 'groups' }, entity) : { ...base, kind: 'groups' };
	}

	/** Why groups cannot be limited, or ranked from the least, by their figures; null where they can. */
	#unlimited({ fact, fold, groups, time, limit, top }: Omit<Reading, 'kind'>): string | null {
		// A group without any row is none in the query.
		const isFromNone = limit ? limit.sign.startsWith('<') : top?.descending === false;
		if (isFromNone && fold === 'count' && groups.some(({ table }) => table !== fact.name))
			return 'I count only those that have at least one, and so cannot tell which have the fewest.';
		if (!this.#limit) return null;
		const isOfRows = this.#limit.table !== null;
		const isFold = isOfRows ? fold === 'count' && this.#limit.table === fact : !top && !COUNT.test(this.#text);
		return isFold && groups.length + (time ? 1 : 0) === 1 ? null : UNCLEAR_BOUND;
	}

	/** What the question is about is not in the tables, or it is asked as none of the patterns are. */
	#strange(): string | null {
		const { columns, tables, values } = this.#mentions;
		// `Which month was busiest?` can be only one thing where there is one table.
		const isOfRows = this.#tables.length === 1 && /\b(?:busiest|quietest)\b/.test(this.#text);
		if (columns.length + tables.length + values.length === 0 && !isOfRows)
			return 'None of its words names a table, a column or a value that I was shown.';
		const grouping = /\b(?:per|by|each|every|compare|show|list|across)\b/;
		const asks = [COUNT, AVERAGE, MEDIAN, SUM, DIFFERENT, SHARE, DISTRIBUTION, MOST, LEAST, TIME, TREND, grouping];
		return this.#limit || asks.some((pattern) => pattern.test(this.#text)) ? null : UNKNOWN;
	}

	/** The first of them, or of the times; without a thing that is ranked, the greatest of each group. */
	#ranking(reading: Reading, entity: Entity | null): Reading | string {
		const { groups, time, fold, measure, top } = reading;
		const isThing = entity !== null && groups.some((group) => this.#isOf(group, entity));
		if (isThing || (time !== null && WHICH_TIME.test(this.#text)))
			return groups.length + (time ? 1 : 0) === 1 ? reading : 'I rank along one thing only.';
		const isSaid = [AVERAGE, SUM, COUNT].some((pattern) => pattern.test(this.#text));
		if (!measure || fold === 'count' || fold === 'different' || isSaid) return { ...reading, top: null };
		return { ...reading, fold: top?.descending ? 'most' : 'least', top: null };
	}

	#isOf(group: Column, entity: Entity): boolean {
		if ('table' in entity) return group.table === entity.table.name;
		return group === entity.column || group.table === entity.column.refersTo?.[0];
	}

	#measure(fact: Table, entity: Entity | null): Column | null {
		// `kinds with more than 50 sales` are no kinds that sold for more than 50.
		if (this.#limit?.table && !this.#isFolded()) return null;
		const reached = this.#subject.measures().filter(({ column }) => leadsTo(fact, column.table, this.#tables));
		const own = reached.filter(({ column }) => column.table === fact.name);
		const isRanked = MOST.test(this.#text) || LEAST.test(this.#text);
		const possible = (own.length > 0 ? own : reached).filter(
			(mention) => isRanked || !this.#splitting.isGrouped(mention)
		);
		// `the fare of rides longer than 30 minutes` measures the fare.
		const bounds = new Set(boundsIn(withoutLimit(this.#text, this.#limit), fact, null).map(({ column }) => column));
		const free = possible.filter((mention) => this.#splitting.presence(mention, entity).length === 0);
		const measured = free.find(({ column }) => !bounds.has(column)) ?? free[0];
		return measured && !(bounds.has(measured.column) && this.#isCountOf(fact, measured)) ? measured.column : null;
	}

	#isFolded(): boolean {
		const folds = [AVERAGE, SUM, MEDIAN, MOST, LEAST, DISTRIBUTION, SHARE];
		return folds.some((pattern) => pattern.test(this.#text));
	}

	/** `rides longer than 30 minutes by district`: what is bounded is no more than that, and the rows are counted. */
	#isCountOf(fact: Table, { from }: { from: number }): boolean {
		return !this.#isFolded() && this.#mentions.tables.some((one) => one.table === fact && one.from < from);
	}

	#timeColumn({ columns }: Table): Column | null {
		const possible = /\bhour/.test(this.#text) ? columns.filter(hasHours) : columns;
		return timeColumnOf(possible, this.#mentions.columns);
	}

	/** Single rows are ranked, not groups of them: `the longest ride`. */
	#areRows(fact: Table, entity: Entity | null, groups: readonly Column[], measure: Column | null): boolean {
		if (!measure || measure.table !== fact.name || AVERAGE.test(this.#text) || SUM.test(this.#text)) return false;
		if (entity && 'table' in entity) return entity.table === fact;
		return groups.length === 0 && this.#mentions.tables.some(({ table }) => table === fact);
	}

	#step(): number | null {
		const [, before, after] = STEP.exec(this.#text) ?? [];
		const step = Number(before ?? after);
		return step > 0 ? step : null;
	}

	#distribution(base: Omit<Reading, 'kind'>): Reading | string {
		if (base.limit) return UNCLEAR_BOUND;
		const [measure] = this.#subject.measures().filter(({ column }) => column.table === base.fact.name);
		if (measure) return { ...base, kind: 'distribution', measure: measure.column, groups: [] };
		const groups = this.#split(base);
		return groups ? { ...base, kind: 'groups', groups, top: null } : UNSPLIT;
	}

	/** Of what the question says it of, or of each group. */
	#share(base: Omit<Reading, 'kind'>): Reading | string {
		if (base.limit) return UNCLEAR_BOUND;
		const fold = base.measure && base.fold !== 'count' ? 'sum' : 'count';
		const share = { ...base, fold, kind: 'share', top: null } as const;
		const of = shareOf(this.#tokens, this.#mentions, base.conditions);
		const { conditions, part } = parted(base.conditions, ({ column }) => column === of.column);
		const others = base.groups.filter((group) => group !== of.column);
		const isBoth = this.#mentions.columns.some((one) => one.column === of.column && this.#splitting.isGrouped(one));
		const isUnclear = part.length > 0 ? isBoth : !of.isSaid && conditions.length > 0 && base.groups.length > 0;
		if (isUnclear) return 'I could not tell what the whole is of which it asks the share.';
		if (part.length > 0) return { ...share, conditions, part, groups: others };
		const groups = this.#split(base);
		return groups ? { ...share, groups } : UNSPLIT;
	}

	/** The groups, or where none is asked for by `each` or `per`, the category that is named; null where there is none. */
	#split({ fact, groups, time }: Omit<Reading, 'kind'>): readonly Column[] | null {
		const named = this.#splitting
			.named(fact)
			.find(({ column }) => isCategory(column) && leadsTo(fact, column.table, this.#tables));
		if (groups.length > 0) return groups;
		return named ? [named.column] : time ? [] : null;
	}
}

const UNKNOWN =
	'I found no pattern for it: I count, add up, average, rank, and show shares, trends and distributions, and I read English.';
const UNCLEAR_BOUND = 'I could not tell whether its bound is one of single rows or of each figure.';
const UNSPLIT = 'I could not tell by which column to split it.';
