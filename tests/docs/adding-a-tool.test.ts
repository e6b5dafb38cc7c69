import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { OperationRun } from '$lib/operations/operation.ts';
import type { createApp } from '$lib/server/app.ts';
import { readConfig } from '$lib/server/config.ts';
import { ended, temporaryFolder } from '../support/app.ts';
import type { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, read } from './documents.ts';
import { ProjectCopy } from './project-copy.ts';
import { hasCurl, shell } from './shell.ts';

// The first use of the copy builds what it loads, on two cores that others use too.
vi.setConfig({ testTimeout: 120_000 });

const guide = codeBlocks(read('docs/adding-a-tool.md'));
const list = 'src/lib/tools/index.ts';
let copy: ProjectCopy;

beforeAll(() => {
	copy = new ProjectCopy();
	for (const { file, info, code } of guide) {
		if (file && info === 'diff') copy.write(file, patched(copy.read(file), code));
		else if (file) copy.write(file, code);
	}
});
afterAll(() => copy.remove());

/** A text with a diff of added lines: each goes behind the line that stands before it there, an import to the others. */
function patched(text: string, diff: string): string {
	const [imported = '', before = '', added = ''] = diff.trimEnd().split('\n');
	const place = `${before.slice(1)}\n`;
	if (!text.includes(place)) throw new Error('The diff does not fit the list.');
	return `${imported.slice(1)}\n${text.replace(place, `${place}${added.slice(1)}\n`)}`;
}

/** The app of the copy, served on a real port. */
async function servedCopy() {
	const runs = await copy.load<{ operationRuns(): Record<string, OperationRun> }>(
		'/src/lib/operations/index.server.ts'
	);
	const server = await copy.load<{ createApp: typeof createApp }>('/src/lib/server/app.ts');
	const settings = { HEADWAY_DATA: temporaryFolder(), LOG_LEVEL: 'silent', HEADWAY_DEMO_PACE: '40' };
	const app = await server.createApp({ config: readConfig(settings), runs: runs.operationRuns() });
	onTestFinished(() => app.close());
	const routes = await copy.load<{ serveRoutes: typeof serveRoutes }>('/tests/support/route-server.ts');
	return { app, url: await routes.serveRoutes(app) };
}

test('OP-11 the code of the guide to tools compiles as it stands', async () => {
	const files = guide.flatMap(({ file, info }) => (file && info === 'ts' ? file : []));
	expect(files).toEqual(['src/lib/tools/dice/model.ts', 'src/lib/tools/dice/run.server.ts']);
	const { code, text } = await copy.compile('tsc', [...files, list]);
	expect(text).toBe('');
	expect(code).toBe(0);
});

test('OP-11 a tool is one folder and one line of the list', () => {
	const had = new Set(read(list).split('\n'));
	const added = copy
		.read(list)
		.split('\n')
		.filter((line) => !had.has(line) && !line.startsWith('import '));
	expect(added).toEqual(['\tdice,']);
});

test.skipIf(!hasCurl)(
	'OP-11 OP-04 the tool of the guide runs as the guide calls it, and every list has it',
	async () => {
		const { app, url } = await servedCopy();
		const [curl] = guide.filter(({ info }) => info === 'sh');
		const { id } = JSON.parse((await shell(curl?.code ?? '', url)).out) as { id: string };
		const job = await ended(app, id);
		expect(job.error).toBeNull();
		expect(job.result).toMatchObject({ complete: true, tools: [{ tool: 'dice', state: 'completed' }] });
		const [call] = (job.result as { tools: { text: string; summary: string; title: string }[] }).tools;
		expect(call?.title).toBe('Throw 2 × 6 sides');
		expect(call?.text).toMatch(/^The dice show [1-6], [1-6]: \d+ in all\.$/);
		const { tools } = (await (await fetch(`${url}/api/tools`)).json()) as { tools: { id: string }[] };
		expect(tools.map((tool) => tool.id)).toContain('dice');
	}
);

test.skipIf(!hasCurl)('OP-11 the schema of the guide’s tool refuses what does not fit, in its own words', async () => {
	const { app, url } = await servedCopy();
	const [curl] = guide.filter(({ info }) => info === 'sh');
	const wrong = (curl?.code ?? '').replace('{"count":2}', '{"count":21}');
	const { id } = JSON.parse((await shell(wrong, url)).out) as { id: string };
	const job = await ended(app, id);
	expect(job.result).toMatchObject({ complete: false, tools: [{ state: 'failed' }] });
	const [call] = (job.result as { tools: { problem: string }[] }).tools;
	expect(call?.problem).toContain('At most 20 dice.');
});
