import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync('src/app.css', 'utf8').replace(/\/\*[^]*?\*\//g, '');
const selectors = [...css.matchAll(/([^{};]+)\{/g)].map(([, selector = '']) => selector.trim());

// Chromium takes each of those for a rule about everything beside what is added, and restyles all of its parent.
test('IR-03 a block that is added to a long text restyles it alone: no rule goes by a neighbour without a class', () => {
	const beside = selectors.filter((selector) => /[+~]/.test(selector));
	expect(selectors.length).toBeGreaterThan(50);
	for (const selector of beside)
		expect(selector).toMatch(/^[^+~]*(?:\.[\w-]+|\]|:is\((?:\.[\w-]+,? ?)+\))\s*[+~]\s*(?:\.|:is\(\.)/);
});
