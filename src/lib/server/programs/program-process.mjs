// The process that runs a program: one request on its standard input, an answer for each grid on its standard output, each
// on a line. It is plain JavaScript because its text is started as it stands (see program-process.ts). The program itself
// runs in QuickJS, whose world has nothing of this one but a place to write to.
import { Worker } from 'node:worker_threads';

async function input() {
	let text = '';
	for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
	return text;
}

function answer(value) {
	return new Promise((resolve) => process.stdout.write(`${JSON.stringify(value)}\n`, resolve));
}

/**
 * A thread of its own ends this process when a program runs past its time inside something of the engine's that cannot be
 * interrupted, such as a search in a long list, and says how long it ran. `begun` is when the program did, in ms of the clock
 * that never jumps, 0 between two; and how much of the processor the process had taken until then.
 */
function watch() {
	const code = `import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
const { begun, ms, wallMs } = workerData;
setInterval(() => {
	const since = begun[0];
	if (since === 0) return;
	const { user, system } = process.cpuUsage();
	const spent = (user + system) / 1000 - begun[1];
	const isLate = spent > ms || Number(process.hrtime.bigint() / 1000000n) - since > wallMs;
	if (!isLate) return;
	writeSync(2, 'spent:' + Math.round(spent) + ';');
	process.kill(process.pid, 'SIGKILL');
}, 25);`;
	const begun = new Float64Array(new SharedArrayBuffer(16));
	// Without the arguments of its process, or it would begin with what guards that.
	const workerData = { begun, ms: limits.ms + LATE_MS, wallMs: limits.wallMs + LATE_MS };
	new Worker(code, { eval: true, execArgv: ['--input-type=module'], workerData }).unref();
	return begun;
}

/** Milliseconds of the processor that this thread, or the whole process, has taken. */
const taken = ({ user, system }) => (user + system) / 1_000;

/** A program's time is the processor's: a busy machine must not cut one that had little of it. By the clock it has more. `isUp` says why it is up. */
class Allowance {
	isUp = null;
	#begun = taken(process.threadCpuUsage());
	#until = performance.now() + limits.wallMs;
	/** By the clock: it cannot have used up before what is left to it. */
	#look = Math.min(performance.now() + limits.ms, this.#until);

	get spent() {
		return taken(process.threadCpuUsage()) - this.#begun;
	}

	look() {
		const now = performance.now();
		if (this.isUp !== null || now < this.#look) return this.isUp !== null;
		const left = limits.ms - this.spent;
		this.#look = Math.min(now + Math.max(left, 1), this.#until);
		if (left <= 0) this.isUp = `It ran for more than ${limits.ms / 1_000} s.`;
		else if (now > this.#until) this.isUp = `It was not done after ${limits.wallMs / 1_000} s: the server is busy.`;
		return this.isUp !== null;
	}
}

/** One grid in a world of its own: what a program leaves behind is gone with it. */
async function run(grid) {
	const log = { text: '' };
	const spent = { time: null, memory: null };
	// All of the language but the clock.
	const vm = (await newRuntime(spent)).newContext({ intrinsics: { ...core.DefaultIntrinsics, Date: false } });
	spent.time = new Allowance();
	watched[1] = taken(process.cpuUsage());
	watched[0] = Number(process.hrtime.bigint() / 1_000_000n);
	const told = attempt(vm, grid, log, spent);
	watched[0] = 0;
	const ms = spent.time.spent;
	// What the engine took is given back only then.
	globalThis.gc?.();
	return { output: null, error: null, ...told, log: log.text, ms };
}

function attempt(vm, grid, log, spent) {
	try {
		return outcome(vm, grid, log, spent);
	} catch (error) {
		// The engine itself gave up: so deep were the calls.
		return fault('thrown', error instanceof RangeError ? TOO_DEEP : 'It broke the engine that runs it.');
	}
}

// How long an engine that is asked to stop may take for it, and other threads beside it: compiling the engine itself goes on
// beside a program, and took 0.14 s of the processor where it was measured.
const LATE_MS = 300;

// Bytes of a page of WebAssembly's memory, and how many the engine begins with at least.
const PAGE = 65_536;
const FIRST_PAGES = 256;

async function newRuntime(spent) {
	// All that the engine can have, the program included: it does not count what programs take.
	const wasmMemory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: limits.bytes / PAGE });
	spent.memory = wasmMemory;
	const module = await core.newQuickJSWASMModuleFromVariant(core.newVariant(variant, { wasmMemory }));
	const runtime = module.newRuntime();
	runtime.setMaxStackSize(limits.stackBytes);
	runtime.setInterruptHandler(() => spent.time?.look() ?? false);
	return runtime;
}

// What the engine calls a thing that it had no room to make.
const NOTHING = '[unsupported type]';

const TOO_DEEP = 'It calls itself too deeply.';

// What the program is called by: made before it runs, from parts that it cannot change, and out of its reach. It gives text
// alone, so nothing that the program made is ever looked at from outside.
const CALLER = `((write, most) => {
	const { isArray } = Array;
	const { stringify } = JSON;
	const text = String;
	const cut = Function.prototype.call.bind(String.prototype.slice);
	const shown = (value) => {
		try {
			return text(typeof value === 'object' ? stringify(value) : value);
		} catch {
			return '?';
		}
	};
	let room = most;
	const log = (...values) => {
		if (room <= 0) return;
		let line = '';
		for (let at = 0; at < values.length; at++) line += (at > 0 ? ' ' : '') + cut(shown(values[at]), 0, most);
		line = cut(line, 0, room) + '\\n';
		room -= line.length;
		write(line);
	};
	globalThis.console = { log, info: log, warn: log, error: log, debug: log };
	// The length of a Proxy is what it says, a text of megabytes too.
	const count = (length) => cut(text(length), 0, 40);
	const rowText = (row, y, width) => {
		if (!isArray(row)) return '!Row ' + (y + 1) + ' of what it gave is not a list of cells.';
		const { length } = row;
		if (length !== width) return '!Row ' + (y + 1) + ' has ' + count(length) + ' cells and the first has ' + width + '.';
		let line = '';
		for (let x = 0; x < width; x++) {
			const cell = row[x];
			if (typeof cell !== 'number' || (cell | 0) !== cell || cell < 0 || cell > 9)
				return '!The cell in row ' + (y + 1) + ', column ' + (x + 1) + ' is not a whole number from 0 to 9.';
			line += cell;
		}
		return line;
	};
	const gridText = (made) => {
		if (typeof made === 'object' && made !== null && typeof made.then === 'function')
			return '!It gave a promise. It must give the grid itself.';
		if (!isArray(made)) return '!It gave no grid, but ' + (made === null ? 'null' : typeof made) + '.';
		const height = made.length;
		if (typeof height !== 'number' || !(height >= 1 && height <= 30))
			return '!It gave ' + count(height) + ' rows. A grid has 1 to 30.';
		const first = made[0];
		const width = isArray(first) ? first.length : 0;
		if (typeof width !== 'number' || !(width >= 1 && width <= 30))
			return '!The first row of what it gave has ' + count(width) + ' cells. A row has 1 to 30.';
		let whole = '';
		for (let y = 0; y < height; y++) {
			const line = rowText(made[y], y, width);
			if (line[0] === '!') return line;
			whole += (y > 0 ? '/' : '') + line;
		}
		return whole;
	};
	const rows = (line) => {
		const grid = [];
		for (let at = 0; at < line.length; at++)
			if (line[at] === '/' || at === 0) grid[grid.length] = line[at] === '/' ? [] : [+line[at]];
			else grid[grid.length - 1][grid[grid.length - 1].length] = +line[at];
		return grid;
	};
	const part = (value) => cut(text(value ?? ''), 0, 500);
	const tell = (error) => {
		try {
			if (typeof error !== 'object' || error === null) return '\\n' + part(error) + '\\n';
			return part(error.name) + '\\n' + part(error.message) + '\\n' + part(error.stack);
		} catch {
			return '\\nIt threw something that cannot be read.\\n';
		}
	};
	// A program gives the same each time that it is run, or its results on the pairs would say nothing about the tests.
	let seed = 1;
	Math.random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
	let given = null;
	return (what, value) => {
		if (what === 'tell') return tell(value);
		if (what === 'grid') return void (given = rows(value));
		return gridText(value(given));
	};
})`;

function outcome(vm, grid, log, spent) {
	const call = callerOf(vm, log);
	const failed = (result) => faultOf(vm, call, result.error, spent);
	const text = grid.map((row) => row.join('')).join('/');
	const given = vm.callFunction(call, vm.undefined, vm.newString('grid'), vm.newString(text));
	if (given.error) return failed(given);
	// Not as a module, whose functions nobody finds: one that exports is told that it cannot.
	const evaluated = vm.evalCode(source, 'program.js', { type: 'global' });
	if (evaluated.error) return failed(evaluated);
	const found = vm.evalCode("typeof solve === 'function' ? solve : undefined");
	if (found.error) return failed(found);
	if (vm.typeof(found.value) !== 'function') return fault('no_grid', 'There is no function solve(grid).');
	const made = vm.callFunction(call, vm.undefined, vm.newString('solve'), found.value);
	if (made.error) return failed(made);
	const answered = vm.getString(made.value);
	if (answered.startsWith('!')) return fault('no_grid', answered.slice(1));
	return { output: answered.split('/').map((row) => [...row].map(Number)) };
}

function callerOf(vm, log) {
	const write = vm.newFunction('write', (line) => {
		if (log.text.length < limits.log) log.text = (log.text + vm.getString(line)).slice(0, limits.log);
	});
	const maker = vm.unwrapResult(vm.evalCode(CALLER, 'caller.js'));
	return vm.unwrapResult(vm.callFunction(maker, vm.undefined, write, vm.newNumber(limits.log)));
}

function fault(kind, message, line = null) {
	return { error: { kind, message, line } };
}

function faultOf(vm, call, error, spent) {
	if (spent.time.isUp) return fault('timeout', spent.time.isUp);
	const told = vm.callFunction(call, vm.undefined, vm.newString('tell'), error);
	const [name = '', message = '', ...stack] = (told.error ? '' : vm.getString(told.value)).split('\n');
	if (spent.time.isUp) return fault('timeout', spent.time.isUp);
	// What a program threw says of its place what it likes.
	const line = Number(/program\.js:(\d{1,6})\b/.exec(stack.join('\n'))?.[1] ?? NaN) || null;
	// With nothing left there is no error to throw either.
	const isNothing = !name && (!message || message === NOTHING);
	const isEmpty = told.error || (isNothing && spent.memory.buffer.byteLength > 0.75 * limits.bytes);
	if (isEmpty || (name === 'InternalError' && message.startsWith('out of memory')))
		return fault('memory', `It needed more than ${limits.bytes / 1024 ** 2} MB.`, line);
	if (name === 'InternalError' && message === 'stack overflow') return fault('thrown', TOO_DEEP, line);
	const words = [name, message].filter(Boolean).join(': ') || 'It threw something without a message.';
	return fault(name === 'SyntaxError' ? 'syntax' : 'thrown', words, line);
}

const { source, grids, limits, modules } = JSON.parse(await input());
const watched = watch();
const core = await import(modules.core);
const { default: exported } = await import(modules.variant);
const variant = exported.default ?? exported;
await answer({ ready: true });
for (const grid of grids) await answer(await run(grid));
process.exit(0);
