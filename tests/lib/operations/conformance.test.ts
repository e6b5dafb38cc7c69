import { expect, test } from 'vitest';
import { operationRuns } from '$lib/operations/index.server.ts';
import { conformance, type ConformanceOptions } from './conformance/index.ts';

const samples = import.meta.glob<{ default: unknown; options?: ConformanceOptions }>('./*/sample.ts', { eager: true });

for (const [id, run] of Object.entries(operationRuns())) {
	const found = samples[`./${id}/sample.ts`];
	const sample = found?.default;
	test(`OP-11 BY-14 the operation ${id} has a sample input for the conformance suite`, () =>
		expect(run.model.input.safeParse(sample).success).toBe(true));
	if (sample !== undefined) conformance(run, sample, found?.options);
}
