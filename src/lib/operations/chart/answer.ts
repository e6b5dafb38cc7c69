import { z } from 'zod';
import { jsonIn } from '../../text/json-in.ts';
import { shortened } from '../../text/shortened.ts';
import { chartType, type Wish } from './model.ts';

const LONGEST_QUERY = 20_000;
const text = z.string().trim();
/** Models write an empty text, or the word, for nothing. */
const named = z
	.preprocess((value) => (value === undefined || value === '' || value === 'null' ? null : value), text.nullable())
	.catch(null);

const answer = z.object({
	query: named.pipe(z.string().max(LONGEST_QUERY, 'The query is longer than 20,000 characters.').nullable()),
	explanation: text.catch(''),
	title: text.catch(''),
	chart: chartType.catch('bar'),
	...{ x: named, y: named, colour: named, unit: named }
});

/** What the model answered. */
export interface QueryAnswer {
	/** Null where the tables cannot answer the question. */
	query: string | null;
	explanation: string;
	wish: Wish;
}

/** Reads a model's answer; a sentence for the next request where it is none. */
export function readAnswer(reply: string): { ok: true; answer: QueryAnswer } | { ok: false; problem: string } {
	const value = jsonIn(reply);
	if (typeof value !== 'object') return { ok: false, problem: 'The answer was not one JSON object.' };
	const parsed = answer.safeParse(value);
	if (!parsed.success)
		return {
			ok: false,
			problem: parsed.error.issues[0]?.message ?? 'The answer did not have the fields that were asked for.'
		};
	const { query, explanation, title, chart, x, y, colour, unit } = parsed.data;
	const wish = { title: shortened(title, 200), chart, x, y, colour, unit: unit === null ? null : shortened(unit, 20) };
	return { ok: true, answer: { query, explanation: shortened(explanation, 2_000), wish } };
}
