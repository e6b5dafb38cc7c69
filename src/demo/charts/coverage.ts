import { monthCalled } from './conditions.ts';
import type { Condition } from './conditions.ts';
import type { Mentions } from './mentions.ts';
import { AVERAGE, COUNT, DIFFERENT, DISTRIBUTION, MEDIAN, NEGATIONS, NUMBERS, SUM, TREND } from './patterns.ts';
import type { Reading } from './reading.ts';
import { isTime, isYear } from './schema.ts';
import type { Table } from './schema.ts';
import { likeness, wordsOf } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A question with what it names. */
export interface Asked {
	readonly text: string;
	readonly tokens: readonly Token[];
	readonly mentions: Mentions;
	readonly tables: readonly Table[];
}

const set = (words: string) => new Set(words.split(/\s+/));

/** Words that change nothing of what is asked, wherever they stand. */
const EMPTY = set(
	`a an the this that these those there here it its i me my we us our you your they their them please can could
	show list give tell plot draw chart graph table bar bars line lines pie display see look compare comparison compared versus vs
	how what which who whom whose when where many much number count often is are was were be been being do does did done has have had
	having get gets got gotten make makes made take takes took taken come comes came go goes went happen happened happens start starts started
	in on at to for from with within of and as by per each every all across among along split broken break down into group grouped
	according value values different single individual several kind kinds type types sort sorts only just also overall data rows row
	records record entries entry order ordered time times so far yet still ever about use uses used using see s t one`
);

const RANKING = set('most least fewest top bottom frequent frequently common popular busiest quietest');
/** Of what they are the most is said by a measure. */
const EXTREME = set(
	'highest lowest largest smallest biggest greatest best worst maximum minimum max min longest shortest cheapest dearest'
);
const BOUNDS = set('than above below under exceeding more less greater fewer');
const TIMED = set('before after since until during');
const UNITS = set(
	'hour hours hourly weekday weekdays day days daily month months monthly quarter quarters quarterly year years yearly annual annually'
);
const ORDINALS = ['first', 'second', 'third', 'fourth'];
const SHARED = set('share shares percent percentage percentages proportion proportions fraction part');
const SPREAD = set(
	'distribution distributed distribute spread histogram band bands bin bins bucket buckets step steps range'
);

/** Where the name of what is counted ends. */
const THING_ENDS =
	/^(?:is|are|was|were|did|do|does|has|have|had|there|in|on|at|of|by|per|each|for|with|who|that|which|from|over)$/;
const ROWS = /^(?:rows?|records?|entries|entry|times)$/;

/** Whether a word is one of those that questions are made of, whatever they are about. */
export function isOfQuestions(word: string): boolean {
	const sets = [EMPTY, RANKING, EXTREME, BOUNDS, TIMED, UNITS, SHARED, SPREAD];
	const patterns = [NEGATIONS, AVERAGE, MEDIAN, SUM, TREND, DIFFERENT];
	return (
		[...NUMBERS, ...ORDINALS].includes(word) ||
		monthCalled(word) !== null ||
		sets.some((words) => words.has(word)) ||
		patterns.some((pattern) => pattern.test(word))
	);
}

/**
 * The words of a question that a reading of it leaves out: to answer all the same would be to answer another question.
 * Empty when each of them is a name that is used, a pattern that was filled in, or says nothing.
 */
export function leftOut(reading: Reading, asked: Asked): string[] {
	const coverage = new Coverage(reading, asked);
	return asked.tokens.filter((token) => !coverage.has(token)).map(({ word }) => word);
}

class Coverage {
	readonly #reading: Reading;
	readonly #asked: Asked;
	readonly #conditions: readonly Condition[];
	readonly #names: readonly string[];
	readonly #numbers: ReadonlySet<number>;
	readonly #uncounted: ReadonlySet<number>;

	constructor(reading: Reading, asked: Asked) {
		[this.#reading, this.#asked] = [reading, asked];
		this.#conditions = [...reading.conditions, ...reading.part];
		this.#names = this.#usedNames();
		this.#numbers = this.#usedNumbers();
		this.#uncounted = this.#otherThings();
	}

	has({ word, place }: Token): boolean {
		if (/^\d/.test(word)) return this.#numbers.has(Number(word));
		if (this.#uncounted.has(place)) return false;
		return this.#isPattern(word, place) ?? (this.#isName(word) || (EMPTY.has(word) && !this.#isUnused(word)));
	}

	/** Null for a word that belongs to no pattern. */
	#isPattern(word: string, place: number): boolean | null {
		const { kind, fold, measure, time, top } = this.#reading;
		const { text } = this.#asked;
		if (NEGATIONS.test(word)) return this.#isDenial(place);
		if (NUMBERS.includes(word) && word !== 'one') return this.#numbers.has(NUMBERS.indexOf(word) + 1);
		const before = this.#asked.tokens[place - 1]?.word;
		if (before === 'at' && (word === 'least' || word === 'most')) return this.#hasBound();
		if (RANKING.has(word)) return top !== null || fold === 'most' || fold === 'least';
		if (EXTREME.has(word))
			return (top !== null && (measure !== null || COUNT.test(text))) || fold === 'most' || fold === 'least';
		if (word === 'over') return this.#hasBound() || (TREND.test(text) && time !== null) || time !== null;
		if (BOUNDS.has(word)) return this.#hasBound();
		// `shorter than 5 km`, whatever `short` is said of else.
		if (/er$/.test(word) && this.#asked.tokens[place + 1]?.word === 'than') return this.#hasBound();
		if (TIMED.has(word)) return this.#hasTimes();
		if (word === 'between') return this.#hasBound() || this.#reading.groups.length > 0 || this.#hasTimes();
		if (UNITS.has(word)) return this.#isUnit(word);
		if (monthCalled(word) !== null) return this.#hasMonth(word);
		if (ORDINALS.includes(word) || /^q[1-4]$/.test(word)) return this.#hasQuarter(word);
		if (SHARED.has(word)) return kind === 'share';
		if (SPREAD.has(word)) return DISTRIBUTION.test(text) && (kind === 'distribution' || kind === 'groups');
		if (AVERAGE.test(word)) return fold === 'average' && kind === 'groups';
		if (MEDIAN.test(word)) return fold === 'median' && kind === 'groups';
		if (SUM.test(word)) return fold === 'sum' || fold === 'count' || this.#isName(word);
		if (TREND.test(word)) return time !== null;
		if (word === 'distinct' || word === 'unique') return fold === 'different';
		if (word === 'or')
			return this.#conditions.some(
				(condition) =>
					('values' in condition && condition.values.length > 1) ||
					('months' in condition && condition.months.length > 1)
			);
		return null;
	}

	/** The places of what is to be counted, where that is something else than the rows: `how many bikes` of rides. */
	#otherThings(): Set<number> {
		const { fold, fact } = this.#reading;
		const { tokens } = this.#asked;
		const at = tokens.findIndex(({ word }, place) => {
			const next = tokens[place + 1]?.word;
			return (word === 'how' && next === 'many') || (word === 'number' && next === 'of');
		});
		if (fold !== 'count' || at < 0) return new Set();
		const rest = tokens.slice(at + 2);
		const end = rest.findIndex(({ word }) => THING_ENDS.test(word));
		const thing = end < 0 ? rest : rest.slice(0, end);
		const row = wordsOf(fact.name).at(-1) ?? '';
		const isRow = thing.some(({ word }) => ROWS.test(word) || likeness(word, row, { synonyms: false }) > 0);
		return new Set(isRow ? [] : thing.map(({ place }) => place));
	}

	/** `month` where the rows are told by month, or limited to one. */
	#isUnit(word: string): boolean {
		const { time } = this.#reading;
		const unit = word === 'daily' ? 'day' : word.startsWith('annual') ? 'year' : word.replace(/(?:s|ly)$/, '');
		if (unit === 'quarter' && this.#conditions.some((condition) => 'quarter' in condition)) return true;
		return time?.unit === unit || (unit === 'year' && this.#hasTimes()) || this.#isName(word);
	}

	#hasTimes(): boolean {
		return this.#conditions.some((condition) => 'time' in condition || 'months' in condition);
	}

	#hasMonth(word: string): boolean {
		const month = monthCalled(word) ?? '';
		return this.#conditions.some(
			(condition) =>
				('months' in condition && condition.months.includes(month)) ||
				('point' in condition && condition.point.endsWith(`-${month}`))
		);
	}

	#hasQuarter(word: string): boolean {
		const quarter = /^q/.test(word) ? word.slice(1) : String(ORDINALS.indexOf(word) + 1);
		return this.#conditions.some((condition) => 'quarter' in condition && condition.quarter === quarter);
	}

	#hasBound(): boolean {
		return this.#reading.limit !== null || this.#conditions.some((condition) => 'sign' in condition);
	}

	/** A word that denies one thing; of two nobody can say which. */
	#isDenial(place: number): boolean {
		const denied = [...this.#conditions, this.#reading.limit].filter((one) => one?.not?.includes(place));
		return denied.length === 1;
	}

	/** `kind` says nothing, but where a column is called so. */
	#isUnused(word: string): boolean {
		const { columns, tables } = this.#asked.mentions;
		const names = [...columns.map(({ column }) => column.name), ...tables.map(({ table }) => table.name)];
		return names.some((name) => {
			const [only = '', ...more] = wordsOf(name);
			return more.length === 0 && likeness(word, only, { synonyms: false }) >= 0.9;
		});
	}

	/** A word of a table, a column or a value that the query has. */
	#isName(word: string): boolean {
		return this.#names.some((name) => likeness(word, name) > 0 || word === `${name}s` || word === `${name}es`);
	}

	#usedNames(): string[] {
		const { fact, measure, time, groups } = this.#reading;
		const conditions = this.#conditions.map(({ column }) => column);
		const columns = [...groups, ...conditions, ...(measure ? [measure] : []), ...(time ? [time.column] : [])];
		const used = new Set([fact.name, ...columns.map(({ table }) => table)]);
		// What happens to each row, such as `started at`, says no more than that the row is there.
		const own = fact.columns.filter((column) => isTime(column) && !isYear(column) && !column.hasGaps);
		const keys = this.#asked.tables
			.filter(({ name }) => used.has(name))
			.flatMap((table) => table.columns.filter(({ isKey, refersTo }) => isKey || (refersTo && used.has(refersTo[0]))));
		const values = this.#conditions.flatMap((condition) => ('values' in condition ? condition.values : []));
		const named = this.#asked.mentions.values.filter(({ column }) => groups.includes(column)).map(({ value }) => value);
		const names = [...columns, ...own, ...keys].map(({ name }) => name);
		return [...used, ...names, ...values, ...named].flatMap(wordsOf);
	}

	#usedNumbers(): Set<number> {
		const { top, step, groups, limit } = this.#reading;
		const ofConditions = this.#conditions.flatMap((condition) => {
			if ('sign' in condition) return [condition.number];
			if ('values' in condition) return condition.values.flatMap((value) => wordsOf(value).map(Number));
			return 'time' in condition ? condition.point.split('-').slice(0, 1).map(Number) : [];
		});
		const ofValues = this.#asked.mentions.values
			.filter(({ column }) => groups.includes(column))
			.flatMap(({ value }) => wordsOf(value).map(Number));
		return new Set([
			...ofConditions,
			...ofValues,
			...(top ? [top.limit] : []),
			...(step === null ? [] : [step]),
			...(limit ? [limit.number] : [])
		]);
	}
}
