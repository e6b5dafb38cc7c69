import { expect, test } from 'vitest';
import { cyclesIn, importsOf } from '../../scripts/lib/imports.mjs';
import { violation } from '../../scripts/lib/import-layers.mjs';

test.each([
	['lib/jobs/event.ts', 'openai'],
	['lib/jobs/event.ts', '../server/clock.ts'],
	['lib/text/csv.ts', '../jobs/error.ts'],
	['lib/components/form.ts', '../operations/tables.ts'],
	['lib/operations/research/model.ts', '../../server/clock.ts'],
	['lib/operations/research/run.server.ts', '../../server/event-log.ts'],
	['lib/operations/research/run.server.ts', '../image/model.ts'],
	['lib/operations/research/run.server.ts', 'openai'],
	['lib/server/runner.ts', '$lib/components/Eta.svelte'],
	['lib/server/runner.ts', '../operations/research/run.server.ts'],
	['lib/client/jobs.svelte.ts', '../server/trpc/router.ts'],
	['lib/components/Eta.svelte', '../client/jobs.svelte.ts'],
	['lib/components/Eta.svelte', '$lib/operations/index.ts'],
	['demo/server.ts', '../lib/jobs/event.ts'],
	['demo/server.ts', 'openai'],
	['routes/+page.svelte', '$lib/server/app.ts'],
	['routes/+page.svelte', '$lib/operations/research/run.server.ts'],
	['routes/+page.server.ts', '$lib/operations/research/run.server.ts']
])('DC-03 %s may not import %s', (file, specifier) => {
	expect(violation(file, specifier)).toContain(`may not import '${specifier}'`);
});

test.each([
	['lib/jobs/event.ts', 'zod'],
	['lib/jobs/snapshot.ts', './event.ts'],
	['lib/operations/research/run.server.ts', './model.ts'],
	['lib/operations/research/run.server.ts', '../ending.ts'],
	['lib/operations/research/model.ts', '../../text/shortened.ts'],
	['lib/operations/research/Live.svelte', '$lib/components/Eta.svelte'],
	['lib/operations/index.server.ts', './research/run.server.ts'],
	['lib/server/runner.ts', '../operations/index.server.ts'],
	['lib/client/jobs.svelte.ts', '../jobs/snapshot.ts'],
	['lib/components/Eta.svelte', '$lib/jobs/estimate.ts'],
	['demo/server.ts', 'node:http'],
	['routes/+page.svelte', '$lib/client/jobs.svelte.ts'],
	['routes/+page.server.ts', '$lib/server/app.ts'],
	['routes/jobs/[id]/+page.svelte', './$types']
])('DC-03 %s may import %s', (file, specifier) => {
	expect(violation(file, specifier)).toBeNull();
});

test('DC-01 the browser takes the type of the router from the server, and nothing that runs', () => {
	const file = 'lib/client/trpc.ts';
	const [asType, asValue] = importsOf(
		`import type { Router } from '../server/trpc/router.ts'; import { router, type Router as R } from '../server/trpc/router.ts';`,
		file
	);
	expect(asType).toEqual({ specifier: '../server/trpc/router.ts', typeOnly: true });
	expect(asValue?.typeOnly).toBe(false);
	expect(violation(file, '../server/trpc/router.ts', true)).toBeNull();
});

test("DC-03 a component's imports are those of its scripts, dynamic ones and re-exports too", () => {
	const text = `<script module>export { a } from './a.ts';</script><script lang="ts">const b = import('./b.ts');</script><p>import './c.ts'</p>`;
	expect(importsOf(text, 'View.svelte').map(({ specifier }) => specifier)).toEqual(['./a.ts', './b.ts']);
});

test('DC-03 a cycle of modules is found once, as the way around', () => {
	const graph = new Map([
		['a', ['b']],
		['b', ['c', 'd']],
		['c', ['a']],
		['d', []]
	]);
	expect(cyclesIn(graph)).toEqual([['a', 'b', 'c', 'a']]);
	graph.set('c', ['d']);
	expect(cyclesIn(graph)).toEqual([]);
});
