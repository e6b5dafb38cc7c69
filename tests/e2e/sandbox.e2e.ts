import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobSnapshot } from '../../src/lib/jobs/snapshot.ts';
import type { SolverResult, SolverState } from '../../src/lib/operations/solver/model.ts';
import { escapes, large, missing, solve, type Fate } from '../support/escapes.ts';
import { AnsweringServer } from './support/answering-server.ts';
import { eventually } from './support/headway.ts';
import { startServer, type RunningServer } from './support/server.ts';

type Solver = JobSnapshot<SolverState, SolverResult>;

vi.setConfig({ testTimeout: 120_000 });

/** A pair that no program here solves, so that each is asked for. */
const puzzle = { train: [{ input: [[1, 2]], output: [[9]] }], test: [{ input: [[3]] }] };
/** Programs in one job at most: on a busy machine each may take 10 s by the clock, and a job is waited for for a minute. */
const AT_ONCE = 5;

const answer = (source: string) => `A try.\n\n\`\`\`js\n${source}\n\`\`\`\n`;
const endless = answer(solve('for (;;);'));

/** Lists of programs that one job tries. */
function inJobs<T extends readonly [name: string, ...unknown[]]>(list: readonly T[]): { some: T[]; names: string }[] {
	const count = Math.ceil(list.length / AT_ONCE);
	return Array.from({ length: count }, (_, at) => {
		const some = list.slice(at * AT_ONCE, (at + 1) * AT_ONCE);
		return { some, names: some.map(([name]) => name).join(', ') };
	});
}

/** On a slow machine the time may be up before the memory is full. */
const says = (fate: Fate): unknown =>
	fate === large
		? expect.stringMatching(/^It (needed more than 64 MB|ran for more than 1 s)\.$/)
		: expect.stringContaining(fate.message ?? '');

describe('the process in which a program runs, as it ships', () => {
	let provider: AnsweringServer;
	let server: RunningServer;

	beforeAll(async () => {
		provider = await AnsweringServer.start();
		server = await startServer({ env: provider.env });
	});
	afterEach(() => void (provider.isHeld = false));
	afterAll(async () => {
		await server?.stop();
		provider?.close();
	});

	async function start(iterations: number, input: object = { puzzle }): Promise<string> {
		const answered = await fetch(`${server.url}/api/jobs`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ operation: 'solver', input: { ...input, iterations } })
		});
		expect(answered.status).toBe(201);
		return ((await answered.json()) as Solver).id;
	}
	const job = async (id: string, wait = 0) =>
		(await (await fetch(`${server.url}/api/jobs/${id}?wait=${wait}`)).json()) as Solver;
	const runOf = ({ state }: Solver, at: number) => state.iterations[at]!.ran!.runs[0]!;
	/** The processes that the server has started for programs and that are not over. */
	const processes = () => childrenOf(server.pid).filter((pid) => readProc(pid, 'cmdline').includes('--permission'));
	const untilRuns = () =>
		eventually(
			async () => processes(),
			(found) => found.length === 1
		);
	const untilOver = () =>
		eventually(
			async () => processes(),
			(found) => found.length === 0,
			2_000
		);

	test.for(inJobs(escapes))('CX-15 nothing gets past 1 s and 64 MB: $names', async ({ some }) => {
		provider.answers(...some.map(([, source]) => answer(source)));
		const ended = await job(await start(some.length), 55);
		expect(ended.status).toBe('succeeded');
		const came = some.map(([name], at) => ({ name, ...runOf(ended, at) }));
		const sought = some.map(([name, , fate]) => ({ name, output: null, error: says(fate) }));
		expect(came).toMatchObject(sought);
		for (const { name, ms } of came) expect(ms, name).toBeLessThan(1_500);
		await untilOver();
	});

	test.for(inJobs(missing))('TS-06 nothing of the server is in reach: $names', async ({ some }) => {
		const sources = some.map(([, expression]) =>
			solve(`const found = ${expression};\nconsole.log(typeof found);\nreturn found;`)
		);
		provider.answers(...sources.map(answer));
		const ended = await job(await start(some.length), 55);
		for (const [at, [name]] of some.entries())
			expect({ name, ...runOf(ended, at) }).toMatchObject({ name, output: null, log: '', error: expect.any(String) });
	});

	test('TS-06 what a program leaves behind is gone with its pair', async () => {
		const spoils = `Object.prototype.output = [[9]];\nArray.prototype.map = () => [[9]];\nJSON.stringify = () => '[[9]]';\nglobalThis.seen = (globalThis.seen ?? 0) + 1;`;
		provider.answers(answer(`${spoils}\n${solve('return [[seen]];')}`));
		const twice = { puzzle: { ...puzzle, train: [...puzzle.train, ...puzzle.train] } };
		const ended = await job(await start(1, twice), 55);
		expect(ended.state.iterations[0]!.ran!.runs.map(({ output }) => output)).toEqual([[[1]], [[1]]]);
		expect(ended.result).toMatchObject({ prediction: [[[1]]], program: expect.stringContaining('seen') });
	});

	test('TS-06 it may read the engine alone, start nothing, and has no environment', async () => {
		provider.answers(endless);
		const id = await start(10);
		const [pid] = await untilRuns();
		const flags = readProc(pid!, 'cmdline')
			.split('\0')
			.filter((flag) => flag.startsWith('--allow'));
		expect(flags.map((flag) => flag.replace(/=.*node_modules/, '=')).sort()).toEqual([
			...['--allow-fs-read=/@jitl', '--allow-fs-read=/quickjs-emscripten-core', '--allow-worker']
		]);
		expect(readProc(pid!, 'environ')).toBe('');
		await fetch(`${server.url}/api/jobs/${id}/cancel`, { method: 'POST' });
		await job(id, 10);
	});

	test('CX-04 CX-15 a cancel in the middle of a run ends job and process within 2 s', async () => {
		provider.answers(endless);
		const id = await start(10);
		await untilRuns();
		const begun = performance.now();
		await fetch(`${server.url}/api/jobs/${id}/cancel`, { method: 'POST' });
		expect((await job(id, 10)).status).toBe('cancelled');
		await untilOver();
		expect(performance.now() - begun).toBeLessThan(2_000);
	});

	test('CX-04 CX-15 a cancel in the middle of a stream hangs up at the provider within 2 s', async () => {
		provider.answers(endless);
		provider.isHeld = true;
		const { hungUp } = provider;
		const id = await start(1);
		await eventually(
			() => job(id),
			({ content }) => (content['code-1'] ?? '') !== ''
		);
		const begun = performance.now();
		await fetch(`${server.url}/api/jobs/${id}/cancel`, { method: 'POST' });
		await eventually(
			async () => provider.hungUp,
			(count) => count === hungUp + 1,
			2_000
		);
		expect(await job(id, 10)).toMatchObject({
			status: 'cancelled',
			content: { 'code-1': expect.stringContaining('A try') }
		});
		expect(performance.now() - begun).toBeLessThan(2_000);
	});

	test('CX-15 RS-13 a server that is killed takes the process with it; started again it runs the program and asks for nothing twice', async () => {
		provider.answers(answer(solve('for (let n = 0; n < 1e9; n++);\nreturn grid;')), answer(solve('return [[9]];')));
		const id = await start(2);
		const [pid] = await untilRuns();
		const { dataDir, port } = server;
		await server.kill();
		await eventually(
			async () => readProc(pid!, 'stat'),
			(stat) => stat === '' || stat.includes(') Z '),
			2_000
		);
		server = await startServer({ env: provider.env, dataDir, port });
		const ended = await job(id, 55);
		expect(ended).toMatchObject({ status: 'succeeded', result: { confidence: 100, prediction: [[[9]]] } });
		expect(provider.asked).toHaveLength(2);
	});
});

function readProc(pid: string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		return '';
	}
}

function childrenOf(parent: number): string[] {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	return pids.filter((pid) => readProc(pid, 'stat').split(') ').at(-1)?.split(' ')[1] === String(parent));
}
