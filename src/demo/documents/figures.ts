import type { Topic } from './material.ts';
import { written } from './statements.ts';
import type { Statement } from './statements.ts';

/** A statement with the number in it, and its unit where one follows. */
export interface Figure {
	value: string;
	statement: Statement;
}

const UNIT =
	'%|‰|°C|°F|per cent|percent|(?:milli|micro|nano)?seconds?|million|billion|thousand|kilomet(?:re|er)s?|met(?:re|er)s?|years?|days?|hours?|minutes?|degrees|tonnes?|kWh|MWh|GWh|TWh|kW|MW|GW|TW|mm|cm|km|kg|dB|Hz|mAh|GB|MB|TB|EUR|USD|GBP|[gmtVWK]|万|亿|米|公里|人|兆瓦|千瓦';
const VALUE = new RegExp(
	String.raw`(?:[€$£¥]\s?)?\d(?:[\d.,\u00a0\u202f]*\d)?(?:[\s\u00a0]?(?:${UNIT})(?![\p{Script=Latin}]))?`,
	'gu'
);
const YEAR = /^(?:1[0-9]|20)\d\d$/;
const MOST = 6;

/** The statements that are worth a table: each with a number in it that is more than a bare year. */
export function figuresIn(topics: Topic[]): Figure[] {
	return topics
		.flatMap(({ statements }) => statements)
		.flatMap((statement) => {
			const values = statement.text.match(VALUE) ?? [];
			const value = values.map((each) => each.trim()).find((each) => each.length > 1 && !YEAR.test(each));
			return value ? [{ value, statement }] : [];
		})
		.slice(0, MOST);
}

/** The figures as a Markdown table. */
export function figureTable(figures: Figure[]): string {
	const cell = (text: string) => text.replace(/\|/g, '\\|');
	const rows = figures.map(({ value, statement }) => `| ${cell(value)} | ${cell(written(statement))} |`);
	return ['| Figure | What it says |', '| --- | --- |', ...rows].join('\n');
}
