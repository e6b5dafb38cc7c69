import { describe, test } from 'vitest';
import type { OperationRun } from '$lib/operations/operation.ts';
import { declarations } from './declarations.ts';
import { progress } from './progress.ts';
import { purity } from './purity.ts';
import { readers } from './readers.ts';
import { recovery } from './recovery.ts';
import type { Rule } from './rule.ts';
import { stops } from './stops.ts';
import { Subject, type ConformanceOptions } from './subject.ts';

export type { ConformanceOptions } from './subject.ts';

/** What every operation has to keep to, whoever wrote it (BY-14). */
export const rules: readonly Rule[] = [...declarations, ...purity, ...progress, ...stops, ...readers, ...recovery];

/** Tests an operation against all rules: call it in a test file with the operation and an input. */
export function conformance(run: OperationRun, input: unknown, options: ConformanceOptions = {}): void {
	const subject = new Subject(run, input, options);
	describe(`the operation ${subject.model.id}`, () => {
		for (const rule of rules)
			if (rule.asked?.(subject) ?? true)
				for (const of of rule.each?.(subject) ?? ['']) {
					const title = `${rule.rows} BY-14 ${subject.model.id} ${rule.says.replace('%s', of)}`;
					test(title, () => rule.check(subject, of), subject.timeoutMs);
				}
	});
}
