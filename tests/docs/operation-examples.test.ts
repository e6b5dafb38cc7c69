import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import { ended, makeApp, start, temporaryFolder } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, read } from './documents.ts';
import { hasCurl, shell } from './shell.ts';

vi.setConfig({ testTimeout: 60_000 });

const pages = ['charts', 'puzzles', 'solvers'];
const examples = pages.flatMap((page) =>
	codeBlocks(read(`docs/${page}.md`)).flatMap(({ info, heading, code }) =>
		info === 'sh' ? [{ page, heading, code }] : []
	)
);
/** Those that begin a job, and those that ask for one that there is. */
const starts = examples.filter(({ code }) => !code.includes('$JOB'));
const asks = examples.filter(({ code }) => code.includes('$JOB'));

async function serve() {
	const app = await makeApp();
	const folder = temporaryFolder();
	writeFileSync(join(folder, 'sales.csv'), 'city,amount\nUlm,3\nBonn,4\nUlm,5\n');
	return { app, folder, url: await serveRoutes(app) };
}

describe.skipIf(!hasCurl)('the examples of the pages of operations', () => {
	test.each(starts)('DC-07 $page, $heading: the example starts a job that succeeds', async ({ code }) => {
		const { app, folder, url } = await serve();
		const { id } = JSON.parse((await shell(code, url, {}, folder)).out) as JobSnapshot;
		expect(await ended(app, id)).toMatchObject({ status: 'succeeded', error: null });
	});

	test('DC-07 charts: the result is waited for, and its rows are a file', async () => {
		const { app, folder, url } = await serve();
		const input = { question: 'How many rides started in each district?', source: { name: 'bike-rides' } };
		const { id } = await start(app, 'chart', input);
		for (const { code } of asks) await shell(code, url, { JOB: id }, folder);
		const job = JSON.parse(readFileSync(join(folder, 'chart.json'), 'utf8')) as JobSnapshot;
		expect(job).toMatchObject({ status: 'succeeded', result: { rows: expect.any(Array) } });
		expect(readFileSync(join(folder, 'rows.csv'), 'utf8').split('\r\n')[1]).toBe('Old Town,697');
	});
});

test('DC-07 each of these pages has an example that starts its operation', () => {
	const started = starts.flatMap(({ code }) => [...code.matchAll(/operation\\?":\\?"(\w+)/g)].map(([, id]) => id));
	expect([...new Set(started)].sort()).toEqual(['analysis', 'chart', 'solver', 'visual']);
	expect(asks).toHaveLength(1);
});
