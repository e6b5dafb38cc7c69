import { globSync, readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;

test('TS-25 every test file is in a project: one that is in none never runs, and nobody sees that', () => {
	const config = readFileSync(`${root}vite.config.ts`, 'utf8');
	const patterns = [...config.matchAll(/'(tests\/[^']*\.test\.ts)'/g)].map(([, pattern = '']) => pattern);
	const tests = globSync('tests/**/*.test.ts', { cwd: root });
	expect([patterns.length, tests.length].every((count) => count > 0)).toBe(true);
	expect(tests.filter((path) => !patterns.some((pattern) => matchesGlob(path, pattern)))).toEqual([]);
});
