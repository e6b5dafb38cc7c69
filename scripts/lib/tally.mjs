import { existsSync, readFileSync } from 'node:fs';

/** What one part of `npm test` came to. A tool without single tests counts as one. */
/** @typedef {{ passed: number, failed: number, note?: string }} Count */

/** A tool that says nothing but yes or no. @returns {Count} */
export function countTool({ code }) {
	return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * The counts in a report of vitest's JSON reporter. A file that could not be loaded, a run without a single test, and an
 * error outside all tests count as one failure each, so that none of them can look like a pass. @returns {Count}
 */
export function countVitest(report, code) {
	if (!report) return { passed: 0, failed: 1, note: 'no report was written' };
	const { numPassedTests: passed, numFailedTests, numPendingTests: pending, numTodoTests: todo } = report;
	const unloaded = report.testResults.filter(
		(file) => file.status === 'failed' && file.assertionResults.length === 0
	).length;
	const failed = numFailedTests + unloaded;
	const skipped = pending + todo > 0 ? `${pending + todo} skipped${reasonsOf(report)}` : undefined;
	if (passed + failed === 0) return { passed: 0, failed: 1, note: 'no test was run' };
	if (failed === 0 && code !== 0) return { passed, failed: 1, note: 'an error outside the tests' };
	return { passed, failed, note: skipped };
}

/** Why tests were skipped, once each: what their titles say in brackets, `… (skipped: no nginx here)`. */
function reasonsOf({ testResults }) {
	const skipped = testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'skipped'));
	const reasons = new Set(skipped.flatMap(({ fullName }) => /\(skipped: ([^)]+)\)/.exec(fullName)?.[1] ?? []));
	return reasons.size > 0 ? `: ${[...reasons].join('; ')}` : '';
}

/** The percentage of lines that ran, over the files whose path below the root matches, from a coverage summary. */
export function linesCovered(summary, root, pattern) {
	const files = Object.entries(summary).filter(([file]) => pattern.test(file.slice(root.length).replace(/\\/g, '/')));
	const total = files.reduce((sum, [, { lines }]) => sum + lines.total, 0);
	const covered = files.reduce((sum, [, { lines }]) => sum + lines.covered, 0);
	return total === 0 ? 0 : (100 * covered) / total;
}

/** A JSON file's content, or null when there is none or it was cut short. */
export function readJson(file) {
	try {
		return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
	} catch {
		return null;
	}
}

/** The last line of `npm test`. */
export function summaryLine(counts) {
	const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
	return `${sum('passed')} passed, ${sum('failed')} failed`;
}
