import { describe, expect, test } from 'vitest';
import type { ChartResult } from '$lib/operations/chart/model.ts';
import run from '$lib/operations/chart/run.server.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, runsOf, start } from '../../../support/app.ts';
import { serveRoutes } from '../../../support/route-server.ts';
import plain from './plain-questions.json' with { type: 'json' };
import questions from './questions.json' with { type: 'json' };
import { sourceFiles } from './sources.ts';

type Rows = ChartResult['rows'];

/**
 * So many are answered. When the patterns first ran, it was 13 and 14; the two open ones were then put right. The held ones were
 * looked at when the patterns were made anew, and say since then no more than that nothing was lost.
 */
const LEAST = { open: 15, held: 15 };
/** Of the questions in plain words. Of the first fourteen, 6 were answered rightly and 4 wrongly, before words that are left out were refused. */
const LEAST_PLAIN = 53;

/** The thirty questions that were written before the demo's patterns; half of them were not looked at while those were made. */
describe('the demo answers questions about tables', () => {
	test('OP-03 most of the thirty questions get the rows that their own query gives', async () => {
		const { app, sources } = await withSources();
		const right = { open: 0, held: 0 };
		const wrong: string[] = [];
		for (const { question, source, sql, held } of questions) {
			const asked = { question, source: sources[source] };
			const answered = await answerOf(app, asked);
			const wanted = sql === null ? null : await answerOf(app, { ...asked, query: sql });
			const isRight =
				wanted === null ? answered.rows === null : answered.rows !== null && holds(answered.rows, wanted.rows ?? []);
			if (isRight) right[held ? 'held' : 'open'] += 1;
			else if (!held) wrong.push(`${question}\n\t${answered.query ?? answered.why}`);
		}
		console.log(`answered ${right.open + right.held} of ${questions.length}: ${right.open} open, ${right.held} held`);
		if (wrong.length > 0) console.log(`open ones that were not:\n${wrong.join('\n')}`);
		expect(right.open).toBeGreaterThanOrEqual(LEAST.open);
		expect(right.held).toBeGreaterThanOrEqual(LEAST.held);
	}, 300_000);

	test('OP-03 questions in plain words are answered rightly, or not at all', async () => {
		const app = await makeApp({ runs: runsOf(run), env: { HEADWAY_DEMO_PACE: '400' } });
		const source = { name: 'bike-rides' };
		const wrong: string[] = [];
		let answered = 0;
		for (const { question, right } of plain) {
			const { rows, query } = await answerOf(app, { question, source });
			if (rows === null) continue;
			const wanted = await Promise.all(right.map((sql) => answerOf(app, { question, source, query: sql })));
			if (wanted.some((one) => holds(rows, one.rows ?? []))) answered += 1;
			else wrong.push(`${question}\n\t${query}`);
		}
		console.log(`answered ${answered} of ${plain.length} rightly`);
		expect(wrong).toEqual([]);
		expect(answered).toBeGreaterThanOrEqual(LEAST_PLAIN);
	}, 300_000);
});

async function withSources(): Promise<{ app: App; sources: Record<string, object> }> {
	const app = await makeApp({ runs: runsOf(run), env: { HEADWAY_DEMO_PACE: '400' } });
	const url = await serveRoutes(app);
	const sources: Record<string, object> = { 'bike-rides': { name: 'bike-rides' } };
	for (const [name, file] of Object.entries(sourceFiles())) {
		const form = new FormData();
		form.set('file', new File([new Uint8Array(file.bytes)], file.name));
		const stored = (await (await fetch(`${url}/api/files`, { method: 'POST', body: form })).json()) as {
			fileId: string;
		};
		sources[name] = { fileId: stored.fileId };
	}
	return { app, sources };
}

async function answerOf(app: App, input: object): Promise<{ rows: Rows | null; query: string | null; why: string }> {
	const { id } = await start(app, 'chart', input);
	const { result, error } = await ended(app, id);
	const made = result as ChartResult | null;
	return { rows: made?.rows ?? null, query: made?.query ?? null, why: error?.message ?? '' };
}

/** Whether the rows hold those that are wanted, in any order, whatever columns stand beside them. */
function holds(rows: Rows, wanted: Rows): boolean {
	if (rows.length !== wanted.length) return false;
	const target = sorted(wanted);
	return choices(rows[0]?.length ?? 0, wanted[0]?.length ?? 0).some(
		(places) => sorted(rows.map((row) => places.map((place) => row[place] ?? null))) === target
	);
}

function sorted(rows: Rows): string {
	return rows
		.map((row) =>
			row.map((cell) => (typeof cell === 'number' ? String(Number(cell.toPrecision(9))) : String(cell))).join('\t')
		)
		.sort()
		.join('\n');
}

/** Every way to take `count` of so many columns, in any order. */
function choices(columns: number, count: number): number[][] {
	if (count === 0) return [[]];
	return choices(columns, count - 1).flatMap((taken) =>
		Array.from({ length: columns }, (_, place) => place)
			.filter((place) => !taken.includes(place))
			.map((place) => [...taken, place])
	);
}
