import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What stays a package of its own in the built server: native code, and what finds its own files or is loaded only when it is used. */
const external = [
	...['better-sqlite3', 'sqlite-vec', 'fontkit', '@myriaddreamin/typst-ts-web-compiler', '@myriaddreamin/typst.ts'],
	...['@aws-sdk/client-s3', '@aws-sdk/lib-storage', '@vercel/blob'],
	...['@embedpdf/fonts-arabic', '@embedpdf/fonts-hebrew', '@embedpdf/fonts-latin', '@embedpdf/fonts-sc'],
	'@expo-google-fonts/noto-emoji'
];

/**
 * The packages that every page loads, whole; and what loads all other files, because a file of ours beside it would run before
 * `hooks.client.ts` has told zod what the content policy forbids.
 */
const everyPage = /node_modules.(svelte|esm-env|clsx|zod|@trpc|@sveltejs.kit|devalue)[\\/]|vite.preload-helper/;

/** What the browser runs to show the first page, with the form that is chosen there. */
const firstPage = [
	'routes/+layout.svelte',
	'routes/+page.svelte',
	'routes/+page.ts',
	'lib/operations/research/Form.svelte'
];

/** Names the file of what the first page needs: it must not bring along what only other pages share. */
function shell(): (id: string, graph: Graph) => string | null {
	let needed: Set<string> | undefined;
	return (id, graph) => {
		needed ??= reachable(
			firstPage.map((file) => join(import.meta.dirname, 'src', file)),
			graph
		);
		return needed.has(id) ? 'shell' : null;
	};
}

interface Graph {
	getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** Our modules that run before any of these. What they take from packages follows by itself, and no more: an index names all its package has. */
function reachable(roots: readonly string[], graph: Graph): Set<string> {
	const found = new Set(roots);
	for (const id of found)
		for (const imported of graph.getModuleInfo(id)?.importedIds ?? [])
			if (!imported.includes('node_modules')) found.add(imported);
	return found;
}

export default defineConfig(({ command }) => ({
	plugins: [tailwindcss(), sveltekit()],
	// One file is read and compiled many times faster than the 800 of the packages in it.
	ssr: command === 'build' ? { noExternal: true, external } : {},
	environments: {
		client: {
			build: {
				rolldownOptions: {
					output: {
						// Few files compress better than many: those two are 15 % smaller than their thirty parts.
						codeSplitting: {
							groups: [
								{ name: 'base', test: everyPage, priority: 2 },
								{ name: shell(), priority: 1 },
								{ name: 'pages', minShareCount: 3 }
							]
						}
					}
				}
			}
		}
	},
	test: {
		expect: { requireAssertions: true },
		// No test is about how fast the machine is: one that is busy with something else needs longer, and is not wrong.
		testTimeout: 30_000,
		hookTimeout: 60_000,
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
						'tests/lib/{jobs,operations,processes,puzzles,server,text,tools}/**/*.test.ts',
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
}));
