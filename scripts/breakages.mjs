/**
 * `npm run breakages`: puts one deliberate fault at a time into a copy of the sources and demands that the tests of the
 * named row turn red. Arguments pick rows: `npm run breakages -- RS-07`. `--table` and `--root` are for its own test.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { problemOf, table, verdictOf, withFault } from './lib/faults.mjs';
import { environmentFor, findNode } from './lib/node-runtime.mjs';
import { at, root as projectRoot } from './lib/project.mjs';
import { runQuietly, stopAll } from './lib/run-quietly.mjs';
import { readJson } from './lib/tally.mjs';

/** Everything that tests read; the copy shares `node_modules`. */
const copied = [
	...['src', 'static', 'tests', 'docs', 'drizzle', 'scripts', 'bench', '.svelte-kit'],
	...['README.md', 'package.json', 'package-lock.json', 'drizzle.config.ts', '.prettierrc'],
	...['svelte.config.js', 'tsconfig.json', 'vite.config.ts', 'vitest.config.ts']
];

const { values, positionals: rows } = parseArgs({
	allowPositionals: true,
	options: { table: { type: 'string' }, root: { type: 'string' } }
});
const root = values.root ?? projectRoot;
const faults = JSON.parse(readFileSync(values.table ?? at('scripts', 'breakages.json'), 'utf8')).filter(
	({ row }) => rows.length === 0 || rows.includes(row)
);
const copy = mkdtempSync(join(tmpdir(), 'headway-breakages-'));

function copySources() {
	for (const path of copied.filter((name) => existsSync(join(root, name)))) {
		cpSync(join(root, path), join(copy, path), { recursive: true });
	}
	symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'), 'dir');
	const config = ['vitest.config.ts', 'vite.config.ts'].find((name) => existsSync(join(copy, name)));
	writeFileSync(join(copy, 'breakages.config.ts'), configOver(config));
}

/** Vite gives nothing to a jsdom test from outside of its root, and there the shared `node_modules` lie. */
function configOver(config) {
	return [
		"import { mergeConfig } from 'vite';",
		`import project from './${config}';`,
		"const plain = (env) => (typeof project === 'function' ? project(env) : project);",
		'export default (env) => mergeConfig(plain(env), { server: { fs: { strict: false } } });'
	].join('\n');
}

/** Runs tests in the copy and returns vitest's report. */
async function report(project, files, row) {
	const file = join(copy, 'report.json');
	rmSync(file, { force: true });
	const node = findNode(projectRoot);
	// One red test is enough to notice a fault, and the others may wait long for what it broke.
	const only = row ? ['-t', `(^|\\s)${row} `, '--bail=1'] : [];
	const output = ['--reporter=json', `--outputFile.json=${file}`];
	const args = ['run', '--config', 'breakages.config.ts', '--project', project, ...only, ...output, ...files];
	const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
	const options = { cwd: copy, env: environmentFor(node), timeoutMs: 600_000 };
	await runQuietly(node, [vitest, ...args], options);
	return readJson(file) ?? { testResults: [] };
}

/** What the tests say of each project's files without any fault: a row whose tests are red or absent proves nothing. */
async function soundReports() {
	const reports = new Map();
	for (const project of new Set(faults.map((fault) => fault.project))) {
		const files = faults.filter((fault) => fault.project === project).map(({ test }) => test);
		reports.set(project, await report(project, [...new Set(files)]));
	}
	return reports;
}

async function judge(fault, sound) {
	const path = join(copy, fault.file);
	const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
	const problem = problemOf(fault, source);
	if (problem) return `ERROR: ${problem}`;
	const before = verdictOf(sound.get(fault.project), fault);
	if (before === 'noticed') return 'ERROR: its tests are red without the fault';
	if (before === 'DOES NOT LOAD') return `ERROR: no test of ${fault.row} runs in ${fault.test}`;
	writeFileSync(path, withFault(source, fault));
	try {
		return verdictOf(await report(fault.project, [fault.test], fault.row), fault);
	} finally {
		writeFileSync(path, source);
	}
}

async function main() {
	copySources();
	const sound = await soundReports();
	const judged = [];
	for (const fault of faults) {
		judged.push({ ...fault, verdict: await judge(fault, sound) });
		console.log(`${judged.length}/${faults.length} ${fault.row} ${fault.fault}: ${judged.at(-1).verdict}`);
	}
	const noticed = judged.filter(({ verdict }) => verdict === 'noticed').length;
	console.log(`\n${table(judged)}\n\n${noticed} of ${judged.length} faults noticed`);
	return noticed === judged.length && judged.length > 0;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
	process.on(signal, () => {
		stopAll();
		rmSync(copy, { recursive: true, force: true });
		process.exit(130);
	});
}

try {
	process.exitCode = (await main()) ? 0 : 1;
} finally {
	rmSync(copy, { recursive: true, force: true });
}
