import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemOf, statesOf, withFault } from '../../scripts/lib/faults.mjs';
import { runQuietly } from '../../scripts/lib/run-quietly.mjs';

const script = fileURLToPath(new URL('../../scripts/breakages.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'headway-breakages-test-'));
const source = 'export const add = (a: number, b: number) => a + b;\nexport const unused = 1 + 1;\n';

const fault = {
	row: 'TS-25',
	fault: 'subtracts',
	file: 'src/add.ts',
	find: 'a + b',
	replace: 'a - b',
	test: 'tests/add.test.ts',
	project: 'tiny'
};

/** Runs the script over a tiny project with the given table; what it printed and its exit code. */
async function breakages(faults: object[]) {
	writeFileSync(join(root, 'table.json'), JSON.stringify(faults));
	const args = [script, '--root', root, '--table', join(root, 'table.json')];
	return runQuietly(process.execPath, args, { timeoutMs: 60_000 });
}

beforeAll(() => {
	for (const folder of ['src', 'tests']) mkdirSync(join(root, folder));
	writeFileSync(join(root, 'src/add.ts'), source);
	writeFileSync(
		join(root, 'tests/add.test.ts'),
		`import { expect, test } from 'vitest';
		import { add } from '../src/add.ts';
		test('TS-25 adds', () => { expect(add(1, 2)).toBe(3); });
		test('TS-24 exists', () => { expect(add).toBeTypeOf('function'); });`
	);
	writeFileSync(
		join(root, 'vitest.config.ts'),
		`export default { test: { projects: [{ test: { name: 'tiny', include: ['tests/**/*.test.ts'] } }] } };`
	);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('TS-25 a fault that a test notices passes, and the sources stay as they were', async () => {
	const { code, output } = await breakages([fault]);
	expect(output).toContain('1 of 1 faults noticed');
	expect(code).toBe(0);
	expect(readFileSync(join(root, 'src/add.ts'), 'utf8')).toBe(source);
}, 60_000);

test('TS-25 a fault that survives, does not load, or is not to be found fails the run and is named', async () => {
	const { code, output } = await breakages([
		fault,
		{ ...fault, fault: 'changes what nobody tests', find: '1 + 1', replace: '1 + 2' },
		{ ...fault, fault: 'is tried on another row', row: 'TS-24' },
		{ ...fault, fault: 'does not parse', replace: 'a +* b' },
		{ ...fault, fault: 'is not there', find: 'a * b' },
		{ ...fault, fault: 'has no tests', row: 'TS-01' }
	]);
	expect(code).toBe(1);
	expect(output).toMatch(/subtracts +noticed/);
	expect(output).toMatch(/changes what nobody tests +SURVIVED/);
	expect(output).toMatch(/is tried on another row +SURVIVED/);
	expect(output).toMatch(/does not parse +DOES NOT LOAD/);
	expect(output).toMatch(/is not there +ERROR: its text stands 0 times in src\/add.ts/);
	expect(output).toMatch(/has no tests +ERROR: no test of TS-01 runs/);
	expect(output).toContain('1 of 6 faults noticed');
}, 60_000);

test('TS-25 an empty table is no success', async () => {
	expect((await breakages([])).code).toBe(1);
}, 60_000);

test('TS-25 a fault stands exactly once in its file', () => {
	expect(problemOf(fault, 'a + b; a + b')).toContain('stands 2 times');
	expect(problemOf(fault, 'a + b')).toBeNull();
	expect(problemOf({ ...fault, replace: fault.find }, 'a + b')).toContain('changes nothing');
	expect(withFault('x(a + b)', { ...fault, replace: '$&' })).toBe('x($&)');
});

test('TS-25 a test counts for every row whose id its title begins with, and for no other', () => {
	const title = 'RS-12 OP-02 every event is one envelope, as RS-07 needs it';
	const assertionResults = [{ title, fullName: `envelopes ${title}`, status: 'passed' }];
	const report = { testResults: [{ name: '/project/tests/add.test.ts', assertionResults }] };
	const counts = (row: string) => statesOf(report, { ...fault, row }).length;
	expect(['RS-12', 'OP-02', 'RS-07'].map(counts)).toEqual([1, 1, 0]);
});

test('TS-25 every fault of the table fits the sources as they are, and its row has a test in the file that it names', () => {
	const text = (path: string) => {
		const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
		return existsSync(file) ? readFileSync(file, 'utf8') : '';
	};
	const table = JSON.parse(text('scripts/breakages.json')) as (typeof fault)[];
	const problems = table.flatMap((each) => problemOf(each, text(each.file)) ?? []);
	const untested = table.filter(({ row, test: file }) => !text(file).includes(`${row} `));
	expect([...problems, ...untested]).toEqual([]);
	expect(table.length).toBeGreaterThanOrEqual(30);
});
