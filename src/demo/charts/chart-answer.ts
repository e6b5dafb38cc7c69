import { schemaIn } from '../chat/request-kind.ts';
import { misfit } from '../documents/schema.ts';
import { WireError } from '../wire.ts';
import { readingOf } from './reader.ts';
import { tablesIn } from './schema.ts';
import { spelled } from './spelling.ts';
import type { Dialect } from './periods.ts';
import { queryFor } from './sql.ts';

const SENTENCE = 'You answer questions about tables with one SQL query.';
const NAMES = 'Tables|Question|Query|Problem';
/** What a question is about stands in its beginning. */
const MOST_READ = 2_000;

/** What the demo answers to a question about tables, and what it says that it thinks meanwhile. */
export interface ChartAnswer {
	thought: string;
	text: string;
}

/** The query that a request asks for, as JSON; null for any other request. Throws a WireError 400 for a schema of another shape. */
export function chartAnswer(
	{ instructions, body }: { instructions: string | null; body: Record<string, unknown> },
	prompt: string
): ChartAnswer | null {
	if (!instructions?.trimStart().startsWith(SENTENCE)) return null;
	const made = answerTo(sectionsIn(prompt), dialectIn(instructions));
	const reason = misfit(made, schemaIn(body));
	if (reason !== null)
		throw new WireError(
			400,
			`Invalid schema for response_format 'chart_query': the demo makes another shape (${reason}).`,
			{
				param: 'text.format.schema',
				code: 'invalid_json_schema'
			}
		);
	const thought =
		made.query === null
			? '**Looking at the tables** Their names and values do not fit the question.'
			: '**Looking at the tables** I match the words of the question with names and values, and fill in a pattern.';
	return { thought, text: JSON.stringify(made) };
}

function answerTo(sections: Record<string, string>, dialect: Dialect) {
	const question = (sections.Question ?? '').slice(0, MOST_READ);
	const title = titleOf(question);
	const nothing = { query: null, title, chart: 'table', x: null, y: null, colour: null, unit: null };
	const tables = tablesIn(sections.Tables ?? '');
	const { question: meant, slips } = spelled(question, tables);
	const reading = readingOf(meant, tables);
	if (typeof reading === 'string') return { ...nothing, explanation: `${reading} ${DEMO}` };
	const written = queryFor(reading, tables, dialect);
	if (!written) return { ...nothing, explanation: `The tables that it takes are not connected by keys. ${DEMO}` };
	const { sql, most, ...wish } = written;
	const problem = sections.Problem ?? '';
	// A pattern gives the same query again: only its drawing can be another one.
	if (/(?:SQLite|PostgreSQL|MySQL) says|no rows|NULL|stopped/.test(problem))
		return { ...nothing, explanation: `The one query that I know for it does not do: ${problem} ${DEMO}` };
	const cut = most === null ? '' : ` Of the groups it takes the ${most} greatest at most.`;
	const read = slips.map(([said, word]) => ` I read “${said}” as “${word}”.`).join('');
	const explanation = `A pattern for ${KINDS[reading.kind]}, filled in by the words of the question.${cut}${read} ${DEMO}`;
	return { query: sql, explanation, title, ...wish, chart: problem === '' ? wish.chart : 'table' };
}

const DEMO = '(Demo provider: patterns, no language model.)';
const KINDS = {
	groups: 'figures by group',
	share: 'shares of a whole',
	distribution: 'a distribution',
	rows: 'the first or last rows'
};

function dialectIn(instructions: string): Dialect {
	const dialects = ['PostgreSQL', 'MySQL'] as const;
	return dialects.find((dialect) => instructions.includes(`for ${dialect}`)) ?? 'SQLite';
}

function titleOf(question: string): string {
	const line = question
		.replace(/\s+/g, ' ')
		.trim()
		.replace(/[?.!]+$/, '');
	return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}

function sectionsIn(prompt: string): Record<string, string> {
	const found: Record<string, string> = {};
	const pieces = prompt.split(new RegExp(`^# (${NAMES})[ \\t]*\\r?\\n`, 'm'));
	// The first of a name is the prompt's own.
	for (let index = 1; index < pieces.length; index += 2)
		found[pieces[index] ?? ''] ??= (pieces[index + 1] ?? '').trim();
	return found;
}
