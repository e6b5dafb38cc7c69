import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '$lib/server/config.ts';
import { documents, read, root, tableUnder } from './documents.ts';

interface PackageFile {
	license: string;
	scripts: Record<string, string>;
	dependencies: Record<string, string>;
	devDependencies: Record<string, string>;
}

const readme = read('README.md');
const settings = tableUnder(readme, 'Configuration');
const packageFile = JSON.parse(read('package.json')) as PackageFile;

/** The variables that the configuration reads, each with how it is declared: from the source, as the schema is private. */
function declarations(): Map<string, string> {
	const [, schema = ''] =
		/const variables = z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(read('src/lib/server/config.ts')) ?? [];
	return new Map(
		schema.split(/,\n(?=\t[A-Z])/).map((entry) => {
			const [name = '', ...declaration] = entry.trim().split(':');
			return [name, declaration.join(':')];
		})
	);
}

test('DC-07 the README documents every setting, and invents none', () => {
	const declared = [...declarations().keys()];
	expect(declared).toContain('HEADWAY_DATA');
	expect(settings.map(([name]) => name).sort()).toEqual(declared.sort());
});

test('DC-07 a setting that is unset does what its documented default does', () => {
	const documented = settings.map(([name = '', value = '']) => [name, value === 'unset' ? '' : value]);
	expect(documented.filter(([, value]) => value !== '')).not.toEqual([]);
	expect(readConfig(Object.fromEntries(documented))).toEqual(readConfig({}));
});

test('DC-07 only a setting without a default is documented as unset', () => {
	const unset = settings.filter(([, value]) => value === 'unset').map(([name]) => name);
	const withoutDefault = [...declarations()].filter(([, how]) => !/\.default\((?!''\))/.test(how));
	expect(unset.sort()).toEqual(withoutDefault.map(([name]) => name).sort());
});

/** The paths of the map, from its indentation. A remark after two spaces is not part of a path. */
function mappedPaths(): string[] {
	const [, map = ''] = /^## Where things are\n\n```\n([\s\S]*?)```/m.exec(readme) ?? [];
	const open: { depth: number; path: string }[] = [];
	return map
		.trimEnd()
		.split('\n')
		.map((line) => {
			const [, indent = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
			while ((open.at(-1)?.depth ?? -1) >= indent.length) open.pop();
			const parent = open.findLast(({ path }) => path.endsWith('/'))?.path ?? '';
			const path = `${parent}${name}`;
			open.push({ depth: indent.length, path });
			return path;
		});
}

test('DC-07 every place on the map of the README exists, and no room of src is missing from it', () => {
	const paths = mappedPaths();
	expect(paths).toContain('src/lib/server/providers/');
	expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
	const rooms = ['src', 'src/lib'].flatMap((folder) =>
		readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
			entry.isDirectory() ? `${folder}/${entry.name}/` : []
		)
	);
	expect(rooms.filter((room) => !paths.some((path) => path.startsWith(room)))).toEqual([]);
});

test('DC-07 every npm script that a document names exists, and each script is documented', () => {
	const named = documents().flatMap((path) =>
		[...read(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
	);
	expect(named.filter((name) => !(name in packageFile.scripts))).toEqual([]);
	const inTable = tableUnder(readme, 'Scripts').map(([cell = '']) => cell.replace('npm run ', ''));
	expect([...inTable, 'start', 'test'].sort()).toEqual(Object.keys(packageFile.scripts).sort());
});

test('DC-07 every link from one document to another leads somewhere', () => {
	const files = documents().flatMap((path) =>
		[...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(
			([, target = '']) => [path, target] as const
		)
	);
	expect(files.length).toBeGreaterThan(6);
	expect(files.filter(([from, target]) => !existsSync(join(root, from, '..', target)))).toEqual([]);
});

/** A heading as an address has it. */
const anchorOf = (heading: string) =>
	heading
		.toLowerCase()
		.replace(/[^\p{L}\p{N} _-]/gu, '')
		.replaceAll(' ', '-');

test('DC-07 every link to a section of a document leads to one that is there', () => {
	const links = documents().flatMap((path) =>
		[...read(path).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)].map(([, target = '', anchor = '']) => {
			const to = target === '' ? path : join(path, '..', target);
			return { from: path, to, anchor };
		})
	);
	const anchorsOf = (path: string) =>
		[...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
	expect(links.length).toBeGreaterThan(8);
	expect(links.filter(({ to, anchor }) => !anchorsOf(to).includes(anchor))).toEqual([]);
});

test('DC-07 there is a document for each of the three readers, and the README leads to it', () => {
	const guides = ['docs/users.md', 'docs/operators.md', 'docs/developers.md'];
	expect(documents()).toEqual(expect.arrayContaining(guides));
	expect(documents().filter((path) => path.startsWith('docs/') && !readme.includes(`](${path})`))).toEqual([]);
});

test('DC-05 the top level has what was asked for, and beside it only what has no place there', () => {
	const asked = ['src', 'static', 'tests', 'drizzle', 'package.json', 'svelte.config.js', 'vite.config.ts'];
	asked.push('tsconfig.json', 'drizzle.config.ts', 'README.md');
	const beside = ['docs', 'scripts', 'bench', 'package-lock.json', 'eslint.config.js', 'CHANGELOG.md', 'LICENSE'];
	const hidden = ['.git', '.gitignore', '.ci', '.npmrc', '.prettierrc', '.prettierignore'];
	const ignored = read('.gitignore')
		.split('\n')
		.filter(Boolean)
		.map((name) => name.replace(/\/$/, ''));
	const present = readdirSync(root);
	expect(asked.filter((name) => !present.includes(name))).toEqual([]);
	const known = new Set([...asked, ...beside, ...hidden, ...ignored]);
	expect(present.filter((name) => !known.has(name) && !name.endsWith('.log'))).toEqual([]);
});

test('DC-04 the packages that were asked for are there, and the one that is not is explained', () => {
	const asked = ['@sveltejs/kit', 'svelte', '@trpc/server', '@trpc/client', 'openai', 'drizzle-orm', 'better-sqlite3'];
	asked.push('zod', 'vitest', '@testing-library/svelte', 'playwright');
	const installed = { ...packageFile.dependencies, ...packageFile.devDependencies };
	expect(asked.filter((name) => !(name in installed))).toEqual([]);
	expect(installed).not.toHaveProperty('trpc-sveltekit');
	expect(read('docs/decisions.md')).toMatch(/^## No trpc-sveltekit\n\n.*tRPC 10[\s\S]*fetch adapter/m);
});

test('DC-07 the decisions tell of every package why it is there, and of no other', () => {
	const told = tableUnder(read('docs/decisions.md'), 'Every package, and why').flatMap(([cell = '']) =>
		cell.split(',').map((name) => name.trim().replaceAll('`', ''))
	);
	const installed = Object.keys({ ...packageFile.dependencies, ...packageFile.devDependencies });
	expect(told.sort()).toEqual(installed.sort());
});

test('DC-07 a heading that the decisions refer to is one of theirs', () => {
	const decisions = read('docs/decisions.md').replaceAll('’', "'");
	const headings = [...decisions.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
	const named = [...decisions.matchAll(/see “([^”]+)”/g)].map(([, heading = '']) => heading);
	expect(named.length).toBeGreaterThan(20);
	expect(named.filter((name) => !headings.some((heading) => heading.startsWith(name)))).toEqual([]);
});

test('DC-07 the licence is MIT, in its file, in package.json and in the README', () => {
	expect(read('LICENSE')).toMatch(/^MIT License\n/);
	expect(packageFile.license).toBe('MIT');
	expect(readme).toMatch(/^MIT, see \[LICENSE\]/m);
});
