import type { Unit } from './reading.ts';

/** Whose SQL it is. */
export type Dialect = 'SQLite' | 'PostgreSQL' | 'MySQL';

const LENGTH = { year: 4, month: 7, day: 10 } as const;
const PARTS = {
	year: 'YYYY',
	quarter: 'YYYY-"Q"Q',
	month: 'YYYY-MM',
	day: 'YYYY-MM-DD',
	hour: 'HH24',
	weekday: 'FMDay'
} as const;
const MYSQL_PARTS = { year: '%Y', month: '%Y-%m', day: '%Y-%m-%d', hour: '%H', weekday: '%W' } as const;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** SQL for the part of a moment that rows are told by: text, such as `2025-03`, `2025-Q1`, `17` or `Monday`. */
export function periodOf(at: string, unit: Unit, dialect: Dialect): string {
	if (dialect === 'PostgreSQL') return `to_char(${at}, '${PARTS[unit]}')`;
	if (unit === 'quarter') {
		const [year, quarter] = [periodOf(at, 'year', dialect), quarterOf(at, dialect)];
		return dialect === 'MySQL' ? `CONCAT(${year}, '-Q', ${quarter})` : `${year} || '-Q' || ${quarter}`;
	}
	if (dialect === 'MySQL') return `DATE_FORMAT(${at}, '${MYSQL_PARTS[unit]}')`;
	if (unit === 'hour') return `substr(${at}, 12, 2)`;
	if (unit !== 'weekday') return `substr(${at}, 1, ${LENGTH[unit]})`;
	const cases = DAYS.map((day, number) => `WHEN '${number}' THEN '${day}'`).join(' ');
	return `CASE strftime('%w', ${at}) ${cases} END`;
}

/** SQL for the month of any year, as `03`. */
export function monthOf(at: string, dialect: Dialect): string {
	if (dialect === 'MySQL') return `DATE_FORMAT(${at}, '%m')`;
	return dialect === 'PostgreSQL' ? `to_char(${at}, 'MM')` : `substr(${at}, 6, 2)`;
}

/** SQL for the quarter of any year, as the number 3. */
export function quarterOf(at: string, dialect: Dialect): string {
	if (dialect === 'MySQL') return `QUARTER(${at})`;
	if (dialect === 'PostgreSQL') return `extract(quarter FROM ${at})`;
	return `((CAST(substr(${at}, 6, 2) AS INTEGER) + 2) / 3)`;
}

/** SQL for a weekday's place in the week, from Monday. */
export function placeInWeek(at: string, dialect: Dialect): string {
	if (dialect === 'MySQL') return `WEEKDAY(${at})`;
	return dialect === 'PostgreSQL' ? `extract(isodow FROM ${at})` : `(strftime('%w', ${at}) + 6) % 7`;
}
