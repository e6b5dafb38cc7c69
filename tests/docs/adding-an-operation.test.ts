import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { render } from 'svelte/server';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { OperationRun } from '$lib/operations/operation.ts';
import type { createApp } from '$lib/server/app.ts';
import type { Views } from '$lib/operations/views.ts';
import { readConfig } from '$lib/server/config.ts';
import { allEvents, ended, start, temporaryFolder } from '../support/app.ts';
import type { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, read } from './documents.ts';
import { ProjectCopy } from './project-copy.ts';
import { hasCurl, shell } from './shell.ts';

// The first use of the copy builds what it loads, on two cores that others use too.
vi.setConfig({ testTimeout: 120_000 });

const guide = codeBlocks(read('docs/adding-an-operation.md'));
const list = 'src/lib/operations/index.ts';
const input = { text: 'Tea and coffee.\nTea first, then more tea.' };
let copy: ProjectCopy;
/** The sources before the guide was followed, by path. */
let before: Map<string, string>;

beforeAll(() => {
	copy = new ProjectCopy();
	before = sources();
	for (const { file, info, code } of guide) {
		if (file && info === 'diff') copy.write(file, patched(copy.read(file), code));
		else if (file) copy.write(file, code);
	}
});
afterAll(() => copy.remove());

/** A text with the lines of a diff applied: what is removed must be there, and an added import goes to the others. */
function patched(text: string, diff: string): string {
	const lines = (sign: string) => diff.split('\n').flatMap((line) => (line.startsWith(sign) ? [line.slice(1)] : []));
	const [removed = '', ...others] = lines('-');
	const [added, imported] = lines('+').reverse();
	if (others.length > 0 || !added || !text.includes(`\n${removed}\n`))
		throw new Error('The diff does not fit the list.');
	return `${imported}\n${text.replace(removed, added)}`;
}

/** The app of the copy, found by its own list of runs, on a real database. */
async function appOfCopy(more: Record<string, OperationRun> = {}) {
	const runs = await copy.load<{ operationRuns(): Record<string, OperationRun> }>(
		'/src/lib/operations/index.server.ts'
	);
	const server = await copy.load<{ createApp: typeof createApp }>('/src/lib/server/app.ts');
	const settings = { HEADWAY_DATA: temporaryFolder(), LOG_LEVEL: 'silent', HEADWAY_DEMO_PACE: '40' };
	const app = await server.createApp({ config: readConfig(settings), runs: { ...runs.operationRuns(), ...more } });
	onTestFinished(() => app.close());
	return app;
}

test('OP-11 the code of the guide compiles as it stands', async () => {
	const files = guide.flatMap(({ file, info }) => (file && info !== 'diff' ? file : []));
	const views = ['src/lib/operations/views.ts', 'src/lib/operations/index.server.ts'];
	const { code, text } = await copy.compile('svelte-check', [...files, ...views]);
	expect(text).toMatch(/COMPLETED \d+ FILES 0 ERRORS 0 WARNINGS/);
	expect(code).toBe(0);
});

test(
	'OP-11 each line that the guide says does not compile is refused, and no other',
	{ timeout: 120_000 },
	async () => {
		const wrong =
			guide
				.find(({ info }) => info.includes('does-not-compile'))
				?.code.trim()
				.split('\n') ?? [];
		const file = 'src/lib/operations/keywords/run.server.ts';
		const right = copy.read(file);
		const above = right.slice(0, right.indexOf("ctx.phase('describing');\n") + "ctx.phase('describing');\n".length);
		copy.write(file, right.replace(above, `${above}${wrong.join('\n')}\n`));
		const { text } = await copy.compile('tsc', [file]);
		copy.write(file, right);
		const refused = [...text.matchAll(/run\.server\.ts\((\d+),\d+\): error/g)].map(([, line]) => Number(line));
		const first = above.split('\n').length;
		expect(wrong.length).toBe(3);
		expect([...new Set(refused)]).toEqual(wrong.map((_, index) => first + index));
	}
);

test('OP-01 an operation is one folder and one line of the list', () => {
	const after = sources();
	const changed = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
	// The guide's second operation is in no list.
	const outside = changed.filter((path) => !/^src\/lib\/operations\/(keywords|columns)\//.test(path));
	expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
	expect(changed.length).toBeGreaterThan(outside.length);
	expect(outside).toEqual([list]);
	const had = new Set(before.get(list)?.split('\n'));
	const added = after
		.get(list)
		?.split('\n')
		.filter((line) => !had.has(line) && !line.startsWith('import '));
	expect(added).toHaveLength(1);
});

/** The text of every source of the copy. */
function sources(): Map<string, string> {
	const names = readdirSync(join(copy.folder, 'src'), { recursive: true }).map((name) => `src/${name}`);
	const files = names.filter((name) => statSync(join(copy.folder, name)).isFile());
	return new Map(files.map((path) => [path, copy.read(path)]));
}

test('OP-11 the operation of the guide runs: its phases, its own events, its text, its file and its result', async () => {
	const app = await appOfCopy();
	const { id } = await start(app, 'keywords', input);
	const job = await ended(app, id);
	expect(job.error).toBeNull();
	expect(job.result).toMatchObject({ keywords: [{ word: 'tea', count: 3 }, { count: 1 }, { count: 1 }] });
	expect((job.result as { topic: string }).topic).toBe(job.content.topic);
	expect(job.content.topic?.length).toBeGreaterThan(10);
	expect(job.artifacts.map(({ name }) => name)).toEqual(['keywords.json']);
	const events = await allEvents(app, id);
	const phases = events.flatMap(({ type, data }) => (type === 'phase' ? (data as { phase: string }).phase : []));
	expect(phases).toEqual(['counting', 'describing']);
	expect(events.find(({ type }) => type === 'keyword')?.data).toEqual({ word: 'tea', count: 3 });
	expect(events.at(-1)?.type).toBe('done');
});

test('OP-11 the operation of the guide that takes a table tells what it holds, and the door refuses what is none', async () => {
	const { default: run } = await copy.load<{ default: OperationRun }>('/src/lib/operations/columns/run.server.ts');
	const app = await appOfCopy({ columns: run });
	const put = async (name: string, text: string) => {
		const { id } = await app.uploads.put('local', { name, body: Readable.from([Buffer.from(text)]) });
		return { fileId: id };
	};
	const { id } = await start(app, 'columns', await put('a "b".csv', 'city,amount\nUlm,3\nBonn,4\n'));
	expect(await ended(app, id)).toMatchObject({ error: null, result: { columns: ['city', 'amount'], rows: 2 } });
	await expect(start(app, 'columns', await put('page.html', '<!doctype html><p>none'))).rejects.toThrow();
	await expect(start(app, 'columns', { fileId: 'file_none' })).rejects.toThrow();
});

test(
	'OP-11 BY-14 the operation of the guide passes the conformance suite, as the guide calls it',
	{ timeout: 240_000 },
	async () => {
		const files = ['tests/lib/operations/keywords', 'tests/lib/operations/conformance.test.ts'];
		const { code, text } = await copy.run('vitest/vitest.mjs', [
			'run',
			'--project',
			'server',
			...files,
			'-t',
			'keywords'
		]);
		expect(stripVTControlCharacters(text)).toMatch(/Test Files +2 passed/);
		expect(code).toBe(0);
	}
);

test('OP-11 its own view shows what its events add up to', async () => {
	const app = await appOfCopy();
	const job = await ended(app, (await start(app, 'keywords', input)).id);
	const { viewsOf } = await copy.load<{ viewsOf(id: string): Views }>('/src/lib/operations/views.ts');
	const server = await copy.load<{ render: typeof render }>('svelte/server');
	const { body } = server.render(viewsOf('keywords').Live, { props: { job, live: false } });
	expect(body).toContain('tea: 3');
});

test.skipIf(!hasCurl)('OP-11 every door has it: the list of operations, the plain one and the typed one', async () => {
	const app = await appOfCopy();
	const routes = await copy.load<{ serveRoutes: typeof serveRoutes }>('/tests/support/route-server.ts');
	const url = await routes.serveRoutes(app);
	const { operations } = (await (await fetch(`${url}/api/operations`)).json()) as { operations: { id: string }[] };
	expect(operations.map(({ id }) => id)).toContain('keywords');
	const curl = guide.find(({ info }) => info === 'sh')?.code ?? '';
	expect(JSON.parse((await shell(curl, url)).out)).toMatchObject({ operation: 'keywords', status: 'queued' });
	copy.write('example.ts', copy.read('example.ts').replace('http://127.0.0.1:3000', url));
	expect(await copy.run('./example.ts')).toEqual({ code: 0, text: 'keywords 0\n' });
});
