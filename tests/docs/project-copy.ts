import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createServer, type ViteDevServer } from 'vite';
import { read, root } from './documents.ts';

/** What a tool printed, and how it ended. */
export interface Output {
	code: number | null;
	text: string;
}

/** What the guides need of the project. */
const copied = [
	...['src', 'drizzle', 'docs', 'tests/support', 'tests/lib/operations', '.svelte-kit'],
	...['package.json', 'tsconfig.json', 'vite.config.ts']
];

/** A temporary copy of the sources that a test may change; it shares the installed packages. */
export class ProjectCopy {
	readonly folder = mkdtempSync(join(tmpdir(), 'headway-copy-'));
	#vite: ViteDevServer | null = null;

	constructor() {
		for (const path of copied) cpSync(join(root, path), join(this.folder, path), { recursive: true });
		symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
		this.write('svelte.config.js', read('svelte.config.js'));
	}

	write(path: string, text: string): void {
		mkdirSync(dirname(join(this.folder, path)), { recursive: true });
		writeFileSync(join(this.folder, path), text);
	}

	read(path: string): string {
		return readFileSync(join(this.folder, path), 'utf8');
	}

	/** Checks the types of these files and of all that they import. */
	compile(tool: 'tsc' | 'svelte-check', files: readonly string[]): Promise<Output> {
		const own = globSync('src/**/*.d.ts', { cwd: this.folder }).map((path) => `./${path}`);
		const declarations = ['./.svelte-kit/ambient.d.ts', './.svelte-kit/non-ambient.d.ts', ...own];
		const settings = { extends: './tsconfig.json', include: [], exclude: [], files: [...declarations, ...files] };
		this.write('tsconfig.docs.json', JSON.stringify(settings));
		if (tool === 'tsc')
			return this.run('typescript/bin/tsc', ['--noEmit', '--pretty', 'false', '-p', 'tsconfig.docs.json']);
		const options = ['--tsconfig', 'tsconfig.docs.json', '--output', 'machine', '--fail-on-warnings'];
		return this.run('svelte-check/bin/svelte-check', options);
	}

	/** Runs a script of an installed package, or of the copy, with this Node. */
	run(script: string, args: readonly string[] = []): Promise<Output> {
		const path = script.startsWith('.') ? script : join(root, 'node_modules', script);
		const child = spawn(process.execPath, [path, ...args], { cwd: this.folder });
		let text = '';
		for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text += String(bytes)));
		return new Promise((resolve, reject) => {
			child.on('error', reject);
			child.on('close', (code) => resolve({ code, text }));
		});
	}

	/** A module of the copy, built as the server builds it. */
	async load<T>(path: string): Promise<T> {
		this.#vite ??= await createServer({
			...{
				root: this.folder,
				cacheDir: join(this.folder, '.vite'),
				configFile: false,
				appType: 'custom',
				logLevel: 'error'
			},
			server: { middlewareMode: true, ws: false, watch: null },
			optimizeDeps: { noDiscovery: true },
			resolve: { alias: { $lib: join(this.folder, 'src/lib') } },
			plugins: [svelte({ configFile: false, prebundleSvelteLibraries: false })]
		});
		return (await this.#vite.ssrLoadModule(path)) as T;
	}

	async remove(): Promise<void> {
		await this.#vite?.close();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
