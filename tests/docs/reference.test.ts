import { cpSync, existsSync, globSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { errorCode, type ErrorCode } from '$lib/jobs/error.ts';
import { baseEvents } from '$lib/jobs/event.ts';
import { jobOptions } from '$lib/jobs/job.ts';
import { jobSnapshot } from '$lib/jobs/snapshot.ts';
import { operations } from '$lib/operations/index.ts';
import { research } from '$lib/operations/research/model.ts';
import { dataPaths } from '$lib/server/config.ts';
import { statusOf } from '$lib/server/http/problem.ts';
import { appRouter } from '$lib/server/trpc/index.ts';
import { ended, makeApp, start, temporaryFolder } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, read, root, tableUnder } from './documents.ts';
import { shell } from './shell.ts';

const api = read('docs/http-api.md');
const codes = read('docs/problem-codes.md');
const operators = read('docs/operators.md');
const firstCells = (markdown: string, heading: string) => tableUnder(markdown, heading).map(([cell = '']) => cell);

test('DC-07 every code of a problem is documented once, with the status that it has', () => {
	const requests = tableUnder(codes, 'Codes of requests');
	expect(requests.map(([code, status]) => [code, Number(status)])).toEqual(
		requests.map(([code]) => [code, statusOf(code as ErrorCode)])
	);
	const documented = [...requests.map(([code]) => code), ...firstCells(codes, 'Codes of failed jobs')];
	expect(documented.sort()).toEqual([...errorCode.options].sort());
});

test('DC-07 a code that a door answers with is among those of requests', () => {
	const documented = firstCells(codes, 'Codes of requests');
	const answered = errorCode.options.filter((code) => statusOf(code) !== 500);
	expect(answered.filter((code) => !documented.includes(code))).toEqual([]);
});

test('DC-07 the documented doors are the ones that there are, with their methods', async () => {
	const url = await serveRoutes(await makeApp());
	const files = globSync('src/routes/**/+server.ts', { cwd: root });
	const paths = files
		.map((file) =>
			file
				.replace('src/routes', '')
				.replace('/+server.ts', '')
				.replace(/\[(\w+)\]/g, ':$1')
		)
		.filter((path) => !path.includes('[...'));
	const actual = await Promise.all(
		paths.map(async (path) => {
			const answer = await fetch(`${url}${path.replace(/:\w+/g, 'x')}`, { method: 'OPTIONS' });
			return (answer.headers.get('access-control-allow-methods') ?? '')
				.split(', ')
				.map((method) => `${method} ${path}`);
		})
	);
	expect(firstCells(api, 'The doors').sort()).toEqual(actual.flat().sort());
});

test('RS-12 every event is documented: those of all operations, and those of a research', () => {
	expect(firstCells(api, 'Watch the events').sort()).toEqual(Object.keys(baseEvents).sort());
	const own = Object.keys(research.events).filter((type) => !api.includes(`\`${type}\` (`));
	expect(own).toEqual([]);
});

test('DC-07 RS-12 every event of every operation is told of in the page of that operation', () => {
	const pages: Record<string, string> = { chart: 'charts', analysis: 'puzzles', solver: 'solvers', visual: 'solvers' };
	const untold = Object.values(operations).flatMap(({ id, events }) => {
		const page = read(`docs/${pages[id] ?? 'http-api'}.md`);
		return Object.keys(events).flatMap((type) => (page.includes(`\`${type}\``) ? [] : [`${id}: ${type}`]));
	});
	expect(untold).toEqual([]);
});

test('OP-11 developers are told of all that a run is given', () => {
	const [, context = ''] =
		/^export interface RunContext[^\n]*\n([\s\S]*?)^}/m.exec(read('src/lib/operations/operation.ts')) ?? [];
	const members = [...context.matchAll(/^\t(?:readonly )?(\w+)[<(:]/gm)].map(([, name = '']) => name);
	const [, listed = ''] = /all that an operation may touch: ([\s\S]*?)\.\n\n/.exec(read('docs/developers.md')) ?? [];
	const told = [...listed.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
	expect(members.length).toBeGreaterThan(20);
	expect(told.sort()).toEqual(members.sort());
});

test('DC-07 the documented options are the ones that there are', () => {
	expect(firstCells(api, 'Start a job').sort()).toEqual(Object.keys(jobOptions.shape).sort());
});

test('DC-07 the documented fields of a snapshot exist', () => {
	const names = firstCells(api, 'Wait for the result').flatMap((cell) => cell.match(/\w+/g) ?? []);
	expect(names.length).toBeGreaterThan(15);
	expect(names.filter((name) => !(name in jobSnapshot.shape))).toEqual([]);
});

test('DC-07 every typed procedure is documented, and no other', () => {
	const [, listed = ''] = /^Procedures: ([\s\S]*?)\n\n/m.exec(api) ?? [];
	const documented = [...listed.matchAll(/`([\w.<>]+)`/g)].map(([, name = '']) => name);
	const names = Object.keys(appRouter._def.procedures).map((name) =>
		name.replace(/^operations\.\w+\./, 'operations.<id>.')
	);
	expect(documented.sort()).toEqual([...new Set(names)].sort());
});

test('OP-12 every metric is documented with its labels, and no other', async () => {
	const app = await makeApp();
	await ended(app, (await start(app, 'research', { query: 'How is tea made?', depth: 'quick' })).id);
	const actual = (await app.metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
	expect(firstCells(operators, 'Metrics').sort()).toEqual(actual.sort());
	const text = await app.metrics.registry.metrics();
	for (const [name, labels = ''] of tableUnder(operators, 'Metrics')) {
		const expected = [...labels.matchAll(/\w+/g)].map(([label]) => label);
		const line = new RegExp(`^${name}(?:_count)?\\{(.*)\\}`, 'm').exec(text)?.[1] ?? '';
		const used = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label);
		// A counter that has counted nothing has no line yet.
		if (name !== 'headway_cancellations_total') expect(`${name} ${used.sort()}`).toBe(`${name} ${expected.sort()}`);
	}
});

test('DC-07 the data folder holds what the operators are told', { timeout: 30_000 }, async () => {
	const dataDir = temporaryFolder();
	const app = await makeApp({ dataDir });
	await ended(app, (await start(app, 'research', { query: 'How is tea made?', depth: 'quick' })).id);
	const { id: fileId } = await app.uploads.put('local', {
		name: 'tea.csv',
		body: Readable.from([Buffer.from('tea,cups\nblack,2\n')])
	});
	const call = { id: 'ask', tool: 'query_table', arguments: { fileId, sql: 'SELECT * FROM tea' } };
	await ended(app, (await start(app, 'tools', { calls: [call], files: [fileId] })).id);
	const paths = firstCells(operators, 'The data folder').map((path) => join(dataDir, path));
	expect(paths.sort()).toEqual(
		Object.values(dataPaths(dataDir))
			.map((path) => (/\.\w+$/.test(path) ? path : `${path}/`))
			.sort()
	);
	expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('DC-07 the documented backup, taken while the server runs, is a whole one', async () => {
	const folder = temporaryFolder();
	const app = await makeApp({ dataDir: join(folder, 'data') });
	const { id } = await start(app, 'research', { query: 'How is tea made?', depth: 'quick' });
	await ended(app, id);
	mkdirSync(join(folder, 'node_modules'));
	for (const name of ['.bin', 'better-sqlite3', 'node', 'bindings', 'file-uri-to-path'])
		if (existsSync(join(root, 'node_modules', name)))
			symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
	const [backup] = codeBlocks(operators).filter(({ heading }) => heading === 'Backup');
	await shell(backup?.code ?? '', '', {}, folder);

	const restored = join(folder, 'restored');
	mkdirSync(restored);
	cpSync(join(folder, 'backup.db'), join(restored, 'headway.db'));
	cpSync(join(folder, 'backup-artifacts'), join(restored, 'artifacts'), { recursive: true });
	expect(new Database(join(folder, 'backup.db'), { readonly: true }).pragma('integrity_check', { simple: true })).toBe(
		'ok'
	);
	const other = await makeApp({ dataDir: restored });
	expect((await other.jobs.snapshot('local', id)).status).toBe('succeeded');
	const url = await serveRoutes(other);
	expect(await (await fetch(`${url}/api/jobs/${id}/artifacts/report.md`)).text()).toMatch(/^# /);
});
