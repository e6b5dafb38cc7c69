import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** The imports and re-exports of a module's text: `{ specifier, typeOnly }[]`. A Svelte file's are those of its scripts. */
export function importsOf(text, file) {
	const code = file.endsWith('.svelte') ? scriptsOf(text) : text;
	const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, false);
	const found = [];
	const visit = (node) => {
		const specifier = specifierOf(node);
		if (specifier) found.push({ specifier: specifier.text, typeOnly: isTypeOnly(node) });
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

function scriptsOf(text) {
	return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n');
}

function specifierOf(node) {
	if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
	const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
	const argument = dynamic ? node.arguments[0] : undefined;
	return argument && ts.isStringLiteral(argument) ? argument : undefined;
}

function isTypeOnly(node) {
	if (ts.isExportDeclaration(node)) return node.isTypeOnly;
	if (!ts.isImportDeclaration(node) || !node.importClause) return false;
	const { phaseModifier, name, namedBindings } = node.importClause;
	if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
	const named = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
	return !name && named.length > 0 && named.every((element) => element.isTypeOnly);
}

/** The path below `src/` that a specifier means from the file `from` (also below `src/`), or null for a package. */
export function pathInSource(from, specifier) {
	if (specifier.startsWith('$lib')) return posix.join('lib', specifier.slice('$lib'.length));
	return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}

/** Which file of a folder imports which: a map from each path to the paths that it imports. */
export function importGraph(root) {
	const files = readdirSync(root, { recursive: true })
		.map((file) => file.split(sep).join('/'))
		.filter((file) => /\.(ts|js|svelte)$/.test(file) && !file.endsWith('.d.ts'));
	const resolve = (from, specifier) => {
		const path = pathInSource(from, specifier);
		if (path === null) return [];
		const candidates = [path, `${path}.ts`, `${path}.js`, `${path}/index.ts`, path.replace(/\.js$/, '.ts')];
		return candidates.filter((candidate) => files.includes(candidate)).slice(0, 1);
	};
	return new Map(
		files.map((file) => {
			const imports = importsOf(readFileSync(join(root, file), 'utf8'), file);
			return [file, imports.flatMap(({ specifier }) => resolve(file, specifier))];
		})
	);
}

/** The cycles of a graph, each as its path from a node back to itself, found once. */
export function cyclesIn(graph) {
	const cycles = [];
	const done = new Set();
	const walk = (node, path) => {
		const at = path.indexOf(node);
		if (at >= 0) return void cycles.push([...path.slice(at), node]);
		if (done.has(node)) return;
		for (const next of graph.get(node) ?? []) walk(next, [...path, node]);
		done.add(node);
	};
	for (const node of graph.keys()) walk(node, []);
	// A Svelte component may draw itself again: that is recursion, not two modules that need each other.
	return cycles.filter((cycle) => cycle.length > 2 || !cycle[0].endsWith('.svelte'));
}

/** A file's path below the project's `src/`, or null when it lies elsewhere. */
export function pathBelowSource(root, file) {
	const path = relative(join(root, 'src'), file).split(sep).join('/');
	return path.startsWith('..') || !existsSync(dirname(join(root, 'src', path))) ? null : path;
}
