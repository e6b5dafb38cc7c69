import { expect, test } from 'vitest';
import { foreseeing } from '$lib/server/parts-forecast.ts';
import { defineOperation, type AnyModel } from '$lib/operations/operation.ts';
import { z } from 'zod';

const facts = {
	...{ title: 'T', description: 'D', icon: 'search', result: z.object({}), events: {} },
	...{ phases: [{ name: 'one', label: 'One', weight: 1 }], state: () => null, reduce: () => null, titleOf: () => 'T' },
	...{ limits: { timeoutMs: 60_000, running: 1 }, typicalMs: 1_000 },
	can: { finishNow: false, resumable: false, repeatable: true }
} as const;
const part = defineOperation({
	...{ ...facts, id: 'part', input: z.object({ provider: z.string().optional(), query: z.string().optional() }) },
	asksModel: ({ query }) => query === undefined
});
const whole = defineOperation({
	...{ ...facts, id: 'whole', input: z.object({ inputs: z.array(z.unknown()) }) },
	partsOf: ({ inputs }) =>
		inputs.map((input, index) => ({ at: (field: string) => `inputs.${index}.${field}`, operation: 'part', input }))
});
const configured = { id: 'one', demo: false, defaultModel: 'paid-1' };
const foreseen = (...inputs: object[]) =>
	foreseeing({
		...{ models: { part, whole } as unknown as Record<string, AnyModel>, queries: { spent: () => [] } },
		providers: { knows: (id: string) => id === 'one', get: () => configured } as never,
		limits: { server: 8, owner: 4, operation: {}, provider: null } as never
	})('whole', { inputs });

test('BY-08 a part at a provider that is not configured any more is left out of the forecast, and fails nothing else', () => {
	expect(foreseen({}, { provider: 'gone' }, { provider: 'one' })).toMatchObject({ parts: 2, kinds: [{ parts: 2 }] });
});

test('BY-08 a part that asks no model costs nothing, and lacks no price', () => {
	const { kinds, usd } = foreseen({ query: 'SELECT 1' });
	expect(kinds).toMatchObject([{ priced: true }]);
	expect(usd).toEqual({ low: 0, high: 0 });
});
