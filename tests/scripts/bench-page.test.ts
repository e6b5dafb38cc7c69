import { once } from 'node:events';
import { get, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { mainThreadTasks } from '../../bench/browser.ts';
import { environment } from '../../bench/built-app.ts';
import { Remote } from '../../bench/process.ts';
import { reportOf } from '../../bench/report-text.ts';

const script = JSON.stringify({ deltas: 12, size: 50, everyMs: 0 });

async function startProvider(): Promise<{ provider: Remote; address: URL }> {
	const provider = await Remote.start('./model-server.ts');
	onTestFinished(() => provider.stop());
	return { provider, address: new URL(await provider.call<string>('address')) };
}

/** The `data` of each event with this name. */
async function eventsOf(response: IncomingMessage, name: string): Promise<string[]> {
	let text = '';
	for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
	return text.split('\n\n').flatMap((frame) => {
		const [, data] = new RegExp(`^event: ${name}\ndata: (.*)$`).exec(frame) ?? [];
		return data === undefined ? [] : [data];
	});
}

async function ask(address: URL, input: string): Promise<string> {
	const sent = request(`${address.href}/responses`, { method: 'POST' });
	sent.end(JSON.stringify({ model: 'bench', input, stream: true }));
	const [response] = (await once(sent, 'response')) as [IncomingMessage];
	const deltas = await eventsOf(response, 'response.output_text.delta');
	return deltas.map((data) => (JSON.parse(data) as { delta: string }).delta).join('');
}

async function askAsWhole(address: URL): Promise<string> {
	const sent = get(`${address.origin}/whole/events?when=delta&script=${encodeURIComponent(script)}`);
	const [response] = (await once(sent, 'response')) as [IncomingMessage];
	const deltas = await eventsOf(response, 'delta');
	return deltas.map((data) => JSON.parse(data) as string).join('');
}

test('IR-03 the report of the benchmark is exactly as long as asked, and a shorter one is its beginning', () => {
	const long = reportOf(100_000);
	expect(long).toHaveLength(100_000);
	expect(long.startsWith(reportOf(1_234))).toBe(true);
	expect(reportOf(1_234)).toHaveLength(1_234);
	for (const mark of ['\n## ', '\n- ', '\n1. ', '\n| --- ', '\n```python', '\n> ', '**', '](https://'])
		expect(long).toContain(mark);
});

test('IR-03 the app and the page that renders the whole are given the same text, once both are told to go', async () => {
	const { provider, address } = await startProvider();
	const texts = Promise.all([ask(address, `Write. ${script}`), askAsWhole(address)]);
	let released = 0;
	await expect.poll(async () => (released += await provider.call<number>('go')), { timeout: 10_000 }).toBe(2);
	expect(await texts).toEqual([reportOf(600), reportOf(600)]);
});

test('RS-09 the provider of the benchmark answers a plain question at once', async () => {
	const { address } = await startProvider();
	expect(await ask(address, 'Why does the sea rise?')).toBe(reportOf(120));
});

const thread = (pid: number, tid: number, name: string) => ({ name: 'thread_name', ph: 'M', pid, tid, args: { name } });
const task = (pid: number, tid: number, dur: number) => ({ name: 'RunTask', ph: 'X', pid, tid, dur });
const trace = (...traceEvents: object[]) => Buffer.from(JSON.stringify({ traceEvents }));

test('IR-03 only tasks of a main thread count in the benchmark, in milliseconds', () => {
	const threads = [thread(1, 1, 'CrRendererMain'), thread(1, 2, 'Compositor'), thread(2, 1, 'CrBrowserMain')];
	const tasks = [task(1, 1, 12_000), task(1, 2, 90_000), task(2, 1, 80_000), task(1, 1, 51_500)];
	const other = { name: 'FunctionCall', ph: 'X', pid: 1, tid: 1, dur: 70_000 };
	expect(mainThreadTasks(trace(...threads, ...tasks, other))).toEqual([12, 51.5]);
});

test('IR-03 a trace without a task of a main thread is refused, not taken for a good figure', () => {
	expect(() => mainThreadTasks(trace(thread(1, 2, 'Compositor'), task(1, 2, 5_000)))).toThrow('no tasks');
});

test("DC-07 no measured process is given a person's own keys and settings", () => {
	const before = { ...process.env };
	onTestFinished(() => {
		process.env = before;
	});
	process.env = {
		...before,
		OPENAI_API_KEY: 'mine',
		XAI_API_KEY: 'mine',
		HEADWAY_PROVIDER: 'xai',
		NODE_OPTIONS: '-r x'
	};
	const given = environment({ HEADWAY_DATA: '/tmp/bench' });
	expect(Object.keys(given).filter((name) => /API_KEY|^HEADWAY_|NODE_OPTIONS/.test(name))).toEqual(['HEADWAY_DATA']);
	expect(given['PATH']).toBe(process.env['PATH']);
});
