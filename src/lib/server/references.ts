import { HeadwayError } from '../jobs/error.ts';
import type { AnyModel } from '../operations/operation.ts';
import type { Uploads } from './blobs/uploads.ts';
import type { DataSources } from './data-sources/data-sources.ts';
import type { JobQueries } from './job-queries.ts';
import { HEAD_BYTES } from './tables/process/text.ts';
import { refuseNoTable } from './tables/refuse-no-table.ts';

/** Where what an input refers to is found. */
export interface ReferenceSources {
	uploads: Uploads;
	queries: JobQueries;
	/** What has a name. */
	sources: DataSources;
}

/** Throws `invalid_input` for the first file, job or data source that an input refers to and its owner does not have, or that is no table where it must be one, with the path of its field where the input names it. */
export async function checkReferences(
	owner: string,
	{ model, input }: { model: AnyModel; input: unknown },
	{ uploads, queries, sources: named }: ReferenceSources
): Promise<void> {
	const { files = [], tables = [], jobs = [], sources = [] } = model.refersTo?.(input) ?? {};
	const known = async (id: string, get: () => Promise<unknown>, what: string) => {
		if (!(await exists(get))) throw unknown(input, id, what);
	};
	for (const id of files) await known(id, () => uploads.get(owner, id), 'file');
	for (const id of tables) refuseNoTable(await beginningOf(owner, id, uploads), fieldOf(input, id) ?? 'input');
	for (const id of jobs) await known(id, () => queries.get(owner, id), 'job');
	for (const name of sources) await known(name, async () => named.get(name), 'data source');
}

/** A file's name and its first bytes. */
async function beginningOf(owner: string, id: string, uploads: Uploads): Promise<{ name: string; head: Buffer }> {
	const row = await uploads.get(owner, id);
	if (row.size === 0) return { name: row.name, head: Buffer.alloc(0) };
	const range = { start: 0, end: Math.min(row.size, HEAD_BYTES) - 1 };
	const chunks: Uint8Array[] = await Array.fromAsync(await uploads.open(row, range));
	return { name: row.name, head: Buffer.concat(chunks) };
}

async function exists(get: () => Promise<unknown>): Promise<boolean> {
	try {
		await get();
		return true;
	} catch (error) {
		if (error instanceof HeadwayError && error.code === 'not_found') return false;
		throw error;
	}
}

function unknown(input: unknown, id: string, what: string): HeadwayError {
	const path = fieldOf(input, id);
	const message =
		what === 'data source'
			? `There is no data source "${id.slice(0, 60)}". GET /api/data-sources lists them.`
			: `You have no ${what} "${id.slice(0, 60)}". It may have been deleted.`;
	return new HeadwayError('invalid_input', message, {
		fields: path ? [{ path, message: `refers to a ${what} that is not there` }] : []
	});
}

/** The field that a value stands in; null when it stands nowhere as it is. */
function fieldOf(input: unknown, value: string): string | null {
	const path = pathOf(input, value);
	return path && ['input', ...path].join('.');
}

/** Where a value stands in an input; null when it stands nowhere as it is. */
function pathOf(value: unknown, wanted: string): string[] | null {
	if (value === wanted) return [];
	if (typeof value !== 'object' || value === null) return null;
	for (const [name, part] of Object.entries(value)) {
		const path = pathOf(part, wanted);
		if (path) return [name, ...path];
	}
	return null;
}
