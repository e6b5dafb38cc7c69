import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	test: {
		expect: { requireAssertions: true },
		coverage: {
			provider: 'v8',
			include: ['src/lib/**', 'src/demo/**', 'src/routes/api/**'],
			reporter: ['text-summary', 'json-summary'],
			reportsDirectory: 'coverage'
		},
		projects: [
			{
				extends: true,
				test: {
					name: 'server',
					environment: 'node',
					include: [
						'tests/{demo,http,scripts}/**/*.test.ts',
						'tests/lib/{jobs,operations,server}/**/*.test.ts',
						'tests/docs/**/*.test.ts'
					]
				}
			},
			{
				extends: true,
				test: {
					// What is killed, cut and overloaded in them is timed: alone on the machine, one file after the other.
					name: 'chaos',
					environment: 'node',
					include: ['tests/{chaos,proxies}/**/*.test.ts'],
					fileParallelism: false
				}
			},
			{
				extends: true,
				plugins: [svelteTesting()],
				test: {
					name: 'client',
					environment: 'jsdom',
					include: ['tests/lib/{client,components,views}/**/*.test.ts'],
					setupFiles: ['tests/support/jsdom.ts']
				}
			}
		]
	}
});
