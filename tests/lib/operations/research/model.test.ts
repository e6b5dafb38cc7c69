import { expect, test } from 'vitest';
import { research } from '$lib/operations/research/model.ts';

const titleOf = (query: string) => research.titleOf(research.input.parse({ query }));
const family = '👩‍👩‍👧‍👦';

test('DC-02 a question of up to 80 characters is its own title, emoji counted as one', () => {
	expect(titleOf('x'.repeat(80))).toBe('x'.repeat(80));
	expect(titleOf('🎉'.repeat(80))).toBe('🎉'.repeat(80));
});

test('DC-02 a longer one is cut, never inside an emoji or a letter with its accent', () => {
	expect(titleOf('x'.repeat(81))).toBe(`${'x'.repeat(79)}…`);
	expect(titleOf(`${'x'.repeat(78)}🎉🎉🎉`)).toBe(`${'x'.repeat(78)}🎉…`);
	expect(titleOf(`${'x'.repeat(76)}${family} and more`)).toBe(`${'x'.repeat(76)}…`);
	expect(titleOf(`${'x'.repeat(78)}e\u0301 and more`)).toBe(`${'x'.repeat(78)}…`);
});

test('TS-02 a thought that arrives behind its step, or before the step before it, leaves what is right', () => {
	const thinking = (index: number, text: string) => ({ type: 'thinking' as const, data: { index, text }, at: 1 });
	const step = (index: number) => {
		const data = { index, type: 'planning' as const, summary: 'Whole.' };
		return { type: 'reasoning' as const, data, at: 2 };
	};
	const after = (...events: (ReturnType<typeof thinking> | ReturnType<typeof step>)[]) =>
		events.reduce((state, event) => research.reduce(state, event), research.state()).thinking?.text;
	expect(after(thinking(0, 'a'))).toBe('a');
	expect(after(thinking(0, 'a'), step(0))).toBeUndefined();
	expect(after(step(0), thinking(0, 'late'))).toBeUndefined();
	expect(after(thinking(1, 'next'), step(0))).toBe('next');
	expect(after(thinking(0, 'a'), thinking(0, ''))).toBeUndefined();
});
