import { expect, test } from 'vitest';
import { chromiumCandidates } from '../../scripts/lib/chromium.mjs';
import { countTool, countVitest, linesCovered, summaryLine } from '../../scripts/lib/tally.mjs';

const report = (passed: number, failed: number, files: { status: string; assertionResults: unknown[] }[] = []) => ({
	numPassedTests: passed,
	numFailedTests: failed,
	numPendingTests: 0,
	numTodoTests: 0,
	testResults: files
});

test('TS-25 the last line adds up what every part came to', () => {
	const counts = [countTool({ code: 0 }), countTool({ code: 2 }), countVitest(report(40, 1), 1)];
	expect(summaryLine(counts)).toBe('41 passed, 2 failed');
});

test('TS-25 a test file that cannot be loaded is a failure', () => {
	const unloaded = { status: 'failed', assertionResults: [] };
	expect(countVitest(report(3, 0, [unloaded]), 1)).toMatchObject({ passed: 3, failed: 1 });
});

test.each([
	['no report', null, 1],
	['no test', report(0, 0), 0],
	['an error outside the tests', report(3, 0), 1]
])('TS-25 %s never looks like a pass', (_, given, code) => {
	expect(countVitest(given, code).failed).toBe(1);
});

test('TS-24 TS-25 what was skipped is counted, and each reason said once', () => {
	const skipped = (fullName: string) => ({ status: 'skipped', fullName });
	const file = {
		status: 'passed',
		assertionResults: [
			skipped('Behind nginx (skipped: no nginx here) TS-24 pages'),
			skipped('Behind nginx (skipped: no nginx here) TS-24 files'),
			skipped('another'),
			{ status: 'passed', fullName: 'Behind caddy (skipped: it ran) TS-24 pages' }
		]
	};
	const of = (numPendingTests: number) => countVitest({ ...report(3, 0, [file]), numPendingTests }, 0).note;
	expect(of(3)).toBe('3 skipped: no nginx here');
	expect(of(0)).toBeUndefined();
});

test('TS-25 coverage counts the lines of the streaming code only', () => {
	const summary = {
		total: { lines: { total: 999, covered: 0 } },
		'/app/src/lib/server/a.ts': { lines: { total: 60, covered: 30 } },
		'/app/src/routes/api/b.ts': { lines: { total: 40, covered: 40 } },
		'/app/src/demo/c.ts': { lines: { total: 500, covered: 0 } }
	};
	expect(linesCovered(summary, '/app', /^\/src\/(lib\/server|routes\/api)\//)).toBe(70);
	expect(linesCovered({}, '/app', /./)).toBe(0);
});

test('TS-25 the Chromium that the person names goes before the system and before a download', () => {
	const candidates = chromiumCandidates({ CHROMIUM_PATH: '/my/chromium', PATH: '/usr/bin' }, '/cache/chromium');
	expect(candidates[0]).toBe('/my/chromium');
	expect(candidates[1]).toBe('/usr/bin/chromium');
	expect(candidates.at(-1)).toBe('/cache/chromium');
});
