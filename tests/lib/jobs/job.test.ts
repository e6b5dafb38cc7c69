import { describe, expect, test } from 'vitest';
import { isTerminal, jobOptions, jobStatus, mayFollow } from '$lib/jobs/job.ts';

const allowed = {
	queued: ['running', 'failed', 'cancelled'],
	running: ['succeeded', 'failed', 'cancelled'],
	succeeded: [],
	failed: [],
	cancelled: []
};

describe('job statuses', () => {
	test.each(jobStatus.options.flatMap((from) => jobStatus.options.map((to) => ({ from, to }))))(
		'OP-01 whether $from may become $to is as the architecture says',
		({ from, to }) => expect(mayFollow(from, to)).toBe((allowed[from] as string[]).includes(to))
	);

	test('CX-02 only succeeded, failed and cancelled end a job, and nothing follows them', () => {
		expect(jobStatus.options.filter(isTerminal)).toEqual(['succeeded', 'failed', 'cancelled']);
	});

	test.each([
		{ stream: 'no' },
		{ onDisconnect: 'explode' },
		{ timeLimit: 0 },
		{ timeLimit: 1.5 },
		{ timeLimit: 86_401 },
		{ priority: 11 },
		{ priority: -11 },
		{ unheardOf: true }
	])('OP-06 options that make no sense are refused: %j', (options) => {
		expect(jobOptions.safeParse(options).success).toBe(false);
	});

	test('OP-06 OP-07 CX-16 a run can switch off streaming, limit its time and say what hanging up does', () => {
		const options = { stream: false, onDisconnect: 'cancel', timeLimit: 60, priority: 3 };
		expect(jobOptions.parse(options)).toEqual(options);
	});
});
