import type { Locator, Page } from 'playwright';
import { PNG } from 'pngjs';
import type { JobSnapshot } from '../../../src/lib/jobs/snapshot.ts';
import type { ChartResult, ChartState } from '../../../src/lib/operations/chart/model.ts';
import { open, untilStatus } from './headway.ts';

/** A chart as the HTTP doors tell of it. */
export type ChartJob = JobSnapshot<ChartState, ChartResult>;

/** Runs a query of one's own over the shipped data set, through the HTTP door. Resolves with the job's id once it has ended. */
export async function runQuery(
	url: string,
	query: string,
	question = 'What do the rides look like?'
): Promise<ChartJob> {
	const answer = await fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ operation: 'chart', input: { question, source: { name: 'bike-rides' }, query } })
	});
	if (answer.status !== 201) throw new Error(`POST /api/jobs answered ${answer.status}: ${await answer.text()}`);
	return chartJob(url, ((await answer.json()) as ChartJob).id);
}

/** A chart through the HTTP door, once it has ended. */
export async function chartJob(url: string, id: string): Promise<ChartJob> {
	return (await (await fetch(`${url}/api/jobs/${id}?wait=50`)).json()) as ChartJob;
}

/** Opens a chart that succeeded, and waits until it is drawn. */
export async function openDrawn(page: Page, id: string): Promise<void> {
	await open(page, `/jobs/${id}`);
	await untilStatus(page, 'succeeded');
	await untilDrawn(page);
}

/** Waits until the chart on the page is drawn. */
export async function untilDrawn(page: Page): Promise<void> {
	await page.locator('[data-chart=drawn] svg').waitFor();
}

/** The marks of the chart on the page. */
export const marksOf = (page: Page, kind: string): Locator =>
	page.locator(`[data-drawing] .mark-${kind}.role-mark path`);

/** The colours of a picture: how many of its pixels have each, as `r,g,b` rounded to steps of 8. */
export function coloursIn(png: Buffer): Map<string, number> {
	const { data } = PNG.sync.read(png);
	const counts = new Map<string, number>();
	for (let place = 0; place < data.length; place += 4) {
		const key = [0, 1, 2].map((part) => (data[place + part] ?? 0) & ~7).join(',');
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	return counts;
}

/** Colours that are no grey and cover at least so many pixels: those of marks. */
export function marksColoursIn(png: Buffer, least = 300): string[] {
	const isColour = (key: string) => {
		const parts = key.split(',').map(Number);
		return Math.max(...parts) - Math.min(...parts) >= 40;
	};
	return [...coloursIn(png)].filter(([key, count]) => count >= least && isColour(key)).map(([key]) => key);
}
