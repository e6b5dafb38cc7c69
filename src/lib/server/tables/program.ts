import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withoutTypes } from '../../processes/without-types.ts';
import type { DatabaseDialect } from './process/request.ts';

/** The program of the table process where it can be started. */
export interface Program {
	readonly main: string;
	readonly folder: string;
	/** The packages that read formats: their folders, and what to import. */
	readonly packages: { readonly folders: readonly string[]; readonly csv: string; readonly parquet: string };
	/** The packages that speak to databases, each with the folder that it finds its own packages in. */
	readonly drivers: Readonly<Record<DatabaseDialect, Driver>>;
}

/** A package that speaks to a database: what to import, and the folder that it may read. */
interface Driver {
	readonly folder: string;
	readonly url: string;
}

/** Writes the program into a folder, without its types: Node would need longer to take them out at each start than for all the rest. */
export async function writeProgram(folder: string): Promise<Program> {
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
	await Promise.all(
		Object.entries(sources()).map(([path, text]) =>
			writeFile(join(folder, asScript(path.split('/').at(-1) ?? '')), asScript(withoutTypes(text)))
		)
	);
	return {
		main: join(folder, 'main.js'),
		folder,
		packages: packages(),
		drivers: { PostgreSQL: driver('pg'), MySQL: driver('mysql2') }
	};
}

/** What the process runs, as text: a file of its own would be somewhere else under Vite, in the build and in the tests. */
function sources(): Record<string, string> {
	return import.meta.glob<string>('./process/*.ts', { query: '?raw', import: 'default', eager: true });
}

function asScript(text: string): string {
	return text.replace(/\.ts(?='|$)/gm, '.js');
}

function packages(): Program['packages'] {
	const { resolve } = createRequire(import.meta.url);
	const [csv, parquet] = [resolve('csv-parse'), resolve('hyparquet')];
	const folders = [rootOf(csv, 'csv-parse'), rootOf(parquet, 'hyparquet')];
	return { folders, csv: pathToFileURL(csv).href, parquet: pathToFileURL(parquet).href };
}

function driver(name: string): Driver {
	const path = createRequire(import.meta.url).resolve(name);
	return { folder: dirname(rootOf(path, name)), url: pathToFileURL(path).href };
}

/** The folder of a package that one of its files is in. */
function rootOf(file: string, name: string): string {
	let folder = dirname(file);
	while (!folder.endsWith(name) && dirname(folder) !== folder) folder = dirname(folder);
	return folder;
}
