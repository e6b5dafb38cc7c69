import { fromClause, quoted } from './joins.ts';
import { middleRows, type Shown } from './median.ts';
import { asMysql } from './mysql.ts';
import { periodOf, placeInWeek } from './periods.ts';
import type { Dialect } from './periods.ts';
import type { Reading, Unit } from './reading.ts';
import { NAMES } from './patterns.ts';
import { isNumeric, isTime, isYear } from './schema.ts';
import type { Column, Table } from './schema.ts';
import { niceStep } from './steps.ts';
import { counted, partCalled, spoken, unitOf } from './spoken.ts';
import { wordsOf } from './tokens.ts';
import { conditionFor, placeOf } from './where.ts';

/** A query, and how its rows are drawn. */
export interface Query {
	readonly sql: string;
	readonly chart: 'bar' | 'line' | 'arc' | 'histogram' | 'table';
	readonly x: string | null;
	readonly y: string | null;
	readonly colour: string | null;
	readonly unit: string | null;
	/** Only so many of the groups are asked for; null where all are. */
	readonly most: number | null;
}

/** More rows than these are counted in steps rather than shown one by one. */
const MOST_RAW = 2_000;
const MOST_SLICES = 8;
const MOST_GROUPS = 200;

/** The SQL for a reading; null where the tables cannot be joined for it. */
export function queryFor(reading: Reading, tables: readonly Table[], dialect: Dialect): Query | null {
	const query = new Writer(reading, tables, dialect).query();
	return query && dialect === 'MySQL' ? { ...query, sql: asMysql(query.sql) } : query;
}

class Writer {
	readonly #reading: Reading;
	readonly #tables: readonly Table[];
	readonly #dialect: Dialect;
	readonly #from: string | null;

	constructor(reading: Reading, tables: readonly Table[], dialect: Dialect) {
		const { fact, measure, groups } = reading;
		const conditions = [...reading.conditions, ...reading.part];
		const needed = [...(measure ? [measure] : []), ...groups, ...conditions.map(({ column }) => column)];
		[this.#reading, this.#tables, this.#dialect] = [reading, tables, dialect];
		this.#from = fromClause(
			fact,
			needed.map(({ table }) => table),
			tables
		);
	}

	query(): Query | null {
		if (this.#from === null) return null;
		const { kind, measure, step } = this.#reading;
		if (kind === 'distribution' && measure)
			return step === null && this.#isSmall() ? this.#raw(measure) : this.#steps(measure);
		if (kind === 'rows' && measure) return this.#rows(measure);
		return this.#groups();
	}

	/** The rows themselves, by their label or key. */
	#rows(measure: Column): Query {
		const { fact, top } = this.#reading;
		const label = fact.columns.find(
			(column) => column !== measure && !isNumeric(column) && !isTime(column) && isName(column)
		);
		const shown =
			label ?? fact.columns.find(({ isKey }) => isKey) ?? fact.columns.find((column) => column !== measure) ?? measure;
		const [x, y] = [spoken(shown), spoken(measure)];
		const order = `ORDER BY ${this.#at(measure)} ${top?.descending === false ? 'ASC' : 'DESC'}${this.#last} LIMIT ${top?.limit ?? 10}`;
		const sql = `SELECT ${this.#at(shown)} AS ${quoted(x)}, ${this.#at(measure)} AS ${quoted(y)} FROM ${this.#from}${this.#where([measure])} ${order}`;
		return { sql, chart: 'bar', x, y, colour: null, unit: unitOf(measure), most: null };
	}

	#raw(measure: Column): Query {
		const x = spoken(measure);
		const sql = `SELECT ${this.#at(measure)} AS ${quoted(x)} FROM ${this.#from}${this.#where([measure])}`;
		return { sql, chart: 'histogram', x, y: null, colour: null, unit: unitOf(measure), most: null };
	}

	#steps(measure: Column): Query {
		const step = this.#reading.step ?? niceStep(measure);
		const [x, y] = [`${spoken(measure)} from`, counted(this.#reading.fact)];
		const place = `${this.#at(measure)} / ${step}${Number.isInteger(step) && measure.type === 'integer' ? '.0' : ''}`;
		const floor =
			this.#dialect === 'SQLite'
				? `(CAST(${place} AS INTEGER) - (${place} < CAST(${place} AS INTEGER)))`
				: `FLOOR(${place})`;
		const sql = `SELECT ${floor} * ${step} AS ${quoted(x)}, COUNT(*) AS ${quoted(y)} FROM ${this.#from}${this.#where([measure])} GROUP BY 1 ORDER BY 1`;
		return { sql, chart: 'histogram', x, y, colour: null, unit: unitOf(measure), most: null };
	}

	#groups(): Query {
		const { kind, time, groups, top, measure, fold } = this.#reading;
		const y = kind === 'share' ? `${partCalled(this.#reading.part)}share of ${this.#whole()} (%)` : this.#folded();
		const keys = [
			...(time ? [{ name: time.unit as string, sql: this.#period(time) }] : []),
			...groups.map((column) => ({ name: spoken(column), sql: this.#at(column) }))
		];
		const sql = this.#isMiddle() && measure ? this.#middle(measure, keys, y) : this.#grouped(keys, y);
		const [x = null, colour = null] = keys.map(({ name }) => name);
		const unit = kind === 'share' ? '%' : measure && fold !== 'count' && fold !== 'different' ? unitOf(measure) : null;
		const most = top || time || this.#groupCount() <= MOST_GROUPS ? null : MOST_GROUPS;
		return { sql, chart: this.#chart(keys.length, top !== null), x, y, colour, unit, most };
	}

	#grouped(keys: Shown[], y: string): string {
		const { kind, measure, fold } = this.#reading;
		const value = kind === 'share' ? this.#share() : this.#fold();
		const shown = [...keys, { sql: value, name: y }].map(({ name, sql }) => `${sql} AS ${quoted(name)}`).join(', ');
		const where = this.#where(measure && fold !== 'count' ? [measure] : []);
		const order = this.#order(keys.length, (column) => this.#at(column));
		return `SELECT ${shown} FROM ${this.#from}${where}${grouping(keys, this.#entityKeys())}${this.#having(value)}${order}`;
	}

	/** A median where the dialect knows none. */
	#middle(measure: Column, keys: Shown[], y: string): string {
		const ofEntity = this.#entityKeys().map((sql, at) => ({ sql, name: `key ${at + 1}` }));
		const { time } = this.#reading;
		const others = time ? [{ sql: this.#at(time.column), name: 'moment' }] : [];
		const from = `${this.#from}${this.#where([measure])}`;
		const value = { sql: this.#at(measure), name: 'value' };
		const rows = middleRows(value, { keys: [...keys, ...ofEntity], others, from });
		const shown = [...keys.map(({ name }) => quoted(name)), `AVG("value") AS ${quoted(y)}`].join(', ');
		const names = ofEntity.map(({ name }) => quoted(name));
		const order = this.#order(keys.length, () => '"moment"');
		return `SELECT ${shown} FROM ${rows}${grouping(keys, names)}${this.#having('AVG("value")')}${order}`;
	}

	#isMiddle(): boolean {
		return this.#reading.kind === 'groups' && this.#reading.fold === 'median' && this.#dialect !== 'PostgreSQL';
	}

	#having(value: string): string {
		const { limit } = this.#reading;
		return limit ? ` HAVING ${value} ${limit.sign} ${limit.number}` : '';
	}

	/** How many groups there may be. */
	#groupCount(): number {
		return this.#reading.groups.reduce((count, { different }) => count * (different ?? Infinity), 1);
	}

	#chart(keys: number, isTop: boolean): Query['chart'] {
		const { kind, time, groups, limit } = this.#reading;
		if (keys === 0) return 'table';
		if (time) return isTop || limit !== null || ['hour', 'weekday', 'quarter'].includes(time.unit) ? 'bar' : 'line';
		const isFew = keys === 1 && (groups[0]?.different ?? Infinity) <= MOST_SLICES;
		return kind === 'share' && this.#reading.part.length === 0 && isFew && !isTop ? 'arc' : 'bar';
	}

	/** Two of one name are two: their key tells them apart. */
	#entityKeys(): string[] {
		const { groups, fact } = this.#reading;
		const named = groups.filter(({ table, name }) => table !== fact.name && NAMES.test(name)).map(({ table }) => table);
		return this.#tables
			.filter(({ name }) => named.includes(name))
			.flatMap(({ columns }) => columns.filter(({ isKey }) => isKey).map((key) => this.#at(key)));
	}

	#order(keys: number, at: (column: Column) => string): string {
		const { time, top } = this.#reading;
		if (keys === 0) return '';
		if (top) return ` ORDER BY ${keys + 1} ${top.descending ? 'DESC' : 'ASC'}${this.#last} LIMIT ${top.limit}`;
		const places = Array.from({ length: keys }, (_, at) => String(at + 1));
		if (time?.unit === 'weekday') places[0] = `MIN(${placeInWeek(at(time.column), this.#dialect)})`;
		return time ? ` ORDER BY ${places.join(', ')}` : ` ORDER BY ${keys + 1} DESC LIMIT ${MOST_GROUPS}`;
	}

	/** PostgreSQL takes what is missing for the greatest. */
	get #last(): string {
		return this.#dialect === 'PostgreSQL' ? ' NULLS LAST' : '';
	}

	#fold(): string {
		const { fold, measure } = this.#reading;
		if (fold === 'count' || !measure) return 'COUNT(*)';
		if (fold === 'different') return `COUNT(DISTINCT ${this.#at(measure)})`;
		if (fold === 'median') return `percentile_cont(0.5) WITHIN GROUP (ORDER BY ${this.#at(measure)})`;
		return `${{ sum: 'SUM', average: 'AVG', most: 'MAX', least: 'MIN' }[fold]}(${this.#at(measure)})`;
	}

	/** In percent of all rows, or of what is added up; of those of a period where rows are told by time and group. */
	#share(): string {
		const { fold, measure, part, time, groups } = this.#reading;
		const value = fold === 'sum' && measure ? this.#at(measure) : '1';
		const whole = value === '1' ? 'COUNT(*)' : `SUM(${value})`;
		if (part.length > 0) {
			const meets = part.map((condition) => conditionFor(condition, this.#dialect)).join(' AND ');
			return `100.0 * SUM(CASE WHEN ${meets} THEN ${value} ELSE 0 END) / ${whole}`;
		}
		const over = time && groups.length > 0 ? `PARTITION BY ${this.#period(time)}` : '';
		return `100.0 * ${whole} / SUM(${whole}) OVER (${over})`;
	}

	/** What the numbers are. */
	#folded(): string {
		const { fold, measure, fact } = this.#reading;
		if (fold === 'count' || !measure) return counted(fact);
		const words = {
			different: 'different',
			sum: 'total',
			average: 'average',
			median: 'median',
			most: 'greatest',
			least: 'least'
		};
		const [said, name] = [words[fold], spoken(measure)];
		return name.toLowerCase().startsWith(said) ? name : `${said} ${name}`;
	}

	/** What a share is one of: `sales`, `total price`. */
	#whole(): string {
		const { fold, measure, fact } = this.#reading;
		return fold === 'count' || !measure ? (wordsOf(fact.name).at(-1) ?? fact.name) : this.#folded();
	}

	#period({ column, unit }: { column: Column; unit: Unit }): string {
		return isYear(column) ? this.#at(column) : periodOf(this.#at(column), unit, this.#dialect);
	}

	#where(needed: readonly Column[]): string {
		const gaps = needed.filter(({ hasGaps }) => hasGaps).map((column) => `${this.#at(column)} IS NOT NULL`);
		const all = [...this.#reading.conditions.map((condition) => conditionFor(condition, this.#dialect)), ...gaps];
		return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
	}

	#at(column: Column): string {
		return placeOf(column);
	}

	#isSmall(): boolean {
		return (this.#reading.fact.rows ?? Infinity) <= MOST_RAW;
	}
}

function grouping(keys: readonly Shown[], others: readonly string[]): string {
	const places = keys.map((_, at) => String(at + 1));
	return keys.length === 0 ? '' : ` GROUP BY ${[...places, ...others].join(', ')}`;
}

function isName({ name, different }: Column): boolean {
	return /name|title|id$|code|number/i.test(name) || different === null || different > 50;
}
