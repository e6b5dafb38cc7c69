import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { ProgramRun } from '$lib/operations/programs.ts';
import type { Grid } from '$lib/puzzles/grid.ts';
import { ProgramSandbox } from '$lib/server/programs/program-sandbox.ts';
import { escapes, large, missing, solve } from '../../../support/escapes.ts';

// Each starts processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const grid: Grid = [
	[1, 2],
	[3, 4]
];
const never = new AbortController().signal;

async function run(source: string, given: Grid = grid): Promise<ProgramRun> {
	const [only] = await new ProgramSandbox().run(source, [given], never);
	return only!;
}

describe('a program', () => {
	test('TS-06 gives a grid for each grid, and what it wrote on the way', async () => {
		const source = solve("console.log('rows', grid.length, { a: [1] });\nreturn grid.map((row) => row.reverse());");
		const runs = await new ProgramSandbox().run(source, [grid, [[5, 6, 7]]], never);
		expect(runs.map(({ output }) => output)).toEqual([
			[
				[2, 1],
				[4, 3]
			],
			[[7, 6, 5]]
		]);
		expect(runs.map(({ log }) => log)).toEqual(['rows 2 {"a":[1]}\n', 'rows 1 {"a":[1]}\n']);
		expect(runs.every(({ error, ms }) => error === null && ms >= 0)).toBe(true);
	});

	test('TS-06 may be a function of any kind, and have others beside it', async () => {
		const source = 'const flip = (row) => [...row].reverse();\nconst solve = (grid) => grid.map(flip);';
		expect((await run(source)).output).toEqual([
			[2, 1],
			[4, 3]
		]);
	});

	test('TS-06 may call itself as often as a grid has cells', async () => {
		const body =
			'let n = 0;\nconst go = (k) => (n++, k > 1 ? [k].map(() => go(k - 1))[0] : n);\nreturn [[go(900) % 10]];';
		expect((await run(solve(body))).output).toEqual([[0]]);
	});

	test('TS-06 that starts anew for each grid finds nothing that an earlier one left', async () => {
		const source = solve('globalThis.seen = (globalThis.seen ?? 0) + 1;\nreturn [[seen]];');
		const runs = await new ProgramSandbox().run(source, [grid, grid, grid], never);
		expect(runs.map(({ output }) => output)).toEqual([[[1]], [[1]], [[1]]]);
	});

	test.for<[string, string, object]>([
		['that is no JavaScript', 'function solve(grid) {\n\tlet a = ;\n}', { kind: 'syntax', line: 2 }],
		[
			'that throws',
			solve('\nthrow new TypeError("no such colour");'),
			{ kind: 'thrown', message: 'TypeError: no such colour', line: 3 }
		],
		['that exports its function', 'export function solve(grid) {\n\treturn grid;\n}', { kind: 'syntax', line: 1 }],
		['that throws a text', solve('throw "out";'), { kind: 'thrown', message: 'out' }],
		['without `solve`', 'const other = 1;', { kind: 'no_grid', message: 'There is no function solve(grid).' }],
		['that gives nothing', solve(''), { kind: 'no_grid', message: 'It gave no grid, but undefined.' }],
		[
			'that gives a ragged grid',
			solve('return [[1, 2], [3]];'),
			{ kind: 'no_grid', message: 'Row 2 has 1 cells and the first has 2.' }
		],
		[
			'that gives a colour that there is not',
			solve('return [[1, 10]];'),
			{ kind: 'no_grid', message: expect.stringContaining('row 1, column 2') }
		],
		['that gives half a colour', solve('return [[0.5]];'), { kind: 'no_grid' }],
		['that gives cells as text', solve('return [["1"]];'), { kind: 'no_grid' }],
		[
			'that gives 31 rows',
			solve('return Array.from({ length: 31 }, () => [1]);'),
			{ kind: 'no_grid', message: 'It gave 31 rows. A grid has 1 to 30.' }
		],
		['that gives no rows', solve('return [];'), { kind: 'no_grid' }],
		[
			'that gives a promise',
			'async function solve(grid) { return grid; }',
			{ kind: 'no_grid', message: expect.stringContaining('promise') }
		],
		[
			'that waits',
			solve('setTimeout(() => 1, 10);\nreturn grid;'),
			{ kind: 'thrown', message: expect.stringContaining('setTimeout'), line: 2 }
		]
	])('TS-06 %s has failed, in a sentence and with the line where that is known', async ([, source, error]) => {
		expect(await run(source)).toMatchObject({ output: null, error });
	});

	test('TS-06 that fails on one grid still runs on the others', async () => {
		const source = solve('if (grid.length === 1) for (;;);\nreturn grid;');
		const runs = await new ProgramSandbox({ ms: 300 }).run(source, [grid, [[1]], grid], never);
		expect(runs.map(({ output }) => output)).toEqual([grid, null, grid]);
		expect(runs[1]!.error).toMatchObject({ kind: 'timeout', message: 'It ran for more than 0.3 s.' });
	});
});

describe('a program on a busy machine', () => {
	/** Runs it while its process goes on for a twentieth of a second at a time, and stands still for a quarter after each. */
	async function slowed(sandbox: ProgramSandbox, source: string): Promise<ProgramRun & { wall: number }> {
		const before = new Set(children());
		const begun = performance.now();
		let over = false;
		const running = sandbox.run(source, [grid], never).finally(() => (over = true));
		const signal = (name: NodeJS.Signals) => {
			for (const pid of children()) if (!before.has(pid)) process.kill(Number(pid), name);
		};
		for (let goes = true; !over; goes = !goes) {
			signal(goes ? 'SIGCONT' : 'SIGSTOP');
			await setTimeout(goes ? 50 : 250);
		}
		return { ...(await running)[0]!, wall: performance.now() - begun };
	}
	const turns = (count: number) => solve(`let n = 0;\nwhile (n < ${count}) n++;\nreturn [[n % 10]];`);

	test('TS-06 has its second of the processor, however long that takes by the clock', async () => {
		const { ms } = await run(turns(1e6));
		const count = Math.round((400 / Math.max(ms, 1)) * 1e5) * 10;
		const { output, error, ms: spent, wall } = await slowed(new ProgramSandbox(), turns(count));
		expect(error).toBeNull();
		expect(output).toEqual([[0]]);
		expect(wall).toBeGreaterThan(1_500);
		expect(spent).toBeLessThan(1_000);
	});
});

describe('a program that wants out', () => {
	test.for(escapes)('CX-15 %s is ended within 1 s and 64 MB, and its sentence says why', async ([, source, fate]) => {
		// On a slow machine its time would be up before the memory is full.
		const sandbox = new ProgramSandbox(fate === large ? { ms: 10_000 } : {});
		const [{ output, error, ms }] = (await sandbox.run(source, [grid], never)) as [ProgramRun];
		expect(output).toBeNull();
		if (fate.kind) expect(error?.kind).toBe(fate.kind);
		expect(error?.message).toContain(fate.message ?? '');
		expect(error?.message).not.toContain('unsupported');
		expect(ms).toBeLessThan(fate === large ? 10_000 : 1_500);
	});

	test('CX-15 what it wrote before its time was up is kept', async () => {
		const { error, log } = await run(solve("console.log('step', 1);\nfor (;;);"));
		expect({ kind: error?.kind, log }).toEqual({ kind: 'timeout', log: 'step 1\n' });
	});

	test.for(missing)('TS-06 %s is not there', async ([, expression]) => {
		const source = solve(`const found = ${expression};\nconsole.log(typeof found);\nreturn found;`);
		const { output, error, log } = await run(source);
		expect(output).toBeNull();
		expect(error?.kind).toBe('thrown');
		expect(log).toBe('');
	});

	test('TS-06 a module is not there, and what is put off to later never runs', async () => {
		const source = solve(
			"import('node:fs').then(console.log, console.log);\nconst again = () => Promise.resolve().then(again);\nagain();\nreturn grid;"
		);
		expect(await run(source)).toMatchObject({ output: grid, error: null, log: '' });
	});

	test('TS-06 a program gives the same each time: chance is not there either', async () => {
		const source = solve('return [Array.from({ length: 30 }, () => Math.floor(Math.random() * 10))];');
		const runs = await new ProgramSandbox().run(source, [grid, grid], never);
		expect(runs[0]!.output).toEqual(runs[1]!.output);
		expect(new Set(runs[0]!.output![0]).size).toBeGreaterThan(5);
		expect((await run(source)).output).toEqual(runs[0]!.output);
	});

	test('TS-06 what it is told of where it runs has no place of this machine', async () => {
		const source = solve(
			"console.log(new Error('x').stack);\nconsole.log(Object.getOwnPropertyNames(globalThis).join(' '));\nthrow new Error('y');"
		);
		const { log, error } = await run(source);
		expect(log).toContain('program.js');
		expect(log + error!.message).not.toMatch(/\/|node_modules|process|\bDate\b/);
	});

	test('TS-06 tricks with prototypes change nothing but its own world', async () => {
		const tricks = `Object.prototype.toJSON = () => 'x';
Object.prototype.output = [[9]];
Object.defineProperty(Object.prototype, 'error', { get: () => null, set() {} });
Array.prototype.map = () => [[8]];
Array.prototype.join = () => '7';
Array.isArray = () => true;
String.prototype.slice = () => '!';
String.prototype.split = () => ['6'];
Array.prototype[Symbol.iterator] = function* () { yield 5; };
JSON.stringify = JSON.parse = () => '[[4]]';
Number.isInteger = () => true;
RegExp.prototype.exec = () => null;
`;
		expect(await run(`${tricks}${solve('return [[1, 2]];')}`)).toMatchObject({ output: [[1, 2]], error: null });
		expect(await run(`${tricks}${solve('return "grid";')}`)).toMatchObject({
			output: null,
			error: { kind: 'no_grid', message: 'It gave no grid, but string.' }
		});
		expect(await run(solve('return [[1, 2]];'))).toMatchObject({ output: [[1, 2]], error: null });
		expect(({} as { output?: unknown }).output).toBeUndefined();
	});

	test('TS-06 a log is kept up to 2,000 characters, however much is written', async () => {
		const { output, log } = await run(solve("for (let n = 0; n < 1e4; n++) console.log('line', n);\nreturn grid;"));
		expect(output).toEqual(grid);
		expect(log).toHaveLength(2_000);
		const long = await run(solve("console.log('x'.repeat(1e7));\nreturn grid;"));
		expect(long.log).toHaveLength(2_000);
	});

	test('TS-06 the memory that it gets is 64 MB in all, whatever it is taken for', async () => {
		const most = (piece: string, size: number) =>
			run(
				solve(
					`const all = [];\ntry { for (;;) all.push(${piece}); } catch {}\nconst mb = Math.round(all.length * ${size} / 1e6);\nall.length = 0;\nconsole.log(mb);\nreturn grid;`
				)
			);
		for (const [piece, size] of [
			['new Uint8Array(1e6)', 1e6],
			['new ArrayBuffer(1e5)', 1e5],
			["'x'.repeat(1e6) + all.length", 1e6]
		] as const) {
			const { log, output } = await most(piece, size);
			expect(output).toEqual(grid);
			expect(Number(log)).toBeGreaterThan(30);
			expect(Number(log)).toBeLessThanOrEqual(67);
		}
	});

	test('CX-15 cancel in the middle ends it within 2 s, and nothing stays', async () => {
		const control = new AbortController();
		const before = children();
		const running = new ProgramSandbox({ ms: 60_000 }).run(solve('for (;;);'), [grid], control.signal);
		running.catch(() => undefined);
		await vi.waitFor(() => expect(children().length).toBeGreaterThan(before.length), 20_000);
		const begun = performance.now();
		control.abort(new Error('not wanted any more'));
		await expect(running).rejects.toThrow('not wanted any more');
		expect(performance.now() - begun).toBeLessThan(2_000);
		await vi.waitFor(() => expect(children()).toEqual(before), 5_000);
	});

	test('CX-15 a server that stops ends what runs and starts nothing', async () => {
		const sandbox = new ProgramSandbox({ ms: 60_000 });
		const running = sandbox.run(solve('for (;;);'), [grid], never);
		const closing = sandbox.close();
		await expect(running).rejects.toMatchObject({ code: 'unavailable' });
		await expect(sandbox.run(solve('return grid;'), [grid], never)).rejects.toMatchObject({ code: 'unavailable' });
		await closing;
	});
});

/** The processes that this one has started and that are not over. */
function children(): string[] {
	return readdirSync('/proc').filter((pid) => {
		try {
			return (
				/^\d+$/.test(pid) &&
				readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1] === String(process.pid)
			);
		} catch {
			return false;
		}
	});
}
