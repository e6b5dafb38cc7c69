/** A program whose `solve` has this body. */
export const solve = (body: string) => `function solve(grid) {\n${body}\n}`;

/** What comes of a program that wants out: the kind of its fault, and a text that is in its message. */
export interface Fate {
	readonly kind?: 'thrown' | 'timeout' | 'memory' | 'no_grid';
	readonly message?: string;
}

const late: Fate = { kind: 'timeout', message: 'It ran for more than 1 s.' };
export const large: Fate = { kind: 'memory', message: 'It needed more than 64 MB.' };

/** Programs that want more time, memory or depth than there is, by name. */
export const escapes: [name: string, source: string, fate: Fate][] = [
	['an endless loop', solve('for (;;);'), late],
	['a loop that catches everything', solve('for (;;) try { for (;;); } catch { }'), late],
	['a loop before the function', 'for (;;);', late],
	['a name that runs for ever', "Object.defineProperty(globalThis, 'solve', { get() { for (;;); } });", late],
	['an expression that never matches', solve("return /(a+)+$/.test('a'.repeat(50) + 'b') ? grid : grid;"), late],
	// The engine asks nobody in the middle of these.
	[
		'a sort without end',
		solve('const all = Array.from({ length: 3e5 }, (_, n) => (n * 7919) % 300007);\nfor (;;) all.sort();'),
		late
	],
	['a search through 2^53 cells', solve('return [[Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)]];'), late],
	[
		'a list that is empty for 4 billion cells',
		solve('const all = [];\nall[4e9] = 1;\nreturn [[all.indexOf(7)]];'),
		late
	],
	['a text of a billion commas', solve("return [[new Array(1e9).join(',').length]];"), late],
	['a text that is sought in itself', solve("return [['a'.repeat(3e6).indexOf(`${'a'.repeat(15e5)}c`)]];"), late],
	['a memory bomb', solve('const all = [];\nfor (;;) all.push(new Uint8Array(1e6));'), large],
	['a bomb of lists', solve('let all = [];\nfor (;;) all = [all, new Array(1e5).fill(0)];'), large],
	['a bomb of text', solve("const all = [];\nfor (;;) all.push('ab'.repeat(4e6) + all.length);"), large],
	['a shared buffer of a gigabyte', solve('new SharedArrayBuffer(1e9);\nreturn grid;'), large],
	['an expression that fills the memory', solve("return /(?:a|a|b)*c/.test('a'.repeat(5e6)) ? grid : grid;"), large],
	[
		'a text that grows by its comparison',
		solve("const text = 'a'.repeat(1e7);\nfor (;;) text.localeCompare(text + 'b');"),
		large
	],
	['a generator without end', solve('function* all() { for (;;) yield 1; }\nreturn [[...all()]];'), large],
	['a call without end', solve('return solve(grid);'), { kind: 'thrown', message: 'It calls itself too deeply.' }],
	['brackets of great depth', solve("return eval('['.repeat(1e6) + ']'.repeat(1e6));"), { kind: 'thrown' }],
	['JSON of great depth', solve("return JSON.parse('['.repeat(1e6));"), {}],
	['a grid of 10^9 rows', solve('return new Array(1e9);'), { kind: 'no_grid', message: 'It gave 1000000000 rows.' }],
	['a grid of 10^9 cells', solve('return Array.from({ length: 31623 }, () => new Array(31623).fill(1));'), {}],
	['a row of 10^9 cells', solve('return [new Array(1e9)];'), { kind: 'no_grid' }],
	['a cell that runs for ever', solve('return [[{ valueOf() { for (;;); } }]];'), { kind: 'no_grid' }],
	['a getter that runs for ever', solve('return Object.defineProperty([1], 0, { get() { for (;;); } });'), late],
	[
		'a Proxy that says it is long',
		solve('return new Proxy([], { get: (_, key) => (key === "length" ? 1e9 : [1]) });'),
		{ kind: 'no_grid' }
	],
	[
		'a Proxy whose length is a text of megabytes',
		solve('return new Proxy([], { get: (_, key) => (key === "length" ? "9".repeat(2e7) : [1]) });'),
		{ kind: 'no_grid', message: `It gave ${'9'.repeat(40)} rows.` }
	],
	[
		'an error that says its line is beyond all numbers',
		solve("throw { message: 'far', stack: 'program.js:' + '9'.repeat(30) };"),
		{ kind: 'thrown', message: 'far' }
	],
	['a Proxy without end', solve('return new Proxy([], { get() { for (;;); } });'), late],
	['an answer of its own as JSON', solve('return { toJSON() { for (;;); } };'), { kind: 'no_grid' }],
	['an error that runs for ever', solve('throw { get message() { for (;;); } };'), late],
	[
		'an error that throws',
		solve('throw { get name() { throw 1; } };'),
		{ kind: 'thrown', message: 'It threw something that cannot be read.' }
	],
	['a promise', 'async function solve(grid) { return grid; }', { kind: 'no_grid', message: 'promise' }],
	['a thenable', solve('return { then() {} };'), { kind: 'no_grid', message: 'promise' }]
];

/** What there is none of, by name and as an expression. */
export const missing: [name: string, expression: string][] = [
	['process', 'process'],
	['require', 'require'],
	['fetch', 'fetch'],
	['the outer function constructor', "console.log.constructor('return process')()"],
	['a constructor of a constructor', "grid.constructor.constructor('return process.env')()"],
	['the outer `this`', '(function () { return this.process.env; })()'],
	['the caller', 'solve.caller.arguments'],
	['WebAssembly', 'new WebAssembly.Memory({ initial: 1 })'],
	['a thread', 'new Worker("")'],
	['a timer', 'setTimeout(() => 1, 1)'],
	['a clock', 'new Date()']
];
