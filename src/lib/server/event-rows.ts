import type { Database, Statement } from 'better-sqlite3';
import { endsJob, type JobEvent } from '../jobs/event.ts';
import { CheckedRows } from './checked-rows.ts';
import type { Db } from './db/open.ts';
import { jobs, type JobRow } from './db/schema.ts';

/** An event before the log has given it its place. */
export interface NewEvent {
	type: string;
	data: unknown;
	at?: number;
}

/** What is stored in the same transaction as the events it belongs to. */
export type RowPatch = Partial<
	Pick<
		JobRow,
		| 'phase'
		| 'fraction'
		| 'basis'
		| 'responseId'
		| 'cursor'
		| 'providerState'
		| 'providerStep'
		| 'bills'
		| 'provider'
		| 'model'
		| 'usage'
		| 'cost'
		| 'forecast'
	>
>;

/** One row of a log as it goes out: its JSON is written once, for all who read it. */
export interface LoggedEvent {
	seq: number;
	at: number;
	type: string;
	/** The whole event on one line: `{"jobId":…,"seq":…,"at":…,"type":…,"data":…}`. */
	json: string;
}

/** A bounded piece of a log: `size` in characters of JSON, whether more may be there, whether the log ends in it. */
export interface LogPage {
	events: LoggedEvent[];
	size: number;
	more: boolean;
	ends: boolean;
}

/** seq, at, type, data, whether SQLite can read `data` as JSON: always 1 where it was not asked. */
type Row = [number, number, string, string, number];

/** Job, after which seq, at most how many. */
type Reading = Statement<[string, number, number], Row>;

/** The rows of a page: `most` in characters of JSON. */
interface Asked {
	jobId: string;
	after: number;
	limit: number;
	most: number;
}

/** An event's row: job, seq, at, type, data. */
type Values = [string, number, number, string, string];

/** The two ways to move the end of a log: from where it is known to be, or from wherever it is. */
interface Move {
	from: Statement<unknown[]>;
	find: Statement<unknown[], number>;
}

/** More jobs than run at once anywhere; a forgotten end is only read again. */
const KNOWN_ENDS = 10_000;

/**
 * The rows of logs, read and written by statements that are prepared once: a query builder costs more than SQLite does
 * here. Every method works within the caller's transaction.
 */
export class EventRows {
	readonly #client: Database;
	readonly #insert: Statement<Values>;
	readonly #after: Reading;
	readonly #checked: Reading;
	readonly #known: CheckedRows;
	readonly #hasLarger: Statement<[string, number, number, number], number>;
	/** By the columns that they change and whether they are fenced. */
	readonly #moves = new Map<string, Move>();
	/** Where logs that were written end, as far as is known: asking for it costs as much again as moving it. */
	readonly #ends = new Map<string, number>();

	constructor({ $client }: Db) {
		this.#client = $client;
		this.#insert = $client.prepare('insert into events (job_id, seq, at, type, data) values (?, ?, ?, ?, ?)');
		const reading = (valid: string) =>
			$client
				.prepare<[string, number, number], Row>(
					`select seq, at, type, data, ${valid} from events where job_id = ? and seq > ? order by seq limit ?`
				)
				.raw();
		this.#after = reading('1');
		this.#checked = reading('json_valid(data)');
		this.#known = new CheckedRows($client);
		// A row's length stands in its head: nothing of a large body is read for it.
		this.#hasLarger = $client
			.prepare<[string, number, number, number], number>(
				'select exists (select 1 from events where job_id = ? and seq > ? and seq <= ? and octet_length(data) > ?)'
			)
			.pluck();
	}

	get open(): boolean {
		return this.#client.open;
	}

	/**
	 * Gives events their places: seq goes on from the row's, without a gap. With an epoch only while that epoch runs the
	 * job; otherwise null, and nothing was written.
	 */
	append(
		jobId: string,
		added: readonly NewEvent[],
		patch: RowPatch & { updatedAt: number },
		epoch?: number
	): JobEvent[] | null {
		const last = this.#advance(jobId, added.length, patch, epoch);
		if (last === undefined) return null;
		let seq = last - added.length;
		return added.map(({ type, data, at = patch.updatedAt }) => {
			const event = { jobId, seq: ++seq, at, type, data };
			this.#store(event);
			return event;
		});
	}

	/** What comes after `after`, in order, at most `limit`. */
	after(jobId: string, after: number, limit: number): JobEvent[] {
		return this.#after.all(jobId, after, limit).map(([seq, at, type, data]) => asEvent({ jobId, seq, at, type }, data));
	}

	/**
	 * The same as it goes out, no more than reaches `most` characters of JSON. `ends` by a row's own type: an event that
	 * cannot be read ends its log too.
	 */
	logged(jobId: string, after: number, limit: number, most: number): LogPage {
		const isKnown = this.#known.has(jobId, { after, last: after + limit });
		const rows = this.#upTo(isKnown ? this.#after : this.#checked, { jobId, after, limit, most });
		const last = rows.at(-1);
		if (!isKnown && last && rows.every((row) => row[4] === 1)) this.#known.add(jobId, { after, last: last[0] });
		const head = `{"jobId":${JSON.stringify(jobId)},"seq":`;
		const size = rows.reduce((sum, [, , , data]) => sum + data.length, 0);
		return {
			events: rows.map((row) => asLogged(jobId, head, row)),
			size,
			more: rows.length === limit || size >= most,
			ends: rows.some(([, , type]) => endsJob(type))
		};
	}

	/** Rows that cannot be too much together are read in one go, which costs half as much as one by one. */
	#upTo(reading: Reading, { jobId, after, limit, most }: Asked): Row[] {
		if (this.#hasLarger.get(jobId, after, after + limit, most / limit) === 0) return reading.all(jobId, after, limit);
		const rows: Row[] = [];
		let size = 0;
		for (const row of reading.iterate(jobId, after, limit)) {
			rows.push(row);
			size += row[3].length;
			if (size >= most) break;
		}
		return rows;
	}

	#store({ jobId, seq, at, type, data }: JobEvent & { seq: number }): void {
		const text = textOf(data);
		if (text !== null) this.#insert.run(jobId, seq, at, type, text);
		// A job must not lose its end.
		else if (endsJob(type)) throw new TypeError(`the ${type} event of job ${jobId} cannot be written`);
		else this.#insert.run(jobId, seq, at, unreadable(type).type, JSON.stringify(unreadable(type).data));
	}

	/** Moves the end of a log on by `by`, with what else changes in its row. Undefined when it is fenced off. */
	#advance(jobId: string, by: number, patch: RowPatch, epoch: number | undefined): number | undefined {
		const { names, values } = columnsOf(patch);
		const move = this.#moves.get(`${names}${epoch === undefined}`) ?? this.#prepare(names, epoch !== undefined);
		const fence = epoch === undefined ? [] : [epoch];
		const end = this.#ends.get(jobId) ?? 0;
		const isThere = end > 0 && move.from.run(by, ...values, jobId, ...fence, end).changes === 1;
		// It is elsewhere after another process wrote, or a transaction was rolled back.
		const last = isThere ? end + by : move.find.get(by, ...values, jobId, ...fence);
		if (this.#ends.size >= KNOWN_ENDS) this.#ends.clear();
		if (last !== undefined) this.#ends.set(jobId, last);
		return last;
	}

	#prepare(names: string, fenced: boolean): Move {
		const fence = fenced ? "and epoch = ? and status = 'running'" : '';
		const update = `update jobs set seq = seq + ?${names} where id = ? ${fence}`;
		const move = {
			from: this.#client.prepare<unknown[]>(`${update} and seq = ?`),
			find: this.#client.prepare<unknown[], number>(`${update} returning seq`).pluck()
		};
		this.#moves.set(`${names}${!fenced}`, move);
		return move;
	}
}

/** The columns of a patch as an UPDATE names them, and what they are set to. */
function columnsOf(patch: RowPatch): { names: string; values: unknown[] } {
	let names = '';
	const values: unknown[] = [];
	for (const name in patch) {
		const column = name as keyof RowPatch;
		const value = patch[column];
		if (value === undefined) continue;
		names += `, ${snakeCase(column)} = ?`;
		values.push(value === null ? null : jobs[column].mapToDriverValue(value));
	}
	return { names, values };
}

/** What stands in the place of an event whose body cannot be written or read: a reader that failed on it would come back to it for ever. */
export function unreadable(type: string): { type: string; data: unknown } {
	return { type: 'unreadable', data: { was: type } };
}

/** As `casing: 'snake_case'` names the columns. */
function snakeCase(name: string): string {
	if (name === 'updatedAt') return 'updated_at';
	return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A body as JSON; null for one that cannot be written. Nothing is null, as it is in a list. */
function textOf(data: unknown): string | null {
	try {
		return JSON.stringify(data) ?? 'null';
	} catch {
		return null;
	}
}

/** The row's own text goes out as it is, where it is JSON on one line: a raw line break would end a line of its frame. */
function asLogged(jobId: string, head: string, [seq, at, type, data, valid]: Row): LoggedEvent {
	if (valid === 1 && !data.includes('\n') && !data.includes('\r'))
		return { seq, at, type, json: `${head}${seq},"at":${at},"type":${quoted(type)},"data":${data}}` };
	// SQLite reads no deeper than 1,000 levels; JSON.parse does.
	const event = asEvent({ jobId, seq, at, type }, data);
	return { seq, at, type: event.type, json: JSON.stringify(event) };
}

const plain = /^[\w.-]+$/;

function quoted(type: string): string {
	return plain.test(type) ? `"${type}"` : JSON.stringify(type);
}

function asEvent(head: Omit<JobEvent, 'data' | 'seq'> & { seq: number }, data: string): JobEvent {
	try {
		return { ...head, data: JSON.parse(data) as unknown };
	} catch {
		return { ...head, ...unreadable(head.type) };
	}
}
