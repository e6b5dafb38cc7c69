import { importsOf, pathBelowSource, pathInSource } from './imports.mjs';
import { root } from './project.mjs';

/** Vendors and storage: what an operation reaches only through its context. */
const vendorPackages = /^(openai|@trpc\/|drizzle-orm|better-sqlite3|pino|prom-client|\$app\/|@sveltejs\/kit)/;

/**
 * Who may import whom below `src/`, first match wins. `sources` are the paths below `src/` that may be imported, `types`
 * those of which only types may be; `packages` says which packages may be. `own` stands for the file's own folder.
 */
const layers = [
	{
		of: /^lib\/jobs\//,
		why: 'jobs import nothing but zod and each other',
		sources: [/^lib\/jobs\//],
		packages: /^zod$/
	},
	{
		of: /^lib\/text\//,
		why: 'texts know nothing of what they are for',
		sources: [/^lib\/text\//],
		packages: /^$/
	},
	{
		of: /^lib\/puzzles\//,
		why: 'puzzles know nothing of what is done with them',
		sources: [/^lib\/(puzzles|text)\//],
		packages: /^(zod|pngjs)$/
	},
	{
		of: /^lib\/processes\//,
		why: 'how a process is started knows nothing of what runs in it',
		sources: [/^lib\/processes\//],
		packages: /^node:/
	},
	{
		of: /^lib\/operations\/(?!index\.)([^/]+\/)?[^/]+\.server\.(ts|mjs)$/,
		why: 'an operation touches only what its context gives: no server, no client, no vendor',
		sources: [
			'own',
			/^lib\/operations\/(operation|provider|answer|ending|finishing|result-file|asked-puzzle\.server)\.ts$/,
			/^lib\/tools\/[^/]+\.ts$/,
			/^lib\/(jobs|text|puzzles|processes)\//
		],
		packages: { not: vendorPackages }
	},
	{
		of: /^lib\/tools\/[^/]+\/[^/]+\.server\.ts$/,
		why: 'a tool touches only what its context gives: no server, no client, no vendor',
		sources: [
			'own',
			/^lib\/tools\/(tool|passages)\.ts$/,
			/^lib\/operations\/(operation|provider)\.ts$/,
			/^lib\/(jobs|text)\//
		],
		packages: { not: vendorPackages }
	},
	{
		of: /^lib\/tools\//,
		why: 'tools are models and what runs them, for operations',
		sources: [/^lib\/tools\//, /^lib\/operations\/(operation|provider)\.ts$/, /^lib\/(jobs|text)\//],
		packages: { not: vendorPackages }
	},
	{
		of: /^lib\/operations\/index\.server\.ts$/,
		why: 'the list of runs imports the runs and nothing else',
		sources: [/^lib\/operations\//, /^lib\/jobs\//],
		packages: /^zod$/
	},
	{
		of: /^lib\/operations\/.+\.svelte$/,
		why: "an operation's views import its model, jobs and components",
		sources: [
			'own',
			/^lib\/(components|jobs|text)\//,
			/^lib\/puzzles\/(?!.*\.server)/,
			/^lib\/tools\/(call|index)\.ts$/,
			/^lib\/operations\/(operation|index|views)\.ts$/
		],
		packages: { not: vendorPackages }
	},
	{
		of: /^lib\/operations\/(views|forms)\.ts$/,
		why: 'the lists of views and of forms import views and models',
		sources: [/^lib\/(operations|components|jobs)\//],
		packages: { not: vendorPackages }
	},
	{
		of: /^lib\/operations\//,
		why: 'models are pure and shared by both sides',
		sources: [
			'own',
			/^lib\/operations\/(operation|provider|index|tracking|where)\.ts$/,
			/^lib\/operations\/[^/]+\/model\.ts$/,
			/^lib\/tools\/call\.ts$/,
			/^lib\/puzzles\/(?!.*\.server)/,
			/^lib\/(jobs|text)\//
		],
		packages: /^(zod|@streamparser\/json)$/
	},
	{
		of: /^lib\/server\/app\.ts$/,
		why: 'the wiring knows the server, the operations and the demo',
		sources: [/^lib\/server\//, /^lib\/jobs\//, /^lib\/operations\/.*\.ts$/, /^demo\//],
		types: [/^lib\/client\/system\.ts$/],
		packages: /./
	},
	{
		of: /^lib\/server\//,
		why: 'the server imports no page, no component, no browser code, and no single operation',
		sources: [/^lib\/server\//, /^lib\/(jobs|text|puzzles|processes)\//, /^lib\/(operations|tools)\/[^/]+\.ts$/],
		types: [/^lib\/operations\/.*\.ts$/, /^lib\/client\/system\.ts$/, /^demo\//],
		packages: /./
	},
	{
		of: /^lib\/client\//,
		why: "the browser's side takes nothing but types from the server",
		sources: [/^lib\/(client|jobs)\//, /^lib\/tools\/(call|index)\.ts$/, /^lib\/operations\/(index|operation)\.ts$/],
		types: [/^lib\/server\//, /^lib\/operations\/.*\.ts$/],
		packages: { not: /^(openai|drizzle-orm|better-sqlite3|pino|prom-client|node:)/ }
	},
	{
		of: /^lib\/components\//,
		why: 'components know jobs, puzzles and texts at most, and the shapes of a call and of a table',
		sources: [/^lib\/(components|jobs|text)\//, /^lib\/puzzles\/(?!.*\.server)/],
		types: [/^lib\/tools\/call\.ts$/, /^lib\/operations\/tables\.ts$/],
		packages: { not: /^(openai|@trpc\/|drizzle-orm|better-sqlite3|pino|prom-client|node:)/ }
	},
	{
		of: /^demo\//,
		why: 'the demo provider shares no code with what reads it',
		sources: [/^demo\//],
		packages: { not: /^(openai|@trpc\/|drizzle-orm|better-sqlite3|\$)/ }
	},
	{
		of: /^(routes\/.*\+(server|page\.server|layout\.server)\.ts|routes\/.*\.server\.ts|hooks\.server\.ts)$/,
		why: 'server routes call the server, not the runs of operations',
		sources: [/^routes\//, /^lib\/(server|jobs|client|components|puzzles)\//, /^lib\/operations\/[^/]+\.ts$/],
		types: [/./],
		packages: { not: /^(openai|drizzle-orm|better-sqlite3)/ }
	},
	{
		of: /^routes\//,
		why: 'pages reach the server only by +server, +page.server and hooks',
		sources: [
			/^routes\/(?!.*\.server)(?!.*\+server)/,
			/^lib\/(components|client|jobs|text)\//,
			/^lib\/tools\/(call|index)\.ts$/,
			/^lib\/operations\/(?!.*\.server)/,
			/^app\.css$/
		],
		types: [/^lib\/server\//, /^routes\//, /^lib\/operations\//],
		packages: { not: /^(openai|@trpc\/server|drizzle-orm|better-sqlite3|pino|prom-client|node:)/ }
	}
];

/** Why `file` (below `src/`) may not import `specifier`, as a sentence, or null when it may. */
export function violation(file, specifier, typeOnly = false) {
	const layer = layers.find(({ of }) => of.test(file));
	if (!layer) return null;
	const path = pathInSource(file, specifier);
	const allowed = path === null ? allowsPackage(layer, specifier, typeOnly) : allowsSource(layer, file, path, typeOnly);
	return allowed ? null : `${file} may not import '${specifier}': ${layer.why}.`;
}

function allowsPackage({ packages }, specifier, typeOnly) {
	if (packages instanceof RegExp) return packages.test(specifier);
	return typeOnly || !packages.not.test(specifier);
}

function allowsSource({ sources, types = [] }, file, path, typeOnly) {
	const own = file.slice(0, file.lastIndexOf('/') + 1);
	const permits = (pattern) => (pattern === 'own' ? path.startsWith(own) : pattern.test(path));
	// SvelteKit generates ./$types beside each route.
	return path.endsWith('$types') || sources.some(permits) || (typeOnly && types.some(permits));
}

/** The ESLint rule that holds the layers. */
export const importLayers = {
	meta: { type: 'problem', schema: [] },
	create(context) {
		const file = pathBelowSource(root, context.filename);
		if (file === null) return {};
		return {
			Program(node) {
				for (const { specifier, typeOnly } of importsOf(context.sourceCode.text, file)) {
					const message = violation(file, specifier, typeOnly);
					if (message) context.report({ node, loc: { line: 1, column: 0 }, message });
				}
			}
		};
	}
};
