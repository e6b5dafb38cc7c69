/** One deliberate fault: `find` in `file` becomes `replace`, and the tests of `row` in `test` must notice. */
/** @typedef {{ row: string, fault: string, file: string, find: string, replace: string, test: string, project: string }} Fault */

const fields = ['row', 'fault', 'file', 'find', 'replace', 'test', 'project'];

/** What is wrong with an entry before it is tried, as a sentence, or null. @param {Fault} fault @param {string} source */
export function problemOf(fault, source) {
	const missing = fields.find((field) => typeof fault[field] !== 'string');
	if (missing) return `the entry has no "${missing}"`;
	const times = source.split(fault.find).length - 1;
	if (times !== 1) return `its text stands ${times} times in ${fault.file}, not once`;
	return fault.find === fault.replace ? 'it changes nothing' : null;
}

/** The source with the fault in it. */
export function withFault(source, { find, replace }) {
	const at = source.indexOf(find);
	return source.slice(0, at) + replace + source.slice(at + find.length);
}

/** The ids that a title begins with: a test may prove several rows. */
const idsOf = (title) => /^(?:[A-Z]{2}-\d{2} )*/.exec(title)[0].trim().split(' ');

/** The results of the row's own tests in a report of vitest's JSON reporter: their states, by file. */
export function statesOf(report, { row, test }) {
	const files = (report?.testResults ?? []).filter((file) => file.name.replace(/\\/g, '/').endsWith(`/${test}`));
	return files
		.flatMap((file) => file.assertionResults)
		.filter(({ title, fullName }) => idsOf(title).includes(row) || idsOf(fullName).includes(row))
		.map(({ status }) => status)
		.filter((status) => status === 'passed' || status === 'failed');
}

/**
 * The verdict on a fault. Only a test that ran and failed has noticed it: code that no longer loads would turn any test
 * red. @returns {'noticed' | 'SURVIVED' | 'DOES NOT LOAD'}
 */
export function verdictOf(report, fault) {
	const states = statesOf(report, fault);
	if (states.includes('failed')) return 'noticed';
	return states.length > 0 ? 'SURVIVED' : 'DOES NOT LOAD';
}

/** The whole run as a table, widest columns first to last. */
export function table(rows) {
	const widths = ['row', 'fault'].map((key) => Math.max(...rows.map((row) => row[key].length), key.length));
	const line = ({ row, fault, verdict }) => `${row.padEnd(widths[0])}  ${fault.padEnd(widths[1])}  ${verdict}`;
	return [{ row: 'row', fault: 'fault', verdict: 'verdict' }, ...rows].map(line).join('\n');
}
