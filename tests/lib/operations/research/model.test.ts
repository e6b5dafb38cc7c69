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
