/**
 * `npm run bench`: every measure, or those that are named: `npm run bench -- latency capacity`. `--quick` takes fewer and
 * shorter rounds; `--rounds=n` that many. Measures of the page and of the start need a build (`npm run build`).
 * Results: bench/results/latest.json and latest.md, in which a measure that is not run again stays as it was.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Context, Measure } from './measure.ts';
import { notesOf, table } from './report.ts';
import { Results } from './results.ts';

/** Every measure, in the order in which they run; `pictures` takes minutes by itself, and runs when it is named. */
const measures = {
	latency: './latency.ts',
	capacity: './capacity.ts',
	jobs: './jobs.ts',
	reattach: './reattach.ts',
	idle: './idle.ts',
	append: './append.ts',
	'first-byte': './first-byte.ts',
	start: './start.ts',
	'first-token': './first-token.ts',
	'chat-first-token': './chat-first-token.ts',
	'chat-streamed': './chat-streamed.ts',
	conversations: './conversations.ts',
	page: './page.ts',
	list: './list.ts',
	size: './size.ts',
	pictures: './memory.ts'
};
type Name = keyof typeof measures;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } }
});
const unknown = positionals.find((name) => !Object.hasOwn(measures, name));
if (unknown !== undefined) {
	console.error(`There is no measure "${unknown}". There are: ${Object.keys(measures).join(', ')}.`);
	process.exit(1);
}
if (values.rounds !== undefined && !/^[1-9]\d?$/.test(values.rounds)) {
	console.error(`--rounds takes a whole number from 1 to 99; it is "${values.rounds}".`);
	process.exit(1);
}
const all = (Object.keys(measures) as Name[]).filter((name) => name !== 'pictures');
const named = positionals.length > 0 ? (positionals as Name[]) : all;
const results = new Results(join(import.meta.dirname, 'results'), { quick: values.quick });

/** What a measure is given; what it says is told on stderr, so that stdout is the tables. */
function contextFor(name: Name): Context {
	const rounds = Number(values.rounds ?? (values.quick ? 2 : 3));
	const say = (line: string) => console.error(`${name}: ${line}`);
	return {
		...{ quick: values.quick, rounds, say },
		interleaved: async <T>(tasks: readonly (() => Promise<T>)[], times = rounds) => {
			const taken: T[][] = tasks.map(() => []);
			for (let round = 0; round < times; round += 1) {
				// Each round begins with another side, so that none is always the first after a pause.
				for (let turn = 0; turn < tasks.length; turn += 1) {
					const index = (turn + round) % tasks.length;
					const value = await tasks[index]?.();
					if (value !== undefined) taken[index]?.push(value);
				}
			}
			return taken;
		},
		leftOut: (what, why) => {
			say(`${what} is left out: ${why}`);
			results.leftOut(name, `${what}: ${why}`);
		}
	};
}

for (const name of named) {
	const began = performance.now();
	try {
		const path = join(import.meta.dirname, measures[name]);
		if (!existsSync(path)) throw new Error(`${measures[name]} is missing`);
		const { default: measure } = (await import(path)) as { default: Measure };
		console.error(`${name}: ${measure.about}`);
		const figures = await measure.run(contextFor(name));
		results.add(name, { about: measure.about, seconds: (performance.now() - began) / 1_000, figures });
		console.log(`\n## ${name}\n\n${measure.about}\n\n${table(figures)}\n\n${notesOf(figures).join('\n')}`);
	} catch (error) {
		process.exitCode = 1;
		results.failed(name, error);
		console.error(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
	}
	results.write();
}
console.log(results.closing());
