/** `npm test`: everything that must hold, or one part of it (`npm test -- lint`, `unit`, `chaos` or `e2e`), and one line at the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureProgram } from './lib/debian-programs.mjs';
import { environmentFor } from './lib/node-runtime.mjs';
import { PreparationError, ensureBuilt, ensureInstalled } from './lib/prepare.mjs';
import { at, root } from './lib/project.mjs';
import { runQuietly, stopAll } from './lib/run-quietly.mjs';
import { countTool, countVitest, linesCovered, readJson, summaryLine } from './lib/tally.mjs';

/** TS-25: the code that streaming stands on, and the share of its lines that tests must run. */
const streamingCode = /^\/?src\/(lib\/(server|jobs|client)|routes\/api)\//;
const leastCovered = 80;

const parts = ['lint', 'unit', 'chaos', 'e2e'];
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : parts;
const reports = mkdtempSync(join(tmpdir(), 'headway-test-'));
const counts = [];

/** Notes and prints what a part came to; its output only when something failed. */
function note(name, count, { output = '', seconds = 0 } = {}) {
	counts.push(count);
	const remark = count.note ? ` (${count.note})` : '';
	if (count.failed > 0 && output) console.log(`\n${output.trimEnd()}\n`);
	console.log(
		`${count.failed > 0 ? '✗' : '✓'} ${name}: ${count.passed} passed, ${count.failed} failed${remark}, ${seconds.toFixed(0)} s`
	);
}

/** Whatever runs longer has stopped moving; a part takes some ten minutes, on a busy machine several times as long. */
const LONGEST_MS = 60 * 60_000;

/** The environment of the tests: nothing of the person's own configuration or keys reaches them. */
function cleanEnvironment() {
	const personal =
		/^(HEADWAY_|OPENAI_|XAI_|OPENROUTER_|AZURE_|OLLAMA_|VLLM_|LMSTUDIO_|CUSTOM_)|_API_KEY$|^(PORT|HOST|ORIGIN|NODE_ENV)$/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !personal.test(name)));
}

function toolsOf(node, env) {
	const run = (file, args, options = {}) =>
		runQuietly(node, [at(...file.split('/')), ...args], { cwd: root, env, timeoutMs: LONGEST_MS, ...options });
	const bin = (file, ...args) => run(`node_modules/${file}`, args);
	return { run, bin };
}

async function lint({ run, bin }) {
	const checks = [
		['prettier', () => bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
		['eslint', () => bin('eslint/bin/eslint.js', '.', '--max-warnings', '0')],
		['import cycles', () => run('scripts/check-cycles.mjs', [])],
		['types', () => bin('svelte-check/bin/svelte-check', '--tsconfig', 'tsconfig.json', '--fail-on-warnings')],
		['types of the benchmarks', () => bin('typescript/bin/tsc', '-p', 'bench')]
	];
	for (const [name, check] of checks) {
		const result = await check();
		note(name, countTool(result), result);
	}
}

async function vitest({ bin }, name, args) {
	const file = join(reports, `${name.split(' ')[0]}.json`);
	const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
	const result = await bin('vitest/vitest.mjs', 'run', ...args, ...reporters);
	const report = readJson(file);
	return { result, report, count: countVitest(report, result.code) };
}

async function unit(tools) {
	const summaryFile = at('coverage', 'coverage-summary.json');
	rmSync(summaryFile, { force: true });
	// Once, before several workers would fetch it side by side. Tests of a database that cannot be had are skipped.
	await ensureProgram('mariadb', { root });
	const { result, report, count } = await vitest(tools, 'unit', [
		...['--project', 'server', '--project', 'client', '--maxWorkers', '2'],
		...['--coverage', '--coverage.reportOnFailure']
	]);
	const summary = readJson(summaryFile);
	const covered = summary ? linesCovered(summary, root.endsWith(sep) ? root.slice(0, -1) : root, streamingCode) : 0;
	const enough = covered >= leastCovered;
	// An unmet threshold also makes vitest itself fail; it is counted once, below.
	const counted = !enough && report?.success && count.failed > 0 ? countVitest(report, 0) : count;
	note('unit, component and HTTP tests', counted, result);
	const output = enough ? '' : `TS-25 asks for ${leastCovered} % of the streaming code's lines.\n${result.output}`;
	note(`coverage of the streaming code ${covered.toFixed(1)} %`, countTool({ code: enough ? 0 : 1 }), { output });
}

async function chaos(node, env) {
	await ensureBuilt(node, (line) => console.log(line));
	const tools = toolsOf(node, { ...env, HEADWAY_CHAOS_BUILT: '1' });
	const { result, count } = await vitest(tools, 'chaos', ['--project', 'chaos']);
	// A run is repeated by its seed, also one that passed.
	const seed = /chaos: .*, (seed \S+),/.exec(result.output)?.[1];
	note('chaos and proxies', { ...count, note: [seed, count.note].filter(Boolean).join(', ') }, result);
}

async function e2e(node, env) {
	const say = (line) => console.log(line);
	await ensureBuilt(node, say);
	const chromium = await ensureChromium({ root, node, env, say });
	if (chromium === null) {
		const output = 'No Chromium was found or could be installed. Name one: CHROMIUM_PATH=/path/to/chromium npm test';
		return note('browser tests', countTool({ code: 1 }), { output });
	}
	const tools = toolsOf(node, { ...env, CHROMIUM_PATH: chromium });
	const { result, count } = await vitest(tools, 'e2e', ['--config', at('tests', 'e2e', 'vitest.config.ts')]);
	note('browser tests', count, result);
}

async function main() {
	const unknown = wanted.find((part) => !parts.includes(part));
	if (unknown) throw new PreparationError(`There is no part "${unknown}"; the parts are ${parts.join(', ')}.`, '');
	const node = await ensureInstalled((line) => console.log(line));
	const env = environmentFor(node, {}, cleanEnvironment());
	const tools = toolsOf(node, env);
	// Generates the types of the routes, which lint, types and tests read.
	const synced = await tools.bin('@sveltejs/kit/svelte-kit.js', 'sync');
	if (synced.code !== 0) throw new PreparationError('svelte-kit sync failed.', synced.output);
	if (wanted.includes('lint')) await lint(tools);
	if (wanted.includes('unit')) await unit(tools);
	if (wanted.includes('chaos')) await chaos(node, env);
	if (wanted.includes('e2e')) await e2e(node, env);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.on(signal, () => {
		stopAll();
		process.exit(128 + constants.signals[signal]);
	});
}

try {
	await main();
} catch (error) {
	const output = error instanceof PreparationError ? `${error.output}\n${error.message}` : String(error.stack);
	note('preparation', countTool({ code: 1 }), { output });
}
rmSync(reports, { recursive: true, force: true });
console.log(summaryLine(counts));
process.exitCode = counts.some((count) => count.failed > 0) ? 1 : 0;
