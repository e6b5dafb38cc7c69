import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobEvent } from '$lib/jobs/event.ts';
import type { JobSnapshot } from '$lib/jobs/snapshot.ts';
import type { App } from '$lib/server/app.ts';
import { ended, makeApp, start, temporaryFolder, until } from '../support/app.ts';
import { serveRoutes } from '../support/route-server.ts';
import { codeBlocks, read } from './documents.ts';
import { ProjectCopy } from './project-copy.ts';
import { documentedAddress, hasCurl, shell, startShell } from './shell.ts';

vi.setConfig({ testTimeout: 60_000 });

const pages = { readme: codeBlocks(read('README.md')), api: codeBlocks(read('docs/http-api.md')) };
const quick = { query: 'How does caffeine affect sleep?', depth: 'quick' };
/** The examples of each page that a test below runs, by a text that only one has. */
const shared = {
	start: 'Idempotency-Key',
	watch: '$JOB/events',
	wait: '?wait=60',
	oneRequest: 'onDisconnect',
	cancel: '/cancel',
	eventSource: 'response_id=RESPONSE_ID'
};
const readmeOnly = { chat: '/api/chat', knowledge: '-F file', completions: '/v1/chat/completions' };
const apiOnly = {
	retry: '/retry',
	batch: '"inputs":',
	variants: '"vary":{"depth"',
	puzzles: '"vary":{"puzzleId"',
	batchForecast: '/api/batches/forecast',
	batchParts: '/api/batches/$JOB',
	list: '?status=',
	download: 'curl -sO',
	range: '-r 0-99',
	uploadForm: '-F ',
	uploadBody: '--data-binary',
	problem: '"query":"?"',
	nextMessage: 'conversationId',
	exported: '/api/conversations/',
	openai: "from 'openai'",
	fetch: 'TextDecoderStream',
	trpc: 'createTRPCClient'
};
const tested = { readme: { ...shared, ...readmeOnly }, api: { ...shared, ...apiOnly } };
type Page = keyof typeof tested;

/** What a reader could run. */
const examplesOf = (page: Page) => pages[page].filter(({ info }) => /^(sh|js|ts)$/.test(info)).map(({ code }) => code);

/** The code of one example. */
function example<P extends Page>(page: P, name: keyof (typeof tested)[P] & string): string {
	const text = (tested[page] as Record<string, string>)[name] ?? '';
	const [code, ...others] = examplesOf(page).filter((one) => one.includes(text));
	if (code === undefined || others.length > 0) throw new Error(`Not exactly one example of ${page} has ${text}`);
	return code;
}

/** A served app: fast enough to wait for, or at the demo's own pace, so that a job still runs when it is stopped. */
async function serve(pace: 'fast' | 'slow' = 'fast'): Promise<{ app: App; url: string }> {
	const app = await makeApp(pace === 'fast' ? {} : { env: { HEADWAY_DEMO_PACE: '1' } });
	return { app, url: await serveRoutes(app) };
}

const eventsIn = (sse: string) =>
	[...sse.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as JobEvent);
const durable = (events: JobEvent[]) => events.filter(({ seq }) => seq !== null);

describe.skipIf(!hasCurl).each(['readme', 'api'] as const)('the shell examples of %s', (page) => {
	test('DC-07 start: the same key gives the same job, and another body with it a conflict', async () => {
		const { url } = await serve();
		const code = example(page, 'start');
		const first = JSON.parse((await shell(code, url)).out) as JobSnapshot;
		expect(first).toMatchObject({ operation: 'research', status: 'queued', input: quick });
		expect((JSON.parse((await shell(code, url)).out) as JobSnapshot).id).toBe(first.id);
		const other = await shell(code.replace('caffeine affect', 'light affect'), url);
		expect(JSON.parse(other.out)).toMatchObject({ code: 'idempotency_conflict', status: 409 });
	});

	test('DC-07 watch: every event from the first to the last, as Server-Sent Events', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		const { out } = await shell(example(page, 'watch'), url, { JOB: id });
		expect(out).toMatch(/^retry: 3000\n/);
		const events = durable(eventsIn(out));
		expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
		expect(events.at(-1)).toMatchObject({ type: 'done', data: { resultAvailable: true } });
	});

	test('OP-06 wait: the snapshot with the result', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		const { out } = await shell(example(page, 'wait'), url, { JOB: id });
		expect(JSON.parse(out)).toMatchObject({ id, status: 'succeeded', progress: { fraction: 1 } });
	});

	test('CX-16 hanging up the one-request stream cancels its job', async () => {
		const { app, url } = await serve('slow');
		const { over, says, hangUp } = startShell(example(page, 'oneRequest'), url);
		await says(/event: response/);
		hangUp();
		const [event] = eventsIn((await over).out);
		const job = await ended(app, event?.jobId ?? '');
		expect(job).toMatchObject({ status: 'cancelled', cancelReason: 'disconnect', receipt: { provider: 'confirmed' } });
	});

	test('CX-16 without the option the job goes on', async () => {
		const { app, url } = await serve();
		const code = example(page, 'oneRequest').replace(/,"options":\{.*?\}/, '');
		expect(code).not.toContain('onDisconnect');
		const { over, says, hangUp } = startShell(code, url);
		await says(/event: phase/);
		hangUp();
		const [event] = eventsIn((await over).out);
		expect(await ended(app, event?.jobId ?? '')).toMatchObject({ status: 'succeeded' });
	});

	test('DC-07 cancel: the job ends with a receipt', async () => {
		const { app, url } = await serve('slow');
		const { id } = await start(app, 'research', quick);
		await until(app, id, ({ phase }) => phase !== null);
		const { out } = await shell(example(page, 'cancel'), url, { JOB: id });
		expect(JSON.parse(out)).toMatchObject({ id, cancelReason: 'user' });
		expect(await ended(app, id)).toMatchObject({ status: 'cancelled', receipt: { reason: 'user' } });
	});
});

describe.skipIf(!hasCurl)('the shell examples of a chat', () => {
	test('CH-14 one request streams the plan, the tools and the answer of a turn', async () => {
		const { url } = await serve();
		const { out } = await shell(example('readme', 'chat'), url);
		const names = [...out.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
		expect(names).toEqual(expect.arrayContaining(['stage', 'plan', 'tool', 'token', 'done']));
		const [, data = '{}'] = /^event: done\n(?:id: .*\n)?data: (.*)$/m.exec(out) ?? [];
		const done = JSON.parse(data) as { text: string; tools: { tool: string; state: string }[] };
		expect(done.tools.map(({ tool, state }) => [tool, state])).toEqual([
			['calculator', 'completed'],
			['current_time', 'completed']
		]);
		expect(done.text).toContain('239.88');
	});

	test('CH-14 with Accept: application/json the whole answer comes at once', async () => {
		const { url } = await serve();
		const code = example('readme', 'chat').replace(
			"-H 'Content-Type",
			"-H 'Accept: application/json' -H 'Content-Type"
		);
		const answer = JSON.parse((await shell(code, url)).out) as { status: string; text: string; plan: unknown };
		expect(answer).toMatchObject({ status: 'succeeded', plan: { calls: [{}, {}] } });
		expect(answer.text).toContain('239.88');
	});

	test('CH-05 a document that was added by a form is cited by the next turn', async () => {
		const { app, url } = await serve();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'notes.md'), '# Warranty\n\nThe warranty lasts two years from the day of purchase.\n');
		const { id } = JSON.parse((await shell(example('readme', 'knowledge'), url, {}, folder)).out) as JobSnapshot;
		expect(await ended(app, id)).toMatchObject({ operation: 'ingest', status: 'succeeded' });
		const message = JSON.stringify({ message: 'How long does the warranty last?' });
		const code = example('readme', 'chat').replace(/-d '.*'/, `-d '${message}'`);
		const { out } = await shell(code, url);
		expect(out).toMatch(/^event: citation$/m);
		expect(out).toMatch(/two years from the day of purchase\. \[1\]/);
	});

	test('CH-14 the next message goes on with the conversation, and all of it is exported', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'chat', { message: 'What is 6 * 7?' });
		await ended(app, id);
		const { out } = await shell(example('api', 'nextMessage'), url, { JOB: id });
		expect(out).toContain(`"conversationId":"${id}"`);
		expect(out).toMatch(/^event: done$/m);
		const { out: markdown } = await shell(example('api', 'exported'), url, { JOB: id });
		expect(markdown).toMatch(/^# What is 6 \* 7\?\n\n## You\n/);
		expect(markdown.match(/^## Headway$/gm)).toHaveLength(2);
	});

	test('CH-14 the door for OpenAI’s clients streams the same agent’s answer', async () => {
		const { url } = await serve();
		const { out } = await shell(example('readme', 'completions'), url);
		const chunks = [...out.matchAll(/^data: (\{.*\})$/gm)].map(
			([, data = '']) => JSON.parse(data) as { choices: { delta: { content?: string } }[] }
		);
		expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('42');
		expect(out.trim()).toMatch(/data: \[DONE\]$/);
	});
});

describe.skipIf(!hasCurl)('the other shell examples of the API page', () => {
	test('DC-07 retry and remove: a new job with the same input, and the old one gone', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		const folder = temporaryFolder();
		await shell(example('api', 'retry'), url, { JOB: id }, folder);
		const again = JSON.parse(readFileSync(join(folder, 'again.json'), 'utf8')) as JobSnapshot;
		expect(again).toMatchObject({ retryOf: id, input: quick });
		expect((await fetch(`${url}/api/jobs/${id}`)).status).toBe(404);
	});

	test('OP-08 a batch from a list, one from what varies, and how their parts stand', async () => {
		const { app, url } = await serve();
		const listed = JSON.parse((await shell(example('api', 'batch'), url)).out) as JobSnapshot;
		const varied = JSON.parse((await shell(example('api', 'variants'), url)).out) as JobSnapshot;
		for (const { id } of [listed, varied]) {
			expect(await ended(app, id)).toMatchObject({ operation: 'batch', result: { succeeded: 2 } });
			const { out } = await shell(example('api', 'batchParts'), url, { JOB: id });
			expect(JSON.parse(out)).toMatchObject({ id, children: [{ status: 'succeeded' }, { status: 'succeeded' }] });
		}
	});

	test('BY-08 the forecast of a batch, before it starts', async () => {
		const { app, url } = await serve();
		const { out } = await shell(example('api', 'batchForecast'), url);
		expect(JSON.parse(out)).toMatchObject({ parts: 2, ms: null, usd: { low: 0, high: 0 }, kinds: [{ runs: 0 }, {}] });
		expect((await app.jobs.list('local', {})).jobs).toEqual([]);
	});

	test('OP-08 a batch of puzzles and models, and its results as a file', async () => {
		const { app, url } = await serve();
		const { id } = JSON.parse((await shell(example('api', 'puzzles'), url)).out) as JobSnapshot;
		const { artifacts, result } = await ended(app, id);
		expect(result).toMatchObject({ succeeded: 6 });
		const [file] = artifacts;
		const lines = (await (await fetch(`${url}${file?.url}`)).text()).trim().split('\r\n');
		expect(lines).toHaveLength(7);
		expect(lines[1]).toMatch(/^1,Quarter turn,quarter-turn,demo-research-1,succeeded,[01]/);
	});

	test('DC-07 list and download: the ended job, and its report as a file', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		await ended(app, id);
		const list = JSON.parse((await shell(example('api', 'list'), url)).out) as { jobs: JobSnapshot[] };
		expect(list).toMatchObject({ jobs: [{ id, status: 'succeeded' }], next: null });
		const folder = temporaryFolder();
		await shell(example('api', 'download'), url, { JOB: id }, folder);
		expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(/^# /);
	});

	test('CX-07 a range: the first hundred bytes of a file', async () => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		const { report } = (await ended(app, id)).result as { report: string };
		const folder = temporaryFolder();
		await shell(example('api', 'range'), url, { JOB: id }, folder);
		const beginning = readFileSync(join(folder, 'beginning.md'));
		expect(beginning).toHaveLength(100);
		expect(Buffer.from(report).subarray(0, 100).equals(beginning)).toBe(true);
	});

	test('CX-07 files: sent as a form and as a body, they are stored alike', async () => {
		const { app, url } = await serve();
		const folder = temporaryFolder();
		writeFileSync(join(folder, 'notes.csv'), 'a,b\n1,2\n');
		await shell(example('api', 'uploadForm'), url, {}, folder);
		const asForm = JSON.parse(readFileSync(join(folder, 'stored.json'), 'utf8')) as Record<string, unknown>;
		const asBody = JSON.parse((await shell(example('api', 'uploadBody'), url, {}, folder)).out) as typeof asForm;
		expect(asForm).toMatchObject({ name: 'notes.csv', mediaType: 'text/csv', size: 8, fileId: expect.any(String) });
		expect({ ...asBody, fileId: 0, url: 0, createdAt: 0 }).toEqual({ ...asForm, fileId: 0, url: 0, createdAt: 0 });
		expect((await app.uploads.list('local')).rows).toHaveLength(2);
	});

	test('DC-07 a problem: its code, its sentence, and the field that was wrong', async () => {
		const { url } = await serve();
		const { out } = await shell(example('api', 'problem'), url);
		expect(JSON.parse(out)).toMatchObject({ code: 'invalid_input', status: 400, fields: [{ path: 'input.query' }] });
	});
});

describe('the program examples', () => {
	let copy: ProjectCopy;
	beforeAll(() => {
		copy = new ProjectCopy();
		// Browsers have an EventSource; Node has it in a package.
		copy.write('browser.mjs', "import { EventSource } from 'eventsource';\nglobalThis.EventSource = EventSource;\n");
	});
	afterAll(() => copy.remove());

	/** Runs a program as a browser would, and gives its lines. */
	async function lines(name: string, code: string, url: string): Promise<string[]> {
		const text = code.replaceAll(documentedAddress, url);
		writeFileSync(join(copy.folder, name), `import './browser.mjs';\n${text}`);
		const { code: exit, text: out } = await copy.run(`./${name}`);
		expect(exit, out).toBe(0);
		return out.trim().split('\n');
	}

	test.each(['readme', 'api'] as const)('RS-01 EventSource by response id, in %s', async (page) => {
		const { app, url } = await serve();
		const { id } = await start(app, 'research', quick);
		const { responseId } = await until(app, id, (job) => job.responseId !== null);
		const code = example(page, 'eventSource').replace('RESPONSE_ID', String(responseId));
		const said = await lines('eventsource.mjs', code, url);
		expect(said.at(-1)).toBe(page === 'readme' ? 'done' : 'report: true');
		const report = (await ended(app, id)).result as { report: string };
		const title = page === 'readme' ? (report.report.split('\n')[0] ?? '') : 'search: ';
		// Each piece of the text is a line of its own, wherever the pieces were cut.
		expect(said.join('')).toContain(title);
	});

	test('DC-07 fetch reads the one-request stream to its end', async () => {
		const { url } = await serve();
		const said = await lines('fetch.mjs', example('api', 'fetch'), url);
		expect(said[0]).toBe('queued');
		expect(said).toContain('web_search_call');
		expect(said.at(-1)).toBe('done');
	});

	test('CH-14 the example with OpenAI’s client compiles, and prints the answer', async () => {
		const { url } = await serve();
		const code = example('api', 'openai');
		copy.write('openai.ts', code);
		expect(await copy.compile('tsc', ['openai.ts'])).toEqual({ code: 0, text: '' });
		expect((await lines('openai.ts', code, url)).join('\n')).toContain('42');
	});

	test('DC-01 the tRPC example compiles, and follows its job to the end', async () => {
		const { url } = await serve();
		const code = example('api', 'trpc');
		copy.write('trpc.ts', code);
		expect(await copy.compile('tsc', ['trpc.ts'])).toEqual({ code: 0, text: '' });
		const said = await lines('trpc.ts', code, url);
		expect(said).toContain('started');
		expect(said.slice(-2)).toEqual(['done', 'complete']);
	});
});

test.each(['readme', 'api'] as const)('DC-07 every example of %s is one that a test runs', (page) => {
	const texts = Object.values(tested[page]);
	const examples = examplesOf(page);
	expect(examples.filter((code) => !texts.some((text) => code.includes(text)))).toEqual([]);
	expect(examples).toHaveLength(texts.length);
});
